// The rows of an outbox in its service's store: "<prefix><number>" -> encoded ObjectEvent or
// TopicMessage. Numbers count from 1 without a hole, eight bytes big-endian, so rows are in their
// order.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/store/store.hpp"

namespace onput::outbox {

struct Rows {
    std::string partition;
    std::string prefix;  // No other table's keys start with it.

    [[nodiscard]] std::string key(std::uint64_t number) const;
    // Corruption when it is not the key of such a row.
    [[nodiscard]] Result<std::uint64_t> number_of(std::string_view key) const;
    [[nodiscard]] store::Range from(std::uint64_t number) const;
};

// The number of the newest row, or `relayed_through` when there is none above it. In steps: a
// notifier that was away for long leaves millions of rows, which must not all be read at start.
Result<std::uint64_t> find_last(const store::View& view, const Rows& rows,
                                std::uint64_t relayed_through);

// The number before that of the oldest row, or 0: how far an outbox got whose own record is lost.
Result<std::uint64_t> find_before_first(const store::View& view, const Rows& rows);

}  // namespace onput::outbox
