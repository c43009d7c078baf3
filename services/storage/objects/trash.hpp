// Trash: blobs that no object refers to any more, until they can be removed. Pure.
//
//     overwrite, delete ──> thrown away ──on_durable──> removable ──take──> blob and row removed
//                                                          │  ^
//                                              pinned by a reader
//
// A blob must outlive the durability of the commit that made it useless: after a crash in between
// its object is there again. And it must outlive its readers, who live in this process only: after
// a restart everything in the trash goes at once.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "common/store/blobs.hpp"

namespace onput::storage {

inline constexpr std::size_t trash_taken_max = 64;  // Looked at, at most, in one go.

struct Trash {
    std::uint64_t number = 0;  // Of the event that threw it away: its row is "t/<number>".
    store::BlobRef blob;

    friend bool operator==(const Trash&, const Trash&) = default;
};

// Blobs that are being read. A blob may be pinned many times.
class Pins {
public:
    void pin(const store::BlobRef& blob) { ++counts_[{blob.segment, blob.id}]; }
    void unpin(const store::BlobRef& blob);
    [[nodiscard]] bool has(const store::BlobRef& blob) const {
        return counts_.contains({blob.segment, blob.id});
    }
    [[nodiscard]] std::size_t size() const { return counts_.size(); }

private:
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint32_t> counts_;
};

class TrashCan {
public:
    void add(Trash trash) { waiting_.push_back(trash); }
    // The commit that threw it away failed: the newest is an object's blob again.
    void take_back(std::uint64_t number);
    // What was taken could not be removed: later.
    void put_back(const std::vector<Trash>& trash);

    // Up to trash_taken_max blobs whose event is durable and that nobody reads.
    std::vector<Trash> take(std::uint64_t durable_number, const Pins& pins);

    [[nodiscard]] std::size_t size() const { return waiting_.size(); }

private:
    std::deque<Trash> waiting_;
};

}  // namespace onput::storage
