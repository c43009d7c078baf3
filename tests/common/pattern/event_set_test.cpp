#include "common/pattern/event_set.hpp"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace onput::pattern {
namespace {

TEST(EventSet, there_are_thirty_names_and_none_twice) {
    std::set<std::string_view> names;
    for (const EventName& row : configurable_events()) names.insert(row.name);
    EXPECT_EQ(names.size(), 30U);
    EXPECT_EQ(configurable_events().size(), 30U);
}

TEST(EventSet, a_family_is_exactly_the_set_of_its_members) {
    for (const EventName& family : configurable_events()) {
        if (!family.name.ends_with(":*")) continue;
        const std::string_view stem = family.name.substr(0, family.name.size() - 1);
        EventSet members;
        for (const EventName& row : configurable_events()) {
            if (row.name.starts_with(stem) && row.name != family.name) members |= row.events;
        }
        EXPECT_EQ(members, family.events) << family.name;
        EXPECT_GE(members.size(), 2U) << family.name;
    }
}

TEST(EventSet, every_single_event_has_its_own_bit) {
    EventSet seen;
    std::size_t singles = 0;
    for (const EventName& row : configurable_events()) {
        if (row.name.ends_with(":*")) continue;
        EXPECT_EQ(row.events.size(), 1U) << row.name;
        EXPECT_FALSE(seen.intersects(row.events)) << row.name;
        seen |= row.events;
        ++singles;
    }
    EXPECT_EQ(singles, 23U);
    EXPECT_EQ(seen.size(), 23U);
}

TEST(EventSet, every_name_in_the_table_can_be_configured) {
    for (const EventName& row : configurable_events()) {
        const auto events = parse_configured_event("s3:" + std::string(row.name));
        ASSERT_TRUE(events) << row.name;
        EXPECT_EQ(*events, row.events);
    }
}

TEST(EventSet, what_never_happens_is_refused_in_a_new_configuration) {
    for (const char* name : {"s3:ReducedRedundancyLostObject", "s3:IntelligentTiering",
                             "s3:ObjectAnnotation:*", "s3:ObjectAnnotation:Put"}) {
        EXPECT_TRUE(parse_configured_event(name)) << name;
        const auto refused = parse_new_event(name);
        ASSERT_FALSE(refused) << name;
        EXPECT_EQ(refused.error().message, "A specified event is not supported for notifications.");
    }
    for (const char* name :
         {"s3:LifecycleTransition", "s3:LifecycleExpiration:*", "s3:LifecycleExpiration:Delete",
          "s3:ObjectRestore:*", "s3:ObjectRestore:Completed", "s3:ObjectAcl:Put",
          "s3:ObjectTagging:*", "s3:ObjectCreated:*", "s3:ObjectRemoved:DeleteMarkerCreated",
          "s3:Replication:*", "s3:Replication:OperationNotTracked"}) {
        EXPECT_TRUE(parse_new_event(name)) << name;
    }
}

TEST(EventSet, a_configuration_must_write_the_service_prefix) {
    const auto events = parse_configured_event("ObjectCreated:Put");
    ASSERT_FALSE(events);
    EXPECT_EQ(events.error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(events.error().reason, "unsupported_event");
    EXPECT_EQ(events.error().message, "A specified event is not supported for notifications.");
}

TEST(EventSet, names_that_s3_does_not_know_are_refused) {
    for (const char* name :
         {"s3:*", "s3:TestEvent", "s3:ObjectCreated", "s3:ObjectCreated:", "s3:objectcreated:put",
          "s3:ObjectAcl:*", "s3:", "", "*", "s3:ObjectCreated:Put ", "s3:s3:ObjectCreated:Put"}) {
        EXPECT_FALSE(parse_configured_event(name)) << name;
    }
}

TEST(EventSet, a_record_may_write_the_service_prefix_or_leave_it_out) {
    ASSERT_TRUE(parse_occurred_event("ObjectRemoved:Delete"));
    EXPECT_EQ(*parse_occurred_event("ObjectRemoved:Delete"),
              *parse_occurred_event("s3:ObjectRemoved:Delete"));
}

TEST(EventSet, a_family_never_happens) {
    EXPECT_FALSE(parse_occurred_event("ObjectCreated:*"));
    EXPECT_FALSE(parse_occurred_event("s3:ObjectCreated:*"));
}

TEST(EventSet, a_refused_name_is_echoed_cut_to_128_bytes) {
    const auto events = parse_configured_event(std::string(5000, 'x'));
    ASSERT_FALSE(events);
    ASSERT_EQ(events.error().details.size(), 2U);
    EXPECT_EQ(events.error().details[1].second, std::string(128, 'x'));
}

}  // namespace
}  // namespace onput::pattern
