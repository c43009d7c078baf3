#include "services/storage/lifecycle/rules.hpp"

#include <chrono>

#include <gtest/gtest.h>

namespace onput::storage {
namespace {

using namespace std::chrono_literals;
using Kind = LifecycleDecision::Kind;

// 15 January 2030, 10:30.
const Timestamp made = std::chrono::sys_days(std::chrono::year(2030) / 1 / 15) + 10h + 30min;
const Timestamp day_19 = std::chrono::sys_days(std::chrono::year(2030) / 1 / 19);

ObjectRecord object(std::uint64_t size = 1'000'000) {
    ObjectRecord record;
    record.size_bytes = size;
    record.last_modified = made;
    return record;
}

ObjectRecord marker() {
    ObjectRecord record;
    record.last_modified = made;
    record.is_delete_marker = true;
    return record;
}

schema::LifecycleRule rule() {
    return {.id = "r", .is_enabled = true};
}

schema::LifecycleConfiguration only(schema::LifecycleRule one) {
    return {.rules = {std::move(one)}};
}

schema::LifecycleRule expiring(std::uint32_t days) {
    auto one = rule();
    one.expiration = {.days = days};
    return one;
}

VersionFacts current(const ObjectRecord& record, std::string_view key = "a/b") {
    return {.key = key, .record = record, .is_newest = true, .is_alone = true};
}

VersionFacts noncurrent(const ObjectRecord& record, std::uint32_t newer = 0) {
    return {.key = "a/b", .record = record, .noncurrent_since = made, .newer_noncurrent = newer};
}

TEST(LifecycleRules, days_end_at_the_next_midnight) {
    EXPECT_EQ(end_of_days(made, 3), day_19);
    EXPECT_EQ(end_of_days(day_19 - 24h, 1), day_19);
    const auto rules = only(expiring(3));
    const auto record = object();
    EXPECT_EQ(decide(rules, current(record), day_19 - 1us).kind, Kind::none);
    EXPECT_EQ(decide(rules, current(record), day_19).kind, Kind::expire);
}

TEST(LifecycleRules, a_day_of_another_length_ends_at_a_multiple_of_it) {
    const Timestamp second = from_seconds(1'000'000);
    EXPECT_EQ(end_of_days(second, 2, 1s), second + 2s);
    EXPECT_EQ(end_of_days(second + 1us, 2, 1s), second + 3s);
}

TEST(LifecycleRules, days_without_end_are_a_time_that_can_be_written) {
    const Timestamp end = end_of_days(made, 2'147'483'647);
    EXPECT_GT(end, made + std::chrono::years(7000));
    EXPECT_LT(end, std::chrono::sys_days(std::chrono::year(9999) / 12 / 31));
}

TEST(LifecycleRules, an_age_counts_from_the_later_of_two_clocks) {
    auto record = object();
    record.last_modified = from_seconds(0);
    record.aged_from = made;
    EXPECT_EQ(decide(only(expiring(3)), current(record), day_19 - 1us).kind, Kind::none);
}

TEST(LifecycleRules, a_date_that_has_come_is_due_and_a_disabled_rule_is_not) {
    auto one = rule();
    one.expiration = {.date = day_19};
    const auto record = object();
    EXPECT_EQ(decide(only(one), current(record), day_19 - 1us).kind, Kind::none);
    EXPECT_EQ(decide(only(one), current(record), day_19).kind, Kind::expire);
    one.is_enabled = false;
    EXPECT_EQ(decide(only(one), current(record), day_19).kind, Kind::none);
}

TEST(LifecycleRules, every_condition_of_a_filter_must_hold) {
    auto one = expiring(1);
    one.filter = {.prefix = "a/",
                  .tags = {{.key = "k", .value = "v"}},
                  .size_greater_than = 10,
                  .size_less_than = 20};
    const auto is_due = [&one](const ObjectRecord& record, std::string_view key) {
        return decide(only(one), current(record, key), day_19).kind == Kind::expire;
    };
    auto record = object(15);
    EXPECT_FALSE(is_due(record, "a/b"));
    record.tags = {{.key = "other", .value = ""}, {.key = "k", .value = "v"}};
    EXPECT_TRUE(is_due(record, "a/b"));
    EXPECT_FALSE(is_due(record, "b"));
    for (const std::uint64_t outside : {10U, 20U}) {
        record.size_bytes = outside;
        EXPECT_FALSE(is_due(record, "a/b"));
    }
}

TEST(LifecycleRules, a_lone_marker_goes_and_one_over_versions_stays) {
    auto one = rule();
    one.expiration = {.expired_object_delete_marker = true};
    const auto record = marker();
    EXPECT_EQ(decide(only(one), current(record), made).kind, Kind::remove);
    auto facts = current(record);
    facts.is_alone = false;
    EXPECT_EQ(decide(only(one), facts, made).kind, Kind::none);
    EXPECT_EQ(decide(only(expiring(3)), current(record), day_19 - 1us).kind, Kind::none);
    EXPECT_EQ(decide(only(expiring(3)), current(record), day_19).kind, Kind::remove);
    const auto alive = object();
    EXPECT_EQ(decide(only(one), current(alive), day_19).kind, Kind::none);
}

TEST(LifecycleRules, noncurrent_versions_go_after_their_days_but_for_the_newest_of_them) {
    auto one = rule();
    one.noncurrent_expiration = {.days = 3, .newer_versions = 2};
    const auto record = object();
    EXPECT_EQ(decide(only(one), noncurrent(record, 1), day_19).kind, Kind::none);
    EXPECT_EQ(decide(only(one), noncurrent(record, 2), day_19 - 1us).kind, Kind::none);
    EXPECT_EQ(decide(only(one), noncurrent(record, 2), day_19).kind, Kind::remove);
    EXPECT_EQ(decide(only(one), current(record), day_19).kind, Kind::none);
    EXPECT_EQ(decide(only(expiring(1)), noncurrent(record), day_19).kind, Kind::none);
}

TEST(LifecycleRules, transitions_go_down_to_the_coldest_class_that_is_due) {
    auto one = rule();
    one.transitions = {{.days = 1, .storage_class = "GLACIER"},
                       {.days = 3, .storage_class = "DEEP_ARCHIVE"}};
    auto record = object();
    EXPECT_EQ(decide(only(one), current(record), day_19 - 1us),
              (LifecycleDecision{.kind = Kind::transition, .storage_class = "GLACIER"}));
    EXPECT_EQ(decide(only(one), current(record), day_19).storage_class, "DEEP_ARCHIVE");
    record.storage_class = "DEEP_ARCHIVE";
    EXPECT_EQ(decide(only(one), current(record), day_19).kind, Kind::none);
    one.expiration = {.days = 2};
    EXPECT_EQ(decide(only(one), current(record), day_19).kind, Kind::expire);
}

TEST(LifecycleRules, small_objects_do_not_move_unless_a_rule_names_sizes) {
    auto one = rule();
    one.transitions = {{.days = 0, .storage_class = "GLACIER"}};
    auto rules = only(one);
    const auto record = object(schema::transition_bytes_min - 1);
    EXPECT_EQ(decide(rules, current(record), day_19).kind, Kind::none);
    rules.transition_minimum_size = schema::TransitionMinimumSize::varies_by_storage_class;
    EXPECT_EQ(decide(rules, current(record), day_19).kind, Kind::transition);
    rules.rules[0].transitions[0].storage_class = "GLACIER_IR";
    EXPECT_EQ(decide(rules, current(record), day_19).kind, Kind::none);
    rules.rules[0].filter.size_greater_than = 0;
    EXPECT_EQ(decide(rules, current(record), day_19).kind, Kind::transition);
}

TEST(LifecycleRules, what_is_shown_is_the_soonest_end) {
    auto later = expiring(9);
    later.id = "later";
    const schema::LifecycleConfiguration rules{.rules = {later, expiring(3)}};
    EXPECT_EQ(expiration_of(rules, "k", object()),
              (schema::ScheduledAction{.at = day_19, .rule_id = "r"}));
    EXPECT_FALSE(expiration_of({}, "k", object()));
    auto abort = rule();
    abort.filter.prefix = "a/";
    abort.abort_uploads_days = 3;
    EXPECT_EQ(abort_of(only(abort), "a/b", made),
              (schema::ScheduledAction{.at = day_19, .rule_id = "r"}));
    EXPECT_FALSE(abort_of(only(abort), "b", made));
}

}  // namespace
}  // namespace onput::storage
