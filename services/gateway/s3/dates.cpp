#include "services/gateway/s3/dates.hpp"

#include <algorithm>
#include <chrono>
#include <string>

#include <fmt/format.h>

#include "common/base/text.hpp"

namespace onput::gateway::s3 {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr std::string_view day_form = "2030-01-31";
constexpr std::string_view minute_form = "12:00";
constexpr minutes offset_max = hours(18);  // As far as ISO 8601's readers go.

std::unexpected<Error> refuse(std::string_view text) {
    return fail(ErrorCode::invalid_argument, fmt::format("\"{}\" is no date of ISO 8601", text));
}

bool are_digits(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// "02:00", "0200", "02"
Result<minutes> parse_offset(std::string_view text) {
    const bool has_colon = text.size() == 5 && text[2] == ':';
    const std::string_view hour = text.substr(0, 2);
    const std::string_view minute = text.size() < 3 ? "00" : text.substr(has_colon ? 3 : 2);
    if (hour.size() != 2 || minute.size() != 2 || !are_digits(hour) || !are_digits(minute))
        return refuse(text);
    const minutes offset =
        hours(*parse_number<unsigned>(hour)) + minutes(*parse_number<unsigned>(minute));
    if (offset > offset_max || minute > "59") return refuse(text);
    return offset;
}

}  // namespace

Result<Timestamp> parse_date(std::string_view text) {
    const std::string_view day = text.substr(0, day_form.size());
    std::string_view rest = text.substr(day.size());
    if (rest.empty()) return parse_iso8601(fmt::format("{}T00:00:00Z", day));
    minutes offset{0};
    if (rest.ends_with('Z')) {
        rest.remove_suffix(1);
    } else if (const auto sign = rest.find_last_of("+-"); sign != std::string_view::npos) {
        ONPUT_TRY(offset, parse_offset(rest.substr(sign + 1)));
        if (rest[sign] == '-') offset = -offset;
        rest = rest.substr(0, sign);
    }
    const bool has_seconds = rest.size() != minute_form.size() + 1;
    ONPUT_TRY(const Timestamp local,
              parse_iso8601(fmt::format("{}{}{}Z", day, rest, has_seconds ? "" : ":00")));
    return local - offset;
}

}  // namespace onput::gateway::s3
