// Schedule: which destinations of one policy have something to do, now or at a time, so that the
// others, however many, cost nothing.
//
//     owed something ──wake──> ready ──sleep_until──> later ──its time, or wake──> ready
//                                        └──(no time)──> dormant: an answer or a sync wakes it
//
// Pure; owned by Deliveries.
#pragma once

#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "services/notifier/delivery/destination.hpp"

namespace onput::notifier {

struct ByName {
    using is_transparent = void;
    bool operator()(const Destination* a, const Destination* b) const {
        return a->arn() < b->arn();
    }
    bool operator()(std::string_view a, const Destination* b) const { return a < b->arn(); }
    bool operator()(const Destination* a, std::string_view b) const { return a->arn() < b; }
};
using Destinations = std::set<Destination*, ByName>;

class Schedule {
public:
    void wake(Destination& destination);
    // Nothing: until it is woken.
    void sleep_until(Destination& destination, std::optional<Timestamp> at);
    void forget(Destination& destination);

    // Wakes those whose time has come; all, when the clock was set back.
    void advance(Timestamp now);

    [[nodiscard]] bool has_ready() const { return !ready_.empty(); }
    // Those that are ready, beginning after this name.
    [[nodiscard]] std::vector<Destination*> ready_after(std::string_view name) const;
    // When the first of those that sleep wakes.
    [[nodiscard]] std::optional<Timestamp> next_wakeup() const;

    [[nodiscard]] bool is_awake(Destination& destination) const {
        return ready_.contains(&destination);
    }

private:
    Destinations ready_;
    std::set<std::pair<Timestamp, Destination*>> later_;
    Timestamp advanced_to_;
};

}  // namespace onput::notifier
