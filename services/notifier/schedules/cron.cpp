#include "services/notifier/schedules/cron.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <vector>

namespace onput::notifier {
namespace {

using std::chrono::local_days;
using std::chrono::local_seconds;

constexpr std::array<std::string_view, 12> month_names{"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                       "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr std::array<std::string_view, 7> weekday_names{"SUN", "MON", "TUE", "WED",
                                                        "THU", "FRI", "SAT"};
constexpr std::size_t expression_bytes_max = 256;

std::unexpected<Error> not_valid() {
    return fail(ErrorCode::invalid_argument, "Parameter ScheduleExpression is not valid.",
                "ValidationException");
}

struct FieldRange {
    unsigned first = 0;
    unsigned last = 0;
    std::span<const std::string_view> names{};  // Of `first` and so on.
    bool has_steps = true;
};

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    while (true) {
        const std::size_t end = text.find(separator);
        parts.push_back(text.substr(0, end));
        if (end == text.npos) return parts;
        text.remove_prefix(end + 1);
    }
}

std::optional<unsigned> number_of(std::string_view text) {
    if (text.empty() || text.size() > 4) return std::nullopt;
    unsigned value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + static_cast<unsigned>(c - '0');
    }
    return value;
}

std::optional<unsigned> value_of(std::string_view text, const FieldRange& range) {
    const auto name = std::ranges::find(range.names, text);
    if (name != range.names.end()) {
        return range.first + static_cast<unsigned>(name - range.names.begin());
    }
    const auto value = number_of(text);
    if (!value || *value < range.first || *value > range.last) return std::nullopt;
    return value;
}

// One part of a list: "*", "5", "1-5", "1/15", "*/15", "1-30/5".
template <typename Values>
bool add_part(std::string_view part, const FieldRange& range, Values& values) {
    unsigned step = 1;
    const std::size_t slash = part.find('/');
    if (slash != part.npos) {
        const auto chosen = number_of(part.substr(slash + 1));
        if (!range.has_steps || !chosen || *chosen == 0) return false;
        step = *chosen;
        part = part.substr(0, slash);
    }
    unsigned first = range.first;
    unsigned last = range.last;
    if (part != "*") {
        const std::size_t dash = part.find('-');
        const auto from = value_of(part.substr(0, dash), range);
        if (!from) return false;
        first = *from;
        if (dash != part.npos) {
            const auto to = value_of(part.substr(dash + 1), range);
            if (!to || *to < first) return false;
            last = *to;
        } else if (slash == part.npos) {
            last = first;
        }
    }
    for (unsigned value = first; value <= last; value += step) values.set(value);
    return true;
}

template <typename Values>
Result<void> read_field(std::string_view text, const FieldRange& range, Values& values) {
    for (const auto part : split(text, ',')) {
        if (!add_part(part, range, values)) return not_valid();
    }
    return {};
}

unsigned days_in(std::chrono::year_month month) {
    return static_cast<unsigned>((month / std::chrono::last).day());
}

// 0 is Sunday.
unsigned weekday_of(std::chrono::year_month month, unsigned day) {
    return std::chrono::weekday(local_days(month / std::chrono::day(day))).c_encoding();
}

// The weekday nearest to this day, within the month.
unsigned nearest_weekday(std::chrono::year_month month, unsigned day) {
    const unsigned weekday = weekday_of(month, day);
    if (weekday == 6) return day > 1 ? day - 1 : day + 2;
    if (weekday == 0) return day < days_in(month) ? day + 1 : day - 2;
    return day;
}

}  // namespace

Result<Cron> Cron::parse(std::string_view fields) {
    if (fields.size() > expression_bytes_max) return not_valid();
    std::string upper(fields);
    for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    auto parts = split(upper, ' ');
    std::erase(parts, "");
    if (parts.size() != 6 || (parts[2] == "?") == (parts[4] == "?")) return not_valid();
    Cron cron;
    ONPUT_TRY_VOID(read_field(parts[0], {.first = 0, .last = 59}, cron.minutes_));
    ONPUT_TRY_VOID(read_field(parts[1], {.first = 0, .last = 23}, cron.hours_));
    ONPUT_TRY_VOID(
        read_field(parts[3], {.first = 1, .last = 12, .names = month_names}, cron.months_));
    ONPUT_TRY_VOID(read_field(parts[5], {.first = year_min, .last = year_max}, cron.years_));
    cron.is_by_weekday_ = parts[2] == "?";
    ONPUT_TRY_VOID(cron.is_by_weekday_ ? cron.read_day_of_week(parts[4])
                                       : cron.read_day_of_month(parts[2]));
    return cron;
}

