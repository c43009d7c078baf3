// Cron: the six fields of AWS's cron(...): minutes, hours, day of month, month, day of week, year.
// Pure; of local time, whatever the zone.
//
//     field           values             wildcards
//     minutes         0-59               , - * /
//     hours           0-23               , - * /
//     day of month    1-31               , - * / ? L W     L: the last, 15W: the weekday nearest
//     month           1-12 or JAN-DEC    , - * /
//     day of week     1-7 or SUN-SAT     , - * ? L #       6L: the last Friday, 3#2: 2nd Tuesday
//     year            1970-2199          , - * /
//
// Exactly one of day of month and day of week is "?".
#pragma once

#include <array>
#include <bitset>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "common/base/result.hpp"

namespace onput::notifier {

class Cron {
public:
    static constexpr int year_min = 1970;
    static constexpr int year_max = 2199;

    // `fields` is what stands between the parentheses. Fails with invalid_argument.
    static Result<Cron> parse(std::string_view fields);

    // The first minute after this moment that it names; nothing: there is none.
    [[nodiscard]] std::optional<std::chrono::local_seconds> next_after(
        std::chrono::local_seconds after) const;

private:
    static constexpr std::size_t values_max = 2200;
    using Values = std::bitset<values_max>;

    Result<void> read_day_of_month(std::string_view text);
    Result<void> read_day_of_week(std::string_view text);
    // By day, 1 to 31.
    [[nodiscard]] std::bitset<32> days_of(std::chrono::year_month month) const;
    // The first of the day or month that is not before `from`.
    [[nodiscard]] std::optional<std::chrono::local_seconds> first_on(
        std::chrono::local_days day, std::chrono::local_seconds from) const;
    [[nodiscard]] std::optional<std::chrono::local_seconds> first_in(
        std::chrono::year_month month, std::chrono::local_seconds from) const;

    Values minutes_;
    Values hours_;
    Values months_;
    Values years_;
    // One of both decides.
    bool is_by_weekday_ = false;
    Values days_;
    Values nearest_weekdays_;  // Of "15W".
    bool has_last_day_ = false;
    bool has_last_weekday_ = false;        // "LW".
    Values weekdays_;                      // 1 is Sunday.
    Values last_weekdays_;                 // Of "6L".
    std::array<std::bitset<6>, 8> nth_{};  // Of "3#2": by day of week, then which.
};

}  // namespace onput::notifier
