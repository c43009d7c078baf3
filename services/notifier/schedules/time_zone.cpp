#include "services/notifier/schedules/time_zone.hpp"

#include <algorithm>
#include <cstdint>

#include "common/base/check.hpp"

namespace onput::notifier {
namespace {

using std::chrono::days;
using std::chrono::local_days;
using std::chrono::local_seconds;
using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr std::size_t header_bytes = 44;
constexpr std::int64_t offset_seconds_max = 26 * 3600;  // Either way; no zone has more.

std::unexpected<Error> damaged(std::string_view what) {
    return fail(ErrorCode::corruption, "read time zone: " + std::string(what));
}

std::int64_t big_endian(std::string_view bytes) {
    std::uint64_t value =
        (static_cast<unsigned char>(bytes.front()) & 0x80U) != 0 ? ~std::uint64_t{0} : 0;
    for (const char byte : bytes) value = value << 8U | static_cast<unsigned char>(byte);
    return static_cast<std::int64_t>(value);
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

}  // namespace

bool is_zone_name(std::string_view name) {
    if (name.empty() || name.size() > zone_name_bytes_max) return false;
    bool starts_part = true;
    for (const char c : name) {
        const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (starts_part && !is_letter) return false;
        const bool is_allowed =
            is_letter || is_digit(c) || c == '_' || c == '-' || c == '+' || c == '/';
        if (!is_allowed) return false;
        starts_part = c == '/';
    }
    return !starts_part;
}

// --- The rule after the last transition: "CET-1CEST,M3.5.0,M10.5.0/3" -------------------------

class TimeZone::TailReader {
public:
    explicit TailReader(std::string_view text) : text_(text) {}

    // Nothing: it is no rule that is understood.
    std::optional<Tail> read() {
        Tail tail;
        if (!skip_name()) return std::nullopt;
        const auto standard = read_time();
        if (!standard) return std::nullopt;
        tail.standard = -*standard;  // POSIX counts to the west.
        if (text_.empty()) return tail;
        if (!skip_name()) return std::nullopt;
        tail.summer = tail.standard + std::chrono::hours(1);
        if (!text_.starts_with(',')) {
            const auto summer = read_time();
            if (!summer) return std::nullopt;
            tail.summer = -*summer;
        }
        if (!read_change(tail.begin) || !read_change(tail.end) || !text_.empty()) {
            return std::nullopt;
        }
        return tail;
    }

private:
    bool skip(char c) {
        if (!text_.starts_with(c)) return false;
        text_.remove_prefix(1);
        return true;
    }
    bool skip_name() {
        if (skip('<')) {
            const std::size_t end = text_.find('>');
            if (end == text_.npos) return false;
            text_.remove_prefix(end + 1);
            return true;
        }
        std::size_t size = 0;
        while (size < text_.size() && ((text_[size] | 0x20) >= 'a' && (text_[size] | 0x20) <= 'z'))
            ++size;
        text_.remove_prefix(size);
        return size >= 3;
    }
    std::optional<unsigned> read_number(unsigned maximum) {
        unsigned value = 0;
        std::size_t size = 0;
        while (size < text_.size() && size < 4 && is_digit(text_[size])) {
            value = value * 10 + static_cast<unsigned>(text_[size++] - '0');
        }
        text_.remove_prefix(size);
        if (size == 0 || value > maximum) return std::nullopt;
        return value;
    }
    // [+-]hh[:mm[:ss]]
    std::optional<seconds> read_time() {
        const bool is_negative = skip('-');
        if (!is_negative) skip('+');
        std::int64_t total = 0;
        std::int64_t unit = 3600;
        do {
            const auto number = read_number(unit == 3600 ? 167 : 59);
            if (!number) return std::nullopt;
            total += *number * unit;
            unit /= 60;
        } while (unit > 0 && skip(':'));
        return seconds(is_negative ? -total : total);
    }
    bool read_change(Change& change) {
        if (!skip(',') || !skip('M')) return false;
        const auto month = read_number(12);
        if (!month || *month == 0 || !skip('.')) return false;
        const auto week = read_number(5);
        if (!week || *week == 0 || !skip('.')) return false;
        const auto weekday = read_number(6);
        if (!weekday) return false;
        change = {.month = *month, .week = *week, .weekday = *weekday};
        if (!skip('/')) return true;
        const auto time = read_time();
        if (time) change.time = *time;
        return time.has_value();
    }

    std::string_view text_;
};

// --- The file -----------------------------------------------------------------------------------

class TimeZone::FileReader {
public:
    explicit FileReader(std::string_view bytes) : bytes_(bytes) {}

