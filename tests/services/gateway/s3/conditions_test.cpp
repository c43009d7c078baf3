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
}

TEST(S3Conditions, what_is_no_single_range_is_passed_over) {
    for (const std::string_view header :
         {"", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=1", "bytes=9-1", "bytes=0-1,3-4",
          "items=0-1", "bytes=1-2x", "bytes= 1-2", "bytes=+1-2", "bytes=--2",
          "bytes=18446744073709551616-", "bytes=0-99999999999999999999"}) {
        EXPECT_EQ(read_range(header), std::nullopt) << header;
    }
}

TEST(S3Conditions, tags_are_kept_raw_and_dates_are_read) {
    const http::RequestHead head{.host = "h",
                                 .headers = {{"If-Match", "\"a\", W/\"b\""},
                                             {"if-none-match", "*"},
                                             {"If-Modified-Since", "Thu, 01 Jan 1970 00:00:07 GMT"},
                                             {"If-Unmodified-Since", "yesterday"}}};
    const auto conditions = read_conditions(head);
    EXPECT_EQ(conditions.if_match, "\"a\", W/\"b\"");
    EXPECT_EQ(conditions.if_none_match, "*");
    EXPECT_EQ(conditions.if_modified_since, from_seconds(7));
    EXPECT_EQ(conditions.if_unmodified_since, std::nullopt);
}

TEST(S3Conditions, a_request_without_conditions_has_none) {
    EXPECT_EQ(read_conditions(http::RequestHead{}), schema::Conditions{});
}

}  // namespace
}  // namespace onput::gateway::s3
