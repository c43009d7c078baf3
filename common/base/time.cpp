#include "common/base/time.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <fmt/format.h>

namespace onput {
namespace {

constexpr std::array<std::string_view, 7> weekdays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct Fields {
    int year = 0;
    unsigned month = 0;
    unsigned day = 0;
    int hour = 0;
    int minute = 0;
    int second = 0;
    int micros = 0;
};

// The formats have four digits of a year; hostile bytes can hold any moment.
constexpr Timestamp earliest{std::chrono::sys_days(std::chrono::year(0) / 1 / 1)};
constexpr Timestamp latest{std::chrono::sys_days(std::chrono::year(9999) / 12 / 31)};

Fields split(Timestamp time) {
    time = std::clamp(time, earliest, latest);
    const auto days = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(days);
    const std::chrono::hh_mm_ss<Duration> clock(time - days);
    return {.year = static_cast<int>(date.year()),
            .month = static_cast<unsigned>(date.month()),
            .day = static_cast<unsigned>(date.day()),
            .hour = static_cast<int>(clock.hours().count()),
            .minute = static_cast<int>(clock.minutes().count()),
            .second = static_cast<int>(clock.seconds().count()),
            .micros = static_cast<int>(clock.subseconds().count())};
}

std::optional<Timestamp> join(const Fields& fields) {
    const std::chrono::year_month_day date(std::chrono::year(fields.year),
                                           std::chrono::month(fields.month),
                                           std::chrono::day(fields.day));
    // 60 is a leap second: counted as the second that follows.
    if (!date.ok() || fields.hour > 23 || fields.minute > 59 || fields.second > 60) return {};
    return Timestamp(std::chrono::sys_days(date)) + std::chrono::hours(fields.hour) +
           std::chrono::minutes(fields.minute) + std::chrono::seconds(fields.second) +
           Duration(fields.micros);
}

// Takes fixed-width numbers and literals off the front of a text.
class Scanner {
public:
    explicit Scanner(std::string_view text) : rest_(text) {}

    bool number(std::size_t width, int& out) {
        if (rest_.size() < width) return false;
        // from_chars would take "-0" for a number.
        if (rest_.front() == '-') return false;
        const char* const begin = rest_.data();
        const char* const end = begin + width;
        const auto [stop, error] = std::from_chars(begin, end, out);
        if (error != std::errc() || stop != end) return false;
        rest_.remove_prefix(width);
        return true;
    }
    bool number(std::size_t width, unsigned& out) {
        int value = 0;
        if (!number(width, value)) return false;
        out = static_cast<unsigned>(value);
        return true;
    }
    bool literal(std::string_view text) {
        if (!rest_.starts_with(text)) return false;
        rest_.remove_prefix(text.size());
        return true;
    }
    template <std::size_t count>
    bool word(const std::array<std::string_view, count>& words, unsigned& index) {
        for (unsigned i = 0; i < count; ++i) {
            if (literal(words[i])) {
                index = i;
                return true;
            }
        }
        return false;
    }
    // ".123" up to microseconds; longer fractions are cut. Nothing there is fine.
    bool fraction(int& micros) {
        if (!literal(".")) return true;
        int scale = 100'000;
        std::size_t digits = 0;
        while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9' && digits < 9) {
            micros += (rest_.front() - '0') * scale;
            scale /= 10;
            rest_.remove_prefix(1);
            ++digits;
        }
        return digits > 0;
    }
    [[nodiscard]] bool done() const { return rest_.empty(); }

private:
    std::string_view rest_;
};

Result<Timestamp> parsed(bool shape_fits, const Fields& fields, std::string_view text) {
    if (shape_fits) {
        if (const auto time = join(fields)) return *time;
    }
    return fail(ErrorCode::invalid_argument,
                fmt::format("parse time '{}': not a valid date", text.substr(0, 64)));
}

}  // namespace

Timestamp wall_now() {
    return std::chrono::floor<Duration>(std::chrono::system_clock::now());
}

std::string format_iso8601_millis(Timestamp time) {
    const Fields f = split(time);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", f.year, f.month, f.day, f.hour,
                       f.minute, f.second, f.micros / 1000);
}

std::string format_iso8601_basic(Timestamp time) {
    const Fields f = split(time);
    return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", f.year, f.month, f.day, f.hour, f.minute,
                       f.second);
}

std::string format_http_date(Timestamp time) {
    const Fields f = split(time);
    const std::chrono::weekday weekday(
        std::chrono::floor<std::chrono::days>(std::clamp(time, earliest, latest)));
    return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", weekdays[weekday.c_encoding()],
                       f.day, months[f.month - 1], f.year, f.hour, f.minute, f.second);
}

Result<Timestamp> parse_iso8601(std::string_view text) {
    Fields f;
    Scanner scan(text);
    const bool fits = scan.number(4, f.year) && scan.literal("-") && scan.number(2, f.month) &&
                      scan.literal("-") && scan.number(2, f.day) && scan.literal("T") &&
                      scan.number(2, f.hour) && scan.literal(":") && scan.number(2, f.minute) &&
                      scan.literal(":") && scan.number(2, f.second) && scan.fraction(f.micros) &&
                      scan.literal("Z") && scan.done();
    return parsed(fits, f, text);
}

Result<Timestamp> parse_iso8601_basic(std::string_view text) {
    Fields f;
    Scanner scan(text);
    const bool fits = scan.number(4, f.year) && scan.number(2, f.month) && scan.number(2, f.day) &&
                      scan.literal("T") && scan.number(2, f.hour) && scan.number(2, f.minute) &&
                      scan.number(2, f.second) && scan.literal("Z") && scan.done();
    return parsed(fits, f, text);
}

Result<Timestamp> parse_http_date(std::string_view text) {
    Fields f;
    unsigned weekday = 0;
    Scanner scan(text);
    const bool fits = scan.word(weekdays, weekday) && scan.literal(", ") && scan.number(2, f.day) &&
                      scan.literal(" ") && scan.word(months, f.month) && scan.literal(" ") &&
                      scan.number(4, f.year) && scan.literal(" ") && scan.number(2, f.hour) &&
                      scan.literal(":") && scan.number(2, f.minute) && scan.literal(":") &&
                      scan.number(2, f.second) && scan.literal(" GMT") && scan.done();
    f.month += 1;
    return parsed(fits, f, text);
}

}  // namespace onput
