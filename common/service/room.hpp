// Room: whether the disk of a service's store has room for more. Every core that takes something in
// asks it first and refuses with `storage_full`, while reading, removing and handing over go on: a
// store that runs into the disk's end can only be stopped. What is refused stays with who sent it:
// an outbox keeps its events, the notifier its deliveries, a client its request. The host
// (turns.hpp) looks at the disk each room_interval.
#pragma once

#include <cstdint>

#include "common/base/result.hpp"
#include "common/base/time.hpp"

namespace onput::service {

inline constexpr Duration room_interval = std::chrono::seconds(1);

// The least that a service leaves free if nothing else is configured: enough for what is under way,
// and for RocksDB to write again what it compacts.
inline constexpr std::uint64_t free_bytes_min_default = 256UL * 1024 * 1024;

class Room {
public:
    explicit Room(std::uint64_t free_bytes_min) : free_bytes_min_(free_bytes_min) {}

    void observe(std::uint64_t free_bytes) { free_bytes_ = free_bytes; }

    // Until something was observed there is room.
    [[nodiscard]] bool is_there() const { return free_bytes_ >= free_bytes_min_; }
    [[nodiscard]] std::uint64_t free_bytes() const { return free_bytes_; }
    [[nodiscard]] std::uint64_t free_bytes_min() const { return free_bytes_min_; }

    [[nodiscard]] Result<void> check() const {
        if (is_there()) return {};
        return fail(ErrorCode::resource_exhausted, "the disk of the store is nearly full",
                    "storage_full");
    }

private:
    std::uint64_t free_bytes_min_;
    std::uint64_t free_bytes_ = UINT64_MAX;
};

}  // namespace onput::service
