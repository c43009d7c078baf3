// ScheduleExpression: when a rule or a schedule is due: at(...), rate(...) or cron(...). Pure.
//
//     at(2026-11-30T08:15:00)     once, by the clocks of a zone
//     rate(5 minutes)             anchor + k * 5 minutes, k of either sign; singular with 1 alone
//     cron(0 12 ? * MON-FRI *)    by the clocks of a zone: see cron.hpp
//
// A local time that clocks skip in spring is never due; one that they show twice in autumn is due
// the first time.
#pragma once

#include <optional>
#include <string_view>
#include <variant>

#include "common/base/time.hpp"
#include "services/notifier/schedules/cron.hpp"
#include "services/notifier/schedules/time_zone.hpp"

namespace onput::notifier {

class ScheduleExpression {
public:
    // Fails with EventBridge's text.
    static Result<ScheduleExpression> parse(std::string_view text);

    [[nodiscard]] bool is_once() const { return std::holds_alternative<Once>(when_); }
    [[nodiscard]] bool is_rate() const { return std::holds_alternative<Duration>(when_); }

    struct Frame {
        const TimeZone& zone;
        Timestamp anchor;  // Where a rate counts from.
    };
    // The first moment after this one at which it is due; nothing: never again.
    [[nodiscard]] std::optional<Timestamp> next_after(Timestamp after, const Frame& frame) const;

private:
    struct Once {
        std::chrono::local_seconds at;
    };
    using When = std::variant<Once, Duration, Cron>;

    explicit ScheduleExpression(When when) : when_(std::move(when)) {}
    static Result<When> read(std::string_view kind, std::string_view value);

    When when_;
};

}  // namespace onput::notifier
