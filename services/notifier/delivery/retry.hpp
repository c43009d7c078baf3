// RetrySchedule: when a destination that failed is asked again.
//
//     unreachable:  at once, 100 ms, 200 ms, ... 30 s      it is down or slow
//     refused:      at once, 1 s, 2 s, ... 60 s            it does not exist or may not be sent to
//
// Each delay is drawn from its upper half, so that destinations that failed together do not come
// back together. A clock set back makes it due at once rather than late.
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

class RetrySchedule {
public:
    void fail(FailureKind kind, Timestamp now, Random& random);
    void succeed() { *this = RetrySchedule{}; }

    [[nodiscard]] bool is_due(Timestamp now) const {
        return failures_ == 0 || now >= next_at() || now < failed_at_;
    }
    // Meaningful after a failure.
    [[nodiscard]] Timestamp next_at() const { return failed_at_ + delay_; }
    [[nodiscard]] Timestamp failed_at() const { return failed_at_; }
    [[nodiscard]] std::uint32_t failures() const { return failures_; }

private:
    std::uint32_t failures_ = 0;  // Since the last success.
    Timestamp failed_at_;
    Duration delay_{};
};

}  // namespace onput::notifier
