#include "services/notifier/schedules/schedule_expression.hpp"

#include <array>
#include <string>

namespace onput::notifier {
namespace {

using std::chrono::local_seconds;
using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr std::int64_t rate_days_max = 366 * 100;

std::unexpected<Error> not_valid() {
    return fail(ErrorCode::invalid_argument, "Parameter ScheduleExpression is not valid.",
                "ValidationException");
}

// "5 minutes"
std::optional<Duration> rate_of(std::string_view text) {
    struct Unit {
        std::string_view name;
        seconds length;
    };
    static constexpr std::array units{Unit{"minute", seconds(60)}, Unit{"hour", seconds(3600)},
                                      Unit{"day", seconds(86'400)}};
    const std::size_t space = text.find(' ');
    if (space == 0 || space == text.npos || space > 9) return std::nullopt;
    std::int64_t value = 0;
    for (const char c : text.substr(0, space)) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + (c - '0');
    }
    if (value == 0) return std::nullopt;
    const std::string_view unit = text.substr(space + 1);
    for (const auto& known : units) {
        const std::string plural = std::string(known.name) + 's';
        if (unit != (value == 1 ? known.name : std::string_view(plural))) continue;
        const auto rate = value * known.length;
        if (rate > std::chrono::days(rate_days_max)) return std::nullopt;
        return rate;
    }
    return std::nullopt;
}

}  // namespace

Result<ScheduleExpression::When> ScheduleExpression::read(std::string_view kind,
                                                          std::string_view value) {
    if (kind == "cron") {
        ONPUT_TRY(auto cron, Cron::parse(value));
        return When(std::move(cron));
    }
    if (kind == "rate") {
        const auto rate = rate_of(value);
        if (!rate) return not_valid();
        return When(*rate);
    }
    // yyyy-mm-ddThh:mm:ss
    if (kind != "at" || value.size() != 19) return not_valid();
    const auto at = parse_iso8601(std::string(value) + 'Z');
    if (!at) return not_valid();
    return When(Once{local_seconds(std::chrono::floor<seconds>(at->time_since_epoch()))});
}

Result<ScheduleExpression> ScheduleExpression::parse(std::string_view text) {
    const std::size_t open = text.find('(');
    if (open == text.npos || !text.ends_with(')')) return not_valid();
    const std::string_view value = text.substr(open + 1, text.size() - open - 2);
    ONPUT_TRY(auto when, read(text.substr(0, open), value));
    return ScheduleExpression(std::move(when));
}

std::optional<Timestamp> ScheduleExpression::next_after(Timestamp after, const Frame& frame) const {
    if (const auto* rate = std::get_if<Duration>(&when_)) {
        auto intervals = (after - frame.anchor) / *rate;
        if (after < frame.anchor && (after - frame.anchor) % *rate != Duration::zero()) --intervals;
        return frame.anchor + (intervals + 1) * *rate;
    }
    if (const auto* once = std::get_if<Once>(&when_)) {
        const auto at = frame.zone.to_utc(once->at);
        if (!at || Timestamp(*at) <= after) return std::nullopt;
        return *at;
    }
    const auto& cron = std::get<Cron>(when_);
    const auto from = std::chrono::floor<seconds>(after);
    // Local times that are skipped, and the second showing of others, are passed over.
    for (auto local = cron.next_after(frame.zone.to_local(from)); local;
         local = cron.next_after(*local)) {
        const auto at = frame.zone.to_utc(*local);
        if (at && Timestamp(*at) > after) return *at;
    }
    return std::nullopt;
}

}  // namespace onput::notifier
