#include "common/base/log_time.hpp"

#include <array>
#include <chrono>
#include <string_view>

#include <fmt/format.h>

namespace onput {

std::string format_log_time(Timestamp time) {
    static constexpr std::array<std::string_view, 12> months{
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::chrono::sys_seconds seconds{std::chrono::seconds(to_seconds(time))};
    const auto day = std::chrono::floor<std::chrono::days>(seconds);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{seconds - day};
    return fmt::format("{:02}/{}/{:04}:{:02}:{:02}:{:02} +0000", unsigned{date.day()},
                       months.at(unsigned{date.month()} - 1), int{date.year()},
                       clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

}  // namespace onput
