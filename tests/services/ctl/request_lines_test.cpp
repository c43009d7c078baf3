#include "services/ctl/request_lines.hpp"

#include <gtest/gtest.h>

#include "common/events/since.hpp"
#include "services/ctl/log_text.hpp"

namespace onput::ctl {
namespace {

bool takes(RequestLines& lines, const std::string& stream, const std::string& message) {
    return lines.takes({.stream = stream, .message = message});
}

TEST(RequestLinesTest, without_a_request_all_lines_belong) {
    RequestLines lines("");
    EXPECT_TRUE(takes(lines, "s", "anything"));
}

TEST(RequestLinesTest, lines_of_the_environment_between_start_and_report_belong) {
    RequestLines lines("b");
    EXPECT_FALSE(takes(lines, "s", "START RequestId: a Version: $LATEST\n"));
    EXPECT_FALSE(takes(lines, "s", "of a\n"));
    EXPECT_FALSE(takes(lines, "s", "REPORT RequestId: a\t\n"));
    EXPECT_TRUE(takes(lines, "s", "START RequestId: b Version: $LATEST\n"));
    EXPECT_TRUE(takes(lines, "s", "of b\n"));
    EXPECT_FALSE(takes(lines, "t", "of another environment\n"));
    EXPECT_TRUE(takes(lines, "s", "REPORT RequestId: b\t\n"));
    EXPECT_FALSE(takes(lines, "s", "START RequestId: c Version: $LATEST\n"));
}

TEST(RequestLinesTest, a_line_that_names_the_request_belongs) {
    RequestLines lines("b");
    EXPECT_TRUE(takes(lines, "t", "RequestId: b Error: Runtime exited\n"));
}

TEST(LogTextTest, tabs_stay_and_what_a_terminal_obeys_is_shown) {
    EXPECT_EQ(printable_log("a\tb\n"), "a\tb\n");
    EXPECT_EQ(printable_log("\x1b[2J").find('\x1b'), std::string::npos);
}

TEST(SinceTest, is_a_time_before_now_or_a_moment) {
    const Timestamp now = from_seconds(1'800'000'000);
    EXPECT_EQ(events::parse_since("30s", now), now - std::chrono::seconds(30));
    EXPECT_EQ(events::parse_since("10m", now), now - std::chrono::minutes(10));
    EXPECT_EQ(events::parse_since("36h", now), now - std::chrono::hours(36));
    EXPECT_EQ(events::parse_since("7d", now), now - std::chrono::days(7));
    EXPECT_EQ(events::parse_since("2027-01-15T08:00:00Z", now), now);
    for (const char* text : {"", "m", "10", "10y", "-1m", "yesterday"}) {
        const auto refused = events::parse_since(text, now);
        ASSERT_FALSE(refused) << text;
        EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
    }
}

}  // namespace
}  // namespace onput::ctl
