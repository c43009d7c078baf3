#include "common/pattern/event_filter.hpp"

#include <gtest/gtest.h>

namespace onput::pattern {
namespace {

using Part = std::optional<std::string>;

EventFilter filter(const std::string& event, const Part& prefix = {}, const Part& suffix = {}) {
    return EventFilter::make({.events = {event}, .prefix = prefix, .suffix = suffix}).value();
}

TEST(EventFilter, a_family_matches_each_of_its_members_and_nothing_else) {
    const EventFilter created = filter("s3:ObjectCreated:*");
    EXPECT_TRUE(created.matches("ObjectCreated:Put", "a"));
    EXPECT_TRUE(created.matches("s3:ObjectCreated:CompleteMultipartUpload", "a"));
    EXPECT_FALSE(created.matches("ObjectRemoved:Delete", "a"));
    EXPECT_FALSE(created.matches("ObjectCreated:*", "a"));
    EXPECT_FALSE(created.matches("", "a"));
}

TEST(EventFilter, several_events_match_any_of_them) {
    const auto both =
        EventFilter::make({.events = {"s3:ObjectTagging:Put", "s3:ObjectAcl:Put"}}).value();
    EXPECT_TRUE(both.matches("ObjectTagging:Put", "a"));
    EXPECT_TRUE(both.matches("ObjectAcl:Put", "a"));
    EXPECT_FALSE(both.matches("ObjectTagging:Delete", "a"));
}

TEST(EventFilter, prefix_and_suffix_must_both_hold) {
    const EventFilter images = filter("s3:ObjectCreated:*", "images/", ".jpg");
    EXPECT_TRUE(images.matches("ObjectCreated:Put", "images/a.jpg"));
    EXPECT_FALSE(images.matches("ObjectCreated:Put", "images/a.png"));
    EXPECT_FALSE(images.matches("ObjectCreated:Put", "other/a.jpg"));
    EXPECT_FALSE(images.matches("ObjectCreated:Put", "images/a.JPG"));
}

TEST(EventFilter, prefix_and_suffix_may_share_bytes_of_the_key) {
    EXPECT_TRUE(filter("s3:ObjectCreated:*", "ab", "bc").matches("ObjectCreated:Put", "abc"));
}

TEST(EventFilter, filter_values_are_compared_decoded) {
    EXPECT_TRUE(
        filter("s3:ObjectCreated:*", "my+photos/").matches("ObjectCreated:Put", "my photos/1"));
    EXPECT_TRUE(
        filter("s3:ObjectCreated:*", "my%20photos/").matches("ObjectCreated:Put", "my photos/1"));
    EXPECT_TRUE(filter("s3:ObjectCreated:*", {}, "%2B.txt").matches("ObjectCreated:Put", "c+.txt"));
    EXPECT_FALSE(filter("s3:ObjectCreated:*", "a+b").matches("ObjectCreated:Put", "a+b"));
}

TEST(EventFilter, a_value_that_cannot_be_decoded_is_taken_literally) {
    EXPECT_TRUE(filter("s3:ObjectCreated:*", "100%/").matches("ObjectCreated:Put", "100%/a"));
    EXPECT_TRUE(filter("s3:ObjectCreated:*", "a+%zz").matches("ObjectCreated:Put", "a+%zz"));
}

TEST(EventFilter, the_spec_is_kept_as_written) {
    const FilterSpec spec{
        .events = {"s3:ObjectCreated:*", "s3:ObjectCreated:Put"}, .prefix = "a+b%20", .suffix = ""};
    EXPECT_EQ(EventFilter::make(spec).value().spec(), spec);
}

TEST(EventFilter, a_value_of_1024_bytes_is_the_longest) {
    FilterSpec spec{.events = {"s3:ObjectCreated:*"}, .prefix = std::string(1024, 'a')};
    EXPECT_TRUE(EventFilter::make(spec));
    spec.suffix = std::string(1025, 'a');
    const auto refused = EventFilter::make(spec);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().reason, "filter_value_too_long");
    EXPECT_EQ(refused.error().message,
              "Size of filter rule value cannot exceed 1024 bytes in UTF-8 representation");
}

TEST(EventFilter, no_events_and_too_many_events_are_refused) {
    EXPECT_EQ(EventFilter::make({}).error().reason, "no_events");
    FilterSpec spec{.events = std::vector<std::string>(64, "s3:ObjectCreated:*")};
    EXPECT_TRUE(EventFilter::make(spec));
    spec.events.emplace_back("s3:ObjectCreated:*");
    EXPECT_EQ(EventFilter::make(spec).error().reason, "too_many_events");
}

TEST(EventFilter, one_unknown_event_refuses_the_filter) {
    const auto refused =
        EventFilter::make({.events = {"s3:ObjectCreated:*", "s3:ObjectCreated:Append"}});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().reason, "unsupported_event");
}

TEST(EventFilter, explain_names_each_part_that_does_not_match) {
    const EventFilter images = filter("s3:ObjectCreated:*", "my+images/", ".jpg");
    EXPECT_EQ(images.explain("ObjectCreated:Put", "my images/a.jpg"), "matches");
    EXPECT_EQ(images.explain("ObjectCreated:Put", "my images/a.png"),
              "the key does not end with suffix \".jpg\"");
    EXPECT_EQ(images.explain("ObjectRemoved:Delete", "x"),
              "event ObjectRemoved:Delete is not among s3:ObjectCreated:*; "
              "the key does not start with prefix \"my images/\"; "
              "the key does not end with suffix \".jpg\"");
    EXPECT_EQ(images.explain("Nonsense", "my images/a.jpg"), "there is no event Nonsense");
}

TEST(EventFilterOverlap, filters_without_a_common_event_never_overlap) {
    EXPECT_FALSE(overlaps(filter("s3:ObjectCreated:Put"), filter("s3:ObjectCreated:Post")));
}

TEST(EventFilterOverlap, a_family_overlaps_its_member) {
    EXPECT_TRUE(overlaps(filter("s3:ObjectCreated:*"), filter("s3:ObjectCreated:Put")));
}

TEST(EventFilterOverlap, prefixes_of_which_one_starts_with_the_other_overlap) {
    EXPECT_TRUE(overlaps(filter("s3:ObjectCreated:*", "a/"), filter("s3:ObjectCreated:*", "a/b")));
    EXPECT_TRUE(overlaps(filter("s3:ObjectCreated:*", "a/b"), filter("s3:ObjectCreated:*", "a/")));
    EXPECT_FALSE(overlaps(filter("s3:ObjectCreated:*", "a/"), filter("s3:ObjectCreated:*", "b/")));
}

TEST(EventFilterOverlap, a_missing_part_overlaps_every_value) {
    EXPECT_TRUE(overlaps(filter("s3:ObjectCreated:*"), filter("s3:ObjectCreated:*", "a/", ".b")));
}

TEST(EventFilterOverlap, disjoint_suffixes_separate_equal_prefixes) {
    EXPECT_FALSE(overlaps(filter("s3:ObjectCreated:*", "a/", ".jpg"),
                          filter("s3:ObjectCreated:*", "a/", ".png")));
    EXPECT_TRUE(overlaps(filter("s3:ObjectCreated:*", "a/", ".jpg"),
                         filter("s3:ObjectCreated:*", "a/", "x.jpg")));
}

TEST(EventFilterOverlap, two_spellings_of_one_prefix_overlap) {
    EXPECT_TRUE(
        overlaps(filter("s3:ObjectCreated:*", "a+b"), filter("s3:ObjectCreated:*", "a%20b")));
}

}  // namespace
}  // namespace onput::pattern
