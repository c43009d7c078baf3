#include "common/schema/json.hpp"

#include <limits>

#include <gtest/gtest.h>

#include "common/schema/registry.hpp"

namespace onput::schema {
namespace {

TEST(Json, a_message_shows_its_field_names) {
    const LaneCredit credit{.worker_id = "w", .epoch = 2, .credit = 3};
    EXPECT_EQ(to_json(credit), R"({"worker_id":"w","epoch":2,"credit":3})");
    EXPECT_EQ(to_json(Empty()), "{}");
}

TEST(Json, lists_maps_and_nested_structs_are_shown) {
    LaneGrants grants;
    grants.environment = {{"A", "1"}, {"B", "2"}};
    grants.grants.resize(2);
    const std::string json = to_json(grants);
    EXPECT_NE(json.find(R"("environment":{"A":"1","B":"2"},"grants":[{"lease":0,)"),
              std::string::npos)
        << json;
}

TEST(Json, an_absent_optional_is_null) {
    EXPECT_EQ(to_json(FindJournal()), R"({"since":null})");
}

TEST(Json, texts_are_escaped) {
    EXPECT_EQ(to_json(Principal{.account = "a\"\\\n\x01"}),
              R"({"account":"a\"\\\n\u0001","id":"","user":"","region":"","limited":null})");
}

TEST(Json, nothing_in_a_text_moves_a_cursor_or_turns_text) {
    EXPECT_EQ(
        to_json(Principal{.account = "\u009b2J", .id = "gpj\u202e.txt\U000e0041"}),
        R"({"account":"\u009b2J","id":"gpj\u202e.txt\udb40\udc41","user":"","region":"","limited":null})");
}

TEST(Json, bytes_that_are_no_text_are_shown_as_base64) {
    EXPECT_EQ(to_json(Principal{.account = "\xff\xfe"}),
              R"({"account":{"base64":"//4="},"id":"","user":"","region":"","limited":null})");
}

TEST(Json, numbers_that_json_has_no_word_for_are_null) {
    Metric metric{.name = "n", .value = std::numeric_limits<double>::infinity()};
    EXPECT_EQ(to_json(metric), R"({"name":"n","value":null})");
    metric.value = std::numeric_limits<double>::quiet_NaN();
    EXPECT_EQ(to_json(metric), R"({"name":"n","value":null})");
}

TEST(Json, moments_far_from_now_can_be_shown) {
    for (const std::int64_t micros : {std::int64_t{0}, std::int64_t{-1},
                                      std::numeric_limits<std::int64_t>::min() + 86'400'000'000,
                                      std::numeric_limits<std::int64_t>::max()}) {
        EXPECT_FALSE(to_json(BusHead{.sequence = 0, .time = from_micros(micros)}).empty());
    }
}

}  // namespace
}  // namespace onput::schema
