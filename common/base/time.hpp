// Time as every part of Onput counts it: microseconds of UTC since 1970, passed in as `now`.
// Cores never read a clock. Formats are those that AWS's protocols use.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace onput {

using Duration = std::chrono::microseconds;
using Timestamp = std::chrono::sys_time<Duration>;

// The wall clock. Only shells call it.
Timestamp wall_now();

constexpr std::int64_t to_micros(Timestamp time) {
    return time.time_since_epoch().count();
}
constexpr std::int64_t to_millis(Timestamp time) {
    return to_micros(time) / 1000;
}
constexpr std::int64_t to_seconds(Timestamp time) {
    return to_micros(time) / 1'000'000;
}
constexpr Timestamp from_micros(std::int64_t micros) {
    return Timestamp(Duration(micros));
}
constexpr Timestamp from_seconds(std::int64_t seconds) {
    return Timestamp(std::chrono::seconds(seconds));
}

// "2026-11-21T10:15:30.123Z", the form of S3 event records.
std::string format_iso8601_millis(Timestamp time);
// "20261121T101530Z", the form of SigV4's x-amz-date.
std::string format_iso8601_basic(Timestamp time);
// "Sat, 21 Nov 2026 10:15:30 GMT", the form of HTTP's Date and Last-Modified.
std::string format_http_date(Timestamp time);

// Accept exactly the forms above (fractions of a second optional in ISO 8601); anything else is
// invalid_argument.
Result<Timestamp> parse_iso8601(std::string_view text);
Result<Timestamp> parse_iso8601_basic(std::string_view text);
Result<Timestamp> parse_http_date(std::string_view text);

}  // namespace onput
