#include "services/storage/housekeeping/share.hpp"

#include <algorithm>
#include <utility>

namespace onput::storage {

void BackgroundShare::note_requests(Duration now, std::uint64_t requests) {
    if (std::exchange(requests_, requests) == requests) return;
    has_asked_ = true;
    asked_at_ = now;
}

void BackgroundShare::end_slice(Duration now, Duration took) {
    if (!is_shared(now)) return;
    free_at_ =
        now + std::clamp(took * (background_share_parts - 1), Duration{}, background_pause_max);
}

Duration BackgroundShare::wait(Duration now) const {
    return std::max(free_at_ - now, Duration{});
}

bool BackgroundShare::is_shared(Duration now) const {
    return has_asked_ && now - asked_at_ < requests_come_for;
}

}  // namespace onput::storage
