#include "services/storage/objects/conditions.hpp"

#include <gtest/gtest.h>

#include "tests/services/storage/harness.hpp"

namespace onput::storage {
namespace {

constexpr std::string_view etag = "aabb";
const Timestamp modified = from_micros(1'000'000'500'000);  // Half a second into second 1,000,000.
const Validators object{.etag = etag, .last_modified = modified};

schema::Conditions if_match(std::string value) {
    return {.if_match = std::move(value)};
}

schema::Conditions if_none_match(std::string value) {
    return {.if_none_match = std::move(value)};
}

TEST(ReadConditions, none_always_hold) {
    EXPECT_TRUE(check_read({}, object));
}

TEST(ReadConditions, if_match_takes_any_member_of_a_list) {
    for (const std::string value :
         {"\"aabb\"", "aabb", "*", "\"x\", \"aabb\"", " \"aabb\" ,\"y\"", "\"x\",*"}) {
        EXPECT_TRUE(check_read(if_match(value), object)) << value;
    }
}

TEST(ReadConditions, if_match_fails_on_others_and_on_weak_tags) {
    for (const std::string value : {"\"x\"", "W/\"aabb\"", "", "\"aab\"", "\"aabb", ","}) {
        const auto checked = check_read(if_match(value), object);
        EXPECT_EQ(reason_of(checked), "precondition_failed") << value;
        EXPECT_EQ(detail_of(checked, "Condition"), "If-Match");
    }
}

TEST(ReadConditions, if_none_match_answers_not_modified_with_the_validators) {
    for (const std::string value : {"\"aabb\"", "W/\"aabb\"", "*", "\"x\",W/\"aabb\""}) {
        const auto checked = check_read(if_none_match(value), object);
        EXPECT_EQ(reason_of(checked), "not_modified") << value;
        EXPECT_EQ(detail_of(checked, "ETag"), "aabb");
        EXPECT_EQ(detail_of(checked, "Last-Modified"), "Mon, 12 Jan 1970 13:46:40 GMT");
    }
    EXPECT_TRUE(check_read(if_none_match("\"x\""), object));
}

TEST(ReadConditions, dates_compare_in_whole_seconds) {
    schema::Conditions conditions;
    conditions.if_modified_since = from_seconds(1'000'000);
    EXPECT_EQ(reason_of(check_read(conditions, object)), "not_modified");
    conditions.if_modified_since = from_seconds(999'999);
    EXPECT_TRUE(check_read(conditions, object));

    conditions = {};
    conditions.if_unmodified_since = from_seconds(1'000'000);
    EXPECT_TRUE(check_read(conditions, object));
    conditions.if_unmodified_since = from_seconds(999'999);
    const auto checked = check_read(conditions, object);
    EXPECT_EQ(reason_of(checked), "precondition_failed");
    EXPECT_EQ(detail_of(checked, "Condition"), "If-Unmodified-Since");
}

TEST(ReadConditions, a_date_is_not_asked_beside_a_tag) {
    auto conditions = if_match("\"aabb\"");
    conditions.if_unmodified_since = from_seconds(1);
    EXPECT_TRUE(check_read(conditions, object));

    conditions = if_none_match("\"x\"");
    conditions.if_modified_since = from_seconds(2'000'000);
    EXPECT_TRUE(check_read(conditions, object));
}

TEST(ReadConditions, a_failed_if_match_wins_over_not_modified) {
    auto conditions = if_match("\"x\"");
    conditions.if_none_match = "\"aabb\"";
    EXPECT_EQ(reason_of(check_read(conditions, object)), "precondition_failed");
}

TEST(ReplaceConditions, if_none_match_star_fails_where_an_object_is) {
    EXPECT_TRUE(check_replace(if_none_match("*"), std::nullopt));
    const auto checked = check_replace(if_none_match("*"), object);
    EXPECT_EQ(reason_of(checked), "precondition_failed");
    EXPECT_EQ(detail_of(checked, "Condition"), "If-None-Match");
}

TEST(ReplaceConditions, if_match_needs_the_object) {
    EXPECT_EQ(reason_of(check_replace(if_match("\"aabb\""), std::nullopt)), "no_such_key");
    EXPECT_TRUE(check_replace(if_match("\"aabb\""), object));
    EXPECT_EQ(reason_of(check_replace(if_match("\"x\""), object)), "precondition_failed");
}

TEST(RemoveConditions, if_match_is_asked) {
    EXPECT_TRUE(check_remove(if_match("*"), object));
    EXPECT_EQ(reason_of(check_remove(if_match("\"x\""), object)), "precondition_failed");
}

schema::ByteRange range(std::optional<std::uint64_t> first, std::optional<std::uint64_t> last) {
    return {.first = first, .last = last};
}

TEST(Ranges, resolve_against_the_size) {
    EXPECT_EQ(*resolve({}, 10), (Span{0, 10, false}));
    EXPECT_EQ(*resolve(range(0, 0), 10), (Span{0, 1, true}));
    EXPECT_EQ(*resolve(range(2, 5), 10), (Span{2, 4, true}));
    EXPECT_EQ(*resolve(range(2, {}), 10), (Span{2, 8, true}));
    EXPECT_EQ(*resolve(range(2, 99), 10), (Span{2, 8, true}));
    EXPECT_EQ(*resolve(range(0, ~0ULL), 10), (Span{0, 10, true}));
}

TEST(Ranges, a_suffix_is_the_last_bytes) {
    EXPECT_EQ(*resolve(range({}, 3), 10), (Span{7, 3, true}));
    EXPECT_EQ(*resolve(range({}, 99), 10), (Span{0, 10, true}));
}

TEST(Ranges, outside_the_object_is_invalid) {
    for (const auto& [asked, size] :
         std::vector<std::pair<schema::ByteRange, std::uint64_t>>{{range(10, {}), 10},
                                                                  {range(99, 100), 10},
                                                                  {range({}, 0), 10},
                                                                  {range(0, 0), 0},
                                                                  {range({}, 5), 0}}) {
        EXPECT_EQ(reason_of(resolve(asked, size)), "invalid_range");
    }
    const auto refused = resolve(range(10, 12), 10);
    EXPECT_EQ(detail_of(refused, "RangeRequested"), "bytes=10-12");
    EXPECT_EQ(detail_of(refused, "ActualObjectSize"), "10");
}

TEST(Ranges, what_is_no_range_is_ignored) {
    EXPECT_EQ(*resolve(range(5, 2), 10), (Span{0, 10, false}));
    EXPECT_EQ(*resolve(range({}, {}), 10), (Span{0, 10, false}));
}

}  // namespace
}  // namespace onput::storage
