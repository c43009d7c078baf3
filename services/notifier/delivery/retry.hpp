// When a destination in the queue service that failed is tried again.
//
//     unreachable:  at once, 100 ms, 200 ms, ... 30 s      it is down or slow
//     refused:      at once, 1 s, 2 s, ... 60 s            it does not exist or may not be sent to
//
// Each delay is drawn from its upper half, so that destinations that failed together do not come
// back together.
#pragma once

#include <cstdint>

#include "common/base/random.hpp"
#include "common/base/time.hpp"

namespace onput::notifier {

inline constexpr Duration retry_delay_min = std::chrono::milliseconds(100);
inline constexpr Duration retry_delay_max = std::chrono::seconds(30);
inline constexpr Duration refused_delay_min = std::chrono::seconds(1);
inline constexpr Duration refused_delay_max = std::chrono::seconds(60);

enum class FailureKind : std::uint8_t { unreachable, refused };

// After a failure that `failures` others came before.
Duration retry_delay(FailureKind kind, std::uint32_t failures, Random& random);

// What failed and is to be tried again at a time. A clock set back makes it due at once rather than
// late.
struct RetryTimes {
    Timestamp failed_at;
    Timestamp next_at;

    [[nodiscard]] bool is_due(Timestamp now) const { return now >= next_at || now < failed_at; }
};

}  // namespace onput::notifier
