// UnsyncedKeys: through which commit the store has to be durable before an answer about one key may
// leave: the newest one that changed the key, or anything that all keys depend on (buckets, their
// configurations, identities). What other keys' commits wait for does not hold it up. Pure.
//
// Keys share a place by their hash: two of one place wait for each other, which costs time alone.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

#include "common/store/store.hpp"

namespace onput::storage {

inline constexpr std::size_t unsynced_key_places = 4096;

class UnsyncedKeys {
public:
    // The rows of a batch that is about to be committed, and the ticket that it was given. Without
    // one it was refused, and changed nothing.
    void begin(const store::Batch& batch);
    void end(store::Ticket ticket);

    // Of an answer that shows versions of this key and nothing of its uploads.
    [[nodiscard]] store::Ticket newest_of(std::string_view bucket, std::string_view key) const;

private:
    std::array<store::Ticket, unsynced_key_places> newest_{};
    store::Ticket of_all_ = 0;
    // Of the batch at hand.
    std::vector<std::size_t> places_;
    bool is_about_all_ = false;
};

}  // namespace onput::storage