Result<void> Cron::read_day_of_month(std::string_view text) {
    for (const auto part : split(text, ',')) {
        if (part == "L") {
            has_last_day_ = true;
        } else if (part == "LW") {
            has_last_weekday_ = true;
        } else if (part.ends_with('W')) {
            const auto day = number_of(part.substr(0, part.size() - 1));
            if (!day || *day < 1 || *day > 31) return not_valid();
            nearest_weekdays_.set(*day);
        } else {
            ONPUT_TRY_VOID(read_field(part, {.first = 1, .last = 31}, days_));
        }
    }
    return {};
}

Result<void> Cron::read_day_of_week(std::string_view text) {
    const FieldRange range{.first = 1, .last = 7, .names = weekday_names, .has_steps = false};
    for (const auto part : split(text, ',')) {
        if (const std::size_t hash = part.find('#'); hash != part.npos) {
            const auto day = value_of(part.substr(0, hash), range);
            const auto which = number_of(part.substr(hash + 1));
            if (!day || !which || *which < 1 || *which > 5) return not_valid();
            nth_.at(*day).set(*which);
        } else if (part == "L") {
            weekdays_.set(7);  // The last day of the week.
        } else if (part.ends_with('L')) {
            const auto day = value_of(part.substr(0, part.size() - 1), range);
            if (!day) return not_valid();
            last_weekdays_.set(*day);
        } else {
            ONPUT_TRY_VOID(read_field(part, range, weekdays_));
        }
    }
    return {};
}

std::bitset<32> Cron::days_of(std::chrono::year_month month) const {
    std::bitset<32> days;
    const unsigned last = days_in(month);
    for (unsigned day = 1; day <= last; ++day) {
        if (!is_by_weekday_) {
            if (days_.test(day) || (has_last_day_ && day == last)) days.set(day);
            if (nearest_weekdays_.test(day)) days.set(nearest_weekday(month, day));
            continue;
        }
        const unsigned weekday = weekday_of(month, day) + 1;
        const bool is_last = day + 7 > last;
        if (weekdays_.test(weekday) || (is_last && last_weekdays_.test(weekday)) ||
            nth_.at(weekday).test((day - 1) / 7 + 1)) {
            days.set(day);
        }
    }
    if (has_last_weekday_) days.set(nearest_weekday(month, last));
    return days;
}

std::optional<local_seconds> Cron::first_on(local_days day, local_seconds from) const {
    for (unsigned minute = 0; minute < 24 * 60; ++minute) {
        if (!hours_.test(minute / 60) || !minutes_.test(minute % 60)) continue;
        const local_seconds time = day + std::chrono::minutes(minute);
        if (time >= from) return time;
    }
    return std::nullopt;
}

std::optional<local_seconds> Cron::first_in(std::chrono::year_month month,
                                            local_seconds from) const {
    const auto from_day = std::chrono::floor<std::chrono::days>(from);
    const auto days = days_of(month);
    for (unsigned day = 1; day <= days_in(month); ++day) {
        const local_days date(month / std::chrono::day(day));
        if (!days.test(day) || date < from_day) continue;
        if (const auto time = first_on(date, from)) return time;
    }
    return std::nullopt;
}

std::optional<local_seconds> Cron::next_after(local_seconds after) const {
    // Far beyond any year that it may name, and far from overflow.
    if (after >= local_days(std::chrono::year(year_max + 1) / 1 / 1)) return std::nullopt;
    const local_seconds earliest = local_days(std::chrono::year(year_min) / 1 / 1);
    const local_seconds from = std::max<local_seconds>(
        std::chrono::floor<std::chrono::minutes>(after) + std::chrono::minutes(1), earliest);
    const std::chrono::year_month_day first(std::chrono::floor<std::chrono::days>(from));
    std::chrono::year_month month = first.year() / first.month();
    for (; month.year() <= std::chrono::year(year_max); month += std::chrono::months(1)) {
        if (!years_.test(static_cast<std::size_t>(int(month.year())))) continue;
        if (!months_.test(unsigned(month.month()))) continue;
        if (const auto time = first_in(month, from)) return time;
    }
    return std::nullopt;
}

}  // namespace onput::notifier
