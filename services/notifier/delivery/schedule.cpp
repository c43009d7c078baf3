#include "services/notifier/delivery/schedule.hpp"

namespace onput::notifier {

void Schedule::wake(Destination& destination) {
    forget(destination);
    ready_.insert(&destination);
}

void Schedule::sleep_until(Destination& destination, std::optional<Timestamp> at) {
    forget(destination);
    destination.wakes_at = at;
    if (at) later_.emplace(*at, &destination);
}

void Schedule::forget(Destination& destination) {
    ready_.erase(&destination);
    if (destination.wakes_at) later_.erase({*destination.wakes_at, &destination});
    destination.wakes_at.reset();
}

void Schedule::advance(Timestamp now) {
    const bool is_set_back = now < advanced_to_;
    advanced_to_ = now;
    while (!later_.empty() && (is_set_back || later_.begin()->first <= now)) {
        wake(*later_.begin()->second);
    }
}

std::vector<Destination*> Schedule::ready_after(std::string_view name) const {
    const auto next = ready_.upper_bound(name);
    std::vector<Destination*> destinations(next, ready_.end());
    destinations.insert(destinations.end(), ready_.begin(), next);
    return destinations;
}

std::optional<Timestamp> Schedule::next_wakeup() const {
    if (later_.empty()) return std::nullopt;
    return later_.begin()->first;
}

}  // namespace onput::notifier
