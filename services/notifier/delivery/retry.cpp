#include "services/notifier/delivery/retry.hpp"

#include <algorithm>

namespace onput::notifier {
namespace {

constexpr unsigned doublings_max = 20;  // Far beyond either maximum, and no overflow.

}  // namespace

Duration retry_delay(FailureKind kind, std::uint32_t failures, Random& random) {
    if (failures == 0) return {};
    const bool is_refused = kind == FailureKind::refused;
    const Duration first = is_refused ? refused_delay_min : retry_delay_min;
    const Duration last = is_refused ? refused_delay_max : retry_delay_max;
    const unsigned doublings = std::min(failures - 1, doublings_max);
    const Duration delay = std::min(Duration(first * (std::int64_t{1} << doublings)), last);
    const auto half = static_cast<std::uint64_t>(delay.count() / 2);
    return Duration(static_cast<std::int64_t>(half + random.below(half + 1)));
}

}  // namespace onput::notifier
