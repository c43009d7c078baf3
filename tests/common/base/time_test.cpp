#include "common/base/time.hpp"

#include <gtest/gtest.h>

namespace onput {
namespace {

const Timestamp moment = from_micros(1'795'256'130'123'456);  // 2026-11-21 10:15:30.123456 UTC

TEST(Time, is_written_in_the_three_forms_of_the_protocols) {
    EXPECT_EQ(format_iso8601_millis(moment), "2026-11-21T10:15:30.123Z");
    EXPECT_EQ(format_iso8601_basic(moment), "20261121T101530Z");
    EXPECT_EQ(format_http_date(moment), "Sat, 21 Nov 2026 10:15:30 GMT");
}

TEST(Time, is_read_in_the_three_forms_of_the_protocols) {
    EXPECT_EQ(parse_iso8601("2026-11-21T10:15:30.123456Z").value(), moment);
    EXPECT_EQ(to_millis(parse_iso8601("2026-11-21T10:15:30.123Z").value()), to_millis(moment));
    EXPECT_EQ(to_seconds(parse_iso8601("2026-11-21T10:15:30Z").value()), to_seconds(moment));
    EXPECT_EQ(to_seconds(parse_iso8601_basic("20261121T101530Z").value()), to_seconds(moment));
    EXPECT_EQ(to_seconds(parse_http_date("Sat, 21 Nov 2026 10:15:30 GMT").value()),
              to_seconds(moment));
}

TEST(Time, fractions_finer_than_a_microsecond_are_cut) {
    EXPECT_EQ(parse_iso8601("2026-11-21T10:15:30.123456999Z").value(), moment);
}

TEST(Time, the_first_second_and_the_time_before_it_work) {
    EXPECT_EQ(format_iso8601_millis(from_seconds(0)), "1970-01-01T00:00:00.000Z");
    EXPECT_EQ(format_iso8601_millis(from_micros(-1)), "1969-12-31T23:59:59.999Z");
    EXPECT_EQ(parse_iso8601("1969-12-31T23:59:59Z").value(), from_seconds(-1));
}

TEST(Time, a_leap_day_exists_in_leap_years_only) {
    EXPECT_TRUE(parse_iso8601("2024-02-29T00:00:00Z"));
    EXPECT_FALSE(parse_iso8601("2026-02-29T00:00:00Z"));
}

TEST(Time, a_leap_second_counts_as_the_next) {
    EXPECT_EQ(parse_iso8601("2016-12-31T23:59:60Z").value(),
              parse_iso8601("2017-01-01T00:00:00Z").value());
}

TEST(Time, anything_else_is_refused) {
    for (const char* text :
         {"", "2026-11-21", "2026-11-21T10:15:30", "2026-11-21T10:15:30+01:00",
          "2026-11-21 10:15:30Z", "2026-13-21T10:15:30Z", "2026-11-31T10:15:30Z",
          "2026-11-21T24:00:00Z", "2026-11-21T10:60:00Z", "2026-11-21T10:15:61Z",
          "2026-11-21T10:15:30.Z", "2026-11-21T10:15:30Zx", "2026-11-21T-1:15:30Z",
          "2026-11-21T-0:15:30Z", "2026-11-21T+1:15:30Z", "2026-11-21T 1:15:30Z"}) {
        EXPECT_EQ(parse_iso8601(text).error().code, ErrorCode::invalid_argument) << text;
    }
    for (const char* text : {"", "20261121T101530", "20261121101530Z", "2026-11-21T10:15:30Z",
                             "20261121T-01530Z", "20261121T10153-Z"}) {
        EXPECT_EQ(parse_iso8601_basic(text).error().code, ErrorCode::invalid_argument) << text;
    }
    for (const char* text : {"", "21 Nov 2026 10:15:30 GMT", "Sat, 21 nov 2026 10:15:30 GMT",
                             "Sat, 21 Nov 2026 10:15:30 UTC", "Sat, 1 Nov 2026 10:15:30 GMT"}) {
        EXPECT_EQ(parse_http_date(text).error().code, ErrorCode::invalid_argument) << text;
    }
}

TEST(Time, an_error_echoes_no_more_than_64_bytes) {
    EXPECT_LT(parse_iso8601(std::string(10'000, 'x')).error().message.size(), 120U);
}

TEST(Time, the_wall_clock_is_in_this_millennium) {
    EXPECT_GT(wall_now(), parse_iso8601("2024-01-01T00:00:00Z").value());
}

}  // namespace
}  // namespace onput