    Result<TimeZone> read() {
        // The first block has times of 32 bits, for old readers; the second repeats it with 64.
        ONPUT_TRY_VOID(read_header());
        if (!take(counts_.data_bytes(4))) return damaged("the first block is cut short");
        ONPUT_TRY_VOID(read_header());
        const auto block = take(counts_.data_bytes(8));
        if (!block) return damaged("the second block is cut short");
        Rules rules;
        ONPUT_TRY_VOID(read_transitions(*block, rules));
        if (bytes_.size() < 2 || bytes_.front() != '\n' || bytes_.back() != '\n') {
            return damaged("the rule at its end is missing");
        }
        const std::string_view rule = bytes_.substr(1, bytes_.size() - 2);
        if (!rule.empty()) {
            rules.tail = TailReader(rule).read();
            if (!rules.tail) return damaged("the rule at its end is not understood");
        }
        TimeZone zone;
        zone.rules_ = std::make_shared<const Rules>(std::move(rules));
        return zone;
    }

private:
    struct Counts {
        std::size_t utc_flags = 0;
        std::size_t standard_flags = 0;
        std::size_t leaps = 0;
        std::size_t times = 0;
        std::size_t types = 0;
        std::size_t chars = 0;
        [[nodiscard]] std::size_t data_bytes(std::size_t time_bytes) const {
            return times * (time_bytes + 1) + types * 6 + chars + leaps * (time_bytes + 4) +
                   standard_flags + utc_flags;
        }
    };
    std::optional<std::string_view> take(std::size_t size) {
        if (size > bytes_.size()) return std::nullopt;
        const std::string_view taken = bytes_.substr(0, size);
        bytes_.remove_prefix(size);
        return taken;
    }
    Result<void> read_header() {
        const auto header = take(header_bytes);
        if (!header || !header->starts_with("TZif") || (*header)[4] < '2') {
            return damaged("this is no TZif file of version 2 or later");
        }
        const auto count = [&](std::size_t index) {
            return static_cast<std::uint32_t>(big_endian(header->substr(20 + index * 4, 4)));
        };
        counts_ = {count(0), count(1), count(2), count(3), count(4), count(5)};
        if (counts_.types == 0) return damaged("it has no type of local time");
        return {};
    }
    Result<void> read_transitions(std::string_view block, Rules& rules) const {
        const std::string_view times = block.substr(0, counts_.times * 8);
        const std::string_view indexes = block.substr(times.size(), counts_.times);
        const std::string_view types = block.substr(times.size() + indexes.size());
        const auto offset_of = [&](std::size_t type) -> Result<seconds> {
            if (type >= counts_.types) return damaged("a transition has no type");
            const std::int64_t offset = big_endian(types.substr(type * 6, 4));
            if (offset < -offset_seconds_max || offset > offset_seconds_max) {
                return damaged("an offset is out of range");
            }
            return seconds(offset);
        };
        ONPUT_TRY(rules.first_offset, offset_of(0));
        for (std::size_t i = 0; i < counts_.times; ++i) {
            const sys_seconds at{seconds(big_endian(times.substr(i * 8, 8)))};
            ONPUT_TRY(const seconds offset, offset_of(static_cast<unsigned char>(indexes[i])));
            if (!rules.transitions.empty() && at <= rules.transitions.back().at) {
                return damaged("transitions do not rise");
            }
            rules.transitions.push_back({.at = at, .offset = offset});
        }
        return {};
    }

    std::string_view bytes_;
    Counts counts_;
};

Result<TimeZone> TimeZone::parse(std::string_view tzif) {
    if (tzif.size() > zone_file_bytes_max) return damaged("the file is too large");
    return FileReader(tzif).read();
}

// --- Conversions --------------------------------------------------------------------------------

local_seconds TimeZone::local_of(const Change& change, std::chrono::year year) {
    const std::chrono::month month(change.month);
    const std::chrono::weekday weekday(change.weekday);
    const local_days day = change.week == 5 ? local_days(year / month / weekday[std::chrono::last])
                                            : local_days(year / month / weekday[change.week]);
    return day + change.time;
}

seconds TimeZone::tail_offset(const Tail& tail, sys_seconds time) {
    if (!tail.summer) return tail.standard;
    const auto year =
        std::chrono::year_month_day(std::chrono::floor<days>(time + tail.standard)).year();
    const auto utc_of = [&](const Change& change, seconds offset) {
        return sys_seconds(local_of(change, year).time_since_epoch() - offset);
    };
    const sys_seconds begin = utc_of(tail.begin, tail.standard);
    const sys_seconds end = utc_of(tail.end, *tail.summer);
    // South of the equator summer goes over the end of the year.
    const bool is_summer = begin < end ? time >= begin && time < end : time >= begin || time < end;
    return is_summer ? *tail.summer : tail.standard;
}

seconds TimeZone::offset_at(sys_seconds time) const {
    if (rules_ == nullptr) return seconds(0);
    const auto& [first_offset, transitions, tail] = *rules_;
    if (tail && (transitions.empty() || time >= transitions.back().at)) {
        return tail_offset(*tail, time);
    }
    const auto after = std::ranges::upper_bound(transitions, time, {}, &Transition::at);
    return after == transitions.begin() ? first_offset : std::prev(after)->offset;
}

local_seconds TimeZone::to_local(sys_seconds time) const {
    return local_seconds(time.time_since_epoch() + offset_at(time));
}

std::optional<sys_seconds> TimeZone::to_utc(local_seconds local) const {
    const sys_seconds near(local.time_since_epoch());
    std::optional<sys_seconds> first;
    // No zone changes twice within two days, nor by more than one.
    for (const sys_seconds around : {near - days(1), near + days(1)}) {
        const seconds offset = offset_at(around);
        const sys_seconds time = near - offset;
        if (offset_at(time) == offset && (!first || time < *first)) first = time;
    }
    return first;
}

}  // namespace onput::notifier
