#include "services/notifier/delivery/retry.hpp"

#include <algorithm>

namespace onput::notifier {
namespace {

constexpr unsigned doublings_max = 20;  // Far beyond either maximum, and no overflow.

}  // namespace

void RetrySchedule::fail(FailureKind kind, Timestamp now, Random& random) {
    const bool is_refused = kind == FailureKind::refused;
    const Duration first = is_refused ? refused_delay_min : retry_delay_min;
    const Duration last = is_refused ? refused_delay_max : retry_delay_max;
    failed_at_ = now;
    delay_ = Duration{};
    if (failures_ > 0) {
        const unsigned doublings = std::min(failures_ - 1, doublings_max);
        const Duration delay = std::min(Duration(first * (std::int64_t{1} << doublings)), last);
        const auto half = static_cast<std::uint64_t>(delay.count() / 2);
        delay_ = Duration(static_cast<std::int64_t>(half + random.below(half + 1)));
    }
    ++failures_;
}

}  // namespace onput::notifier
