#include "common/base/log.hpp"

#include <gtest/gtest.h>

namespace onput::log {
namespace {

// What one call writes, without the time at the front.
template <typename Call>
std::string written(const Options& options, Call call) {
    configure(options);
    ::testing::internal::CaptureStderr();
    call();
    const std::string line = ::testing::internal::GetCapturedStderr();
    return line.empty() ? line : line.substr(line.find(' ') + 1);
}

std::string json_written(const Fields& fields) {
    configure({.service = "queue", .json = true});
    ::testing::internal::CaptureStderr();
    info("started", fields);
    const std::string line = ::testing::internal::GetCapturedStderr();
    return line.substr(line.find(",\"level\""));
}

TEST(Log, a_line_is_level_service_event_and_fields) {
    EXPECT_EQ(
        written({.service = "queue"}, [] { warn("message lost", {{"queue", "a"}, {"count", 3}}); }),
        "warning queue: message lost queue=a count=3\n");
}

TEST(Log, a_value_that_would_be_misread_is_quoted) {
    EXPECT_EQ(written({.service = "queue"},
                      [] {
                          info("seen", {{"a", "two words"},
                                        {"b", ""},
                                        {"c", "x=y"},
                                        {"d", "say \"hi\"\\"},
                                        {"e", "line\nbreak\x7f"}});
                      }),
              "info queue: seen a=\"two words\" b=\"\" c=\"x=y\" d=\"say \\\"hi\\\"\\\\\" "
              "e=\"line\\nbreak\\u007f\"\n");
}

TEST(Log, nothing_in_a_line_moves_a_cursor_or_turns_text) {
    EXPECT_EQ(written({.service = "queue"},
                      [] {
                          info("seen", {{"a", "\x1b[2J"},
                                        {"b", "a\u009b"},
                                        {"c", "gpj\u202e.txt"},
                                        {"d", "\U000e0041"},
                                        {"e", "\x9b"}});
                      }),
              "info queue: seen a=\"\\u001b[2J\" b=\"a\\u009b\" c=\"gpj\\u202e.txt\" "
              "d=\"\\\\u{e0041}\" e=\"\\\\x9b\"\n");
}

TEST(Log, lines_below_the_level_are_not_written) {
    EXPECT_EQ(written({.level = Level::warn}, [] { info("quiet"); }), "");
    EXPECT_NE(written({.level = Level::warn}, [] { error("loud"); }), "");
    EXPECT_NE(written({.level = Level::debug}, [] { debug("all"); }), "");
}

TEST(Log, json_lines_hold_the_same) {
    EXPECT_EQ(json_written({{"queue", "a \"b\""}, {"count", 3}}),
              ",\"level\":\"info\",\"service\":\"queue\",\"event\":\"started\","
              "\"queue\":\"a \\\"b\\\"\",\"count\":\"3\"}\n");
}

TEST(Log, braces_are_not_taken_for_a_format) {
    EXPECT_EQ(written({.service = "queue"}, [] { info("{}", {{"a", "{0}"}}); }),
              "info queue: {} a={0}\n");
}

}  // namespace
}  // namespace onput::log
