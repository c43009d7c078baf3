#include "services/gateway/s3/conditions.hpp"

#include <gtest/gtest.h>

#include "common/base/time.hpp"

namespace onput::gateway::s3 {
namespace {

schema::ByteRange range(std::optional<std::uint64_t> first, std::optional<std::uint64_t> last) {
    return {.first = first, .last = last};
}

TEST(S3Conditions, a_range_has_both_ends_or_one) {
    EXPECT_EQ(read_range("bytes=0-9"), range(0, 9));
    EXPECT_EQ(read_range("bytes=5-"), range(5, {}));
    EXPECT_EQ(read_range("bytes=-5"), range({}, 5));
    EXPECT_EQ(read_range("bytes=7-7"), range(7, 7));
    EXPECT_EQ(read_range("bytes=0-18446744073709551615"), range(0, UINT64_MAX));
    // Behind every possible byte is as good as the last one.
    EXPECT_EQ(read_range("bytes=0-99999999999999999999"), range(0, UINT64_MAX));
    EXPECT_EQ(read_range("bytes=18446744073709551616-"), range(UINT64_MAX, {}));
}

TEST(S3Conditions, what_is_no_single_range_is_passed_over) {
    for (const std::string_view header :
         {"", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=1", "bytes=9-1", "bytes=0-1,3-4",
          "items=0-1", "bytes=1-2x", "bytes= 1-2", "bytes=+1-2", "bytes=--2"}) {
        EXPECT_EQ(read_range(header), std::nullopt) << header;
    }
}

constexpr Timestamp now = from_seconds(7);

TEST(S3Conditions, a_future_modification_is_no_condition) {
    const http::RequestHead head{.host = "h",
                                 .headers = {{"If-Modified-Since", "Thu, 01 Jan 1970 00:00:08 GMT"},
                                             {"If-None-Match", "\"a\""}}};
    EXPECT_EQ(read_conditions(head, now).if_modified_since, std::nullopt);
    EXPECT_EQ(read_conditions(head, now).if_none_match, "\"a\"");
    EXPECT_EQ(read_conditions(head, from_seconds(8)).if_modified_since, from_seconds(8));
}

TEST(S3Conditions, tags_are_kept_raw_and_dates_are_read) {
    const http::RequestHead head{.host = "h",
                                 .headers = {{"If-Match", "\"a\", W/\"b\""},
                                             {"if-none-match", "*"},
                                             {"If-Modified-Since", "Thu, 01 Jan 1970 00:00:07 GMT"},
                                             {"If-Unmodified-Since", "yesterday"}}};
    const auto conditions = read_conditions(head, now);
    EXPECT_EQ(conditions.if_match, "\"a\", W/\"b\"");
    EXPECT_EQ(conditions.if_none_match, "*");
    EXPECT_EQ(conditions.if_modified_since, from_seconds(7));
    EXPECT_EQ(conditions.if_unmodified_since, std::nullopt);
}

TEST(S3Conditions, a_request_without_conditions_has_none) {
    EXPECT_EQ(read_conditions(http::RequestHead{}, now), schema::Conditions{});
}

http::RequestHead head_of(std::vector<http::Header> headers) {
    http::RequestHead head;
    head.headers = std::move(headers);
    return head;
}

using Details = std::vector<std::pair<std::string, std::string>>;

TEST(WriteConditions, are_an_etag_to_match_or_that_there_is_no_object) {
    for (const http::Header& header :
         {http::Header{"If-Match", "\"abc\""}, http::Header{"If-None-Match", "*"}}) {
        EXPECT_TRUE(check_write_conditions(head_of({header}))) << header.name;
    }
    EXPECT_TRUE(check_write_conditions(head_of({})));
}

TEST(WriteConditions, others_are_refused_with_the_header_and_why) {
    struct Case {
        std::vector<http::Header> headers;
        Details details;
    };
    for (const auto& [headers, details] :
         {Case{{{"If-None-Match", "\"abc\""}},
               {{"Header", "If-None-Match"},
                {"additionalMessage",
                 "We don't accept the provided value of If-None-Match header for this API"}}},
          Case{{{"If-Match", "*"}},
               {{"Header", "If-Match"},
                {"additionalMessage",
                 "We don't accept the provided value of If-Match header for this API"}}},
          Case{{{"If-Match", "\"abc\""}, {"If-None-Match", "*"}},
               {{"Header", "If-Match,If-None-Match"},
                {"additionalMessage",
                 "Multiple conditional request headers present in the request"}}}}) {
        const auto checked = check_write_conditions(head_of(headers));
        ASSERT_FALSE(checked);
        EXPECT_EQ(checked.error().code, ErrorCode::unimplemented);
        EXPECT_EQ(checked.error().details, details);
    }
}

TEST(RemovalConditions, on_size_and_time_are_refused) {
    EXPECT_TRUE(check_removal_conditions(head_of({{"If-Match", "*"}})));
    for (const char* name : {"x-amz-if-match-size", "x-amz-if-match-last-modified-time"}) {
        const auto checked = check_removal_conditions(head_of({{name, "1"}}));
        ASSERT_FALSE(checked) << name;
        EXPECT_EQ(checked.error().code, ErrorCode::unimplemented);
        EXPECT_EQ(checked.error().details, (Details{{"Header", name}}));
    }
}

}  // namespace
}  // namespace onput::gateway::s3
