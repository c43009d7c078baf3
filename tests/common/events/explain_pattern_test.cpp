#include "common/events/explain_pattern.hpp"

#include <gtest/gtest.h>

namespace onput::events {
namespace {

const std::string event =
    R"({"source":"aws.s3","detail-type":"Object Created","detail":{"object":{"key":"a.txt",)"
    R"("size":5},"tags":[{"k":"a","v":1},{"k":"b","v":2}]}})";

PatternExplanation explained(std::string_view pattern) {
    const auto explanation = explain_pattern(pattern, event);
    EXPECT_TRUE(explanation) << explanation.error().message;
    return *explanation;
}

TEST(ExplainPattern, what_matches_is_said_to) {
    EXPECT_TRUE(explained(R"({"source":["aws.s3"]})").matches);
}

TEST(ExplainPattern, the_key_that_stops_it_is_named_with_its_value) {
    const auto no = explained(
        R"({"source":["aws.s3"],"detail":{"object":{"key":[{"suffix":".jpg"}],"size":[5]}}})");
    EXPECT_FALSE(no.matches);
    EXPECT_EQ(no.why, R"(detail.object.key is "a.txt", not [{"suffix":".jpg"}])");
}

TEST(ExplainPattern, every_key_that_stops_it_is_named) {
    const auto no = explained(R"({"source":["shop"],"detail":{"colour":["red"]}})");
    EXPECT_EQ(no.why, R"(source is "aws.s3", not ["shop"]; detail.colour is absent, not ["red"])");
}

TEST(ExplainPattern, alternatives_are_one_key) {
    const auto no = explained(R"({"detail":{"$or":[{"a":[1]},{"b":[2]}]}})");
    EXPECT_EQ(no.why, R"(none of [{"a":[1]},{"b":[2]}] matches)");
}

TEST(ExplainPattern, keys_that_match_in_different_elements_are_told_apart) {
    const auto no = explained(R"({"detail":{"tags":{"k":["a"],"v":[2]}}})");
    EXPECT_FALSE(no.matches);
    EXPECT_EQ(no.why, "each key matches, but no one element of an array has them all");
}

TEST(ExplainPattern, a_pattern_that_is_none_is_refused) {
    EXPECT_FALSE(explain_pattern(R"({"source":"aws.s3"})", event));
}

}  // namespace
}  // namespace onput::events
