// What is due by rules, and by schedules beside them, on the whole core: what is owed when, and
// what survives.
#include <map>
#include <set>

#include "tests/services/notifier/schedules/schedules_harness.hpp"

namespace onput::notifier {
namespace {

TEST_F(SchedulesTest, a_rule_sends_its_event_when_it_is_due) {
    rule_every("rate(5 minutes)");
    EXPECT_TRUE(run(4min + 59s).empty());
    const auto items = run(1s);
    ASSERT_EQ(items.size(), 1u);
    EXPECT_EQ(last_service, "events.amazonaws.com");
    EXPECT_EQ(items[0].source_arn, rule_arn + "r");
    for (const char* part :
         {R"("source":"aws.events")", R"("detail-type":"Scheduled Event")", R"("detail":{})",
          R"("resources":["arn:aws:events:us-east-1:000000000000:rule/r"])",
          R"("time":"2027-01-15T08:05:00Z")"}) {
        EXPECT_TRUE(items[0].body.contains(part)) << items[0].body;
    }
}

TEST_F(SchedulesTest, only_the_targets_of_the_rule_get_its_event) {
    rule_every("rate(1 minute)");
    ASSERT_TRUE(apply(schema::PutRule{.name = "other", .pattern = R"({"source":["aws.events"]})"}));
    ASSERT_TRUE(
        apply(schema::PutTargets{.rule = "other", .targets = {{.id = "t", .arn = queue_b}}}));
    EXPECT_EQ(run(1min).size(), 1u);
}

TEST_F(SchedulesTest, a_due_time_is_taken_with_what_it_causes_or_not_at_all) {
    rule_every("rate(1 minute)");
    pass(1min);  // Committed, not synced.
    crash();
    // Neither the event nor that it was taken is left: it comes again.
    EXPECT_EQ(run(1s).size(), 1u);
    crash();
    EXPECT_TRUE(run(58s).empty());
    EXPECT_EQ(run(1s).size(), 1u);
}

TEST_F(SchedulesTest, what_was_due_while_the_process_was_down_is_passed_over) {
    rule_every("rate(1 hour)");
    now += 5h + 10min;
    crash();
    EXPECT_TRUE(run(49min, 10s).empty());
    EXPECT_EQ(run(1min, 10s).size(), 1u);
}

TEST_F(SchedulesTest, a_clock_that_jumps_makes_nothing_due_twice) {
    rule_every("rate(1 minute)");
    EXPECT_EQ(run(10min).size(), 10u);
    jump(-5min);
    EXPECT_TRUE(run(5min - 1s).empty());
    EXPECT_EQ(run(1min + 1s).size(), 1u);
    jump(24h);
    EXPECT_LE(run(1min).size(), 2u);
}

TEST_F(SchedulesTest, a_disabled_rule_is_not_due) {
    rule_every("rate(1 minute)");
    ASSERT_TRUE(apply(schema::SetRuleState{.name = "r", .is_enabled = false}));
    EXPECT_TRUE(run(5min).empty());
    crash();
    EXPECT_TRUE(run(5min).empty());
    ASSERT_TRUE(apply(schema::SetRuleState{.name = "r", .is_enabled = true}));
    EXPECT_EQ(run(5min).size(), 5u);
}

TEST_F(SchedulesTest, a_rule_that_says_the_same_anew_goes_on) {
    rule_every("rate(5 minutes)");
    run(4min);
    ASSERT_TRUE(apply(schema::PutRule{.name = "r", .expression = "rate(5 minutes)"}));
    EXPECT_EQ(run(1min).size(), 1u);
}

TEST_F(SchedulesTest, a_rule_that_is_gone_is_never_due) {
    rule_every("rate(1 minute)");
    ASSERT_TRUE(apply(schema::RemoveTargets{.rule = "r", .ids = {"t"}}));
    ASSERT_TRUE(apply(schema::DeleteRule{.name = "r"}));
    sync();
    EXPECT_TRUE(run(5min).empty());
    crash();
    EXPECT_TRUE(run(5min).empty());
}

TEST_F(SchedulesTest, expressions_are_refused_in_eventbridges_words) {
    EXPECT_EQ(refusal(schema::PutRule{.name = "r", .expression = "rate(5 minute)"}),
              "ValidationException: Parameter ScheduleExpression is not valid.");
    EXPECT_EQ(refusal(schema::PutRule{.name = "r", .expression = "at(2027-01-01T00:00:00)"}),
              "ValidationException: Parameter ScheduleExpression is not valid.");
    ASSERT_TRUE(apply(schema::CreateBus{.name = "own"}));
    EXPECT_EQ(refusal(schema::PutRule{.bus = "own", .name = "r", .expression = "rate(1 minute)"}),
              "ValidationException: ScheduleExpression is supported only on the default event "
              "bus.");
}

TEST_F(SchedulesTest, without_room_nothing_is_due) {
    rule_every("rate(1 minute)");
    options.free_bytes_min = 100;
    restart_with(options);
    ready().room().observe(10);
    EXPECT_TRUE(run(10min).empty());
    ready().room().observe(1000);
    // The last of those that waited is not a minute late.
    EXPECT_EQ(run(2min).size(), 3u);
}

// Random commands, crashes that forget what was not synced, and clocks that jump, by seeds: a
// due time never sends twice, and one that was durably taken is sent.
class SchedulesSeeds : public SchedulesTest, public testing::WithParamInterface<std::uint64_t> {};

TEST_P(SchedulesSeeds, no_due_time_sends_two_events) {
    Random random(GetParam());
    rule_every("rate(1 minute)");
    create(schedule("cron(0/3 * * * ? *)", queue_b));
    std::map<std::pair<std::string, std::string>, std::set<std::string>> ids;  // By due time.
    for (int i = 0; i < 300; ++i) {
        switch (random.below(10)) {
            case 0: crash(); break;
            case 1: jump(std::chrono::minutes(random.below(120))); break;
            case 2: jump(-std::chrono::minutes(random.below(120))); break;
            case 3: sync(); break;
            default: pass(std::chrono::seconds(random.below(50))); break;
        }
        for (const auto& delivery : due()) {
            for (const auto& item : delivery.message.items) {
                const auto at = item.body.find(R"("time":")");
                ids[{delivery.message.destination_arn, item.body.substr(at, 30)}].insert(
                    item.event_id);
            }
            if (random.below(4) != 0) accept(delivery);
        }
    }
    EXPECT_GT(ids.size(), 10u);
    for (const auto& [due_time, events] : ids) {
        EXPECT_EQ(events.size(), 1u) << "seed " << GetParam() << ": " << due_time.second;
    }
}

INSTANTIATE_TEST_SUITE_P(seeds, SchedulesSeeds, testing::Range<std::uint64_t>(1, 101));

}  // namespace
}  // namespace onput::notifier
