// Scheduler's schedules and their groups, on the whole core.
#include "tests/services/notifier/schedules/schedules_harness.hpp"

namespace onput::notifier {
namespace {

TEST_F(SchedulesTest, a_schedule_sends_its_input_with_the_values_of_its_variables) {
    auto put = schedule("at(2027-01-15T08:01:00)");
    put.schedule.target.input =
        "<aws.scheduler.scheduled-time> of <aws.scheduler.schedule-arn>, <b>";
    create(put);
    const auto items = run(1min);
    ASSERT_EQ(items.size(), 1u);
    EXPECT_EQ(last_service, "scheduler.amazonaws.com");
    EXPECT_EQ(items[0].body, "2027-01-15T08:01:00Z of " + schedules + "default/s, <b>");
    EXPECT_EQ(items[0].source_arn, schedules + "default/s");
    EXPECT_TRUE(run(1h, 10s).empty());
    EXPECT_EQ(count_schedules(), 1u);
}

TEST_F(SchedulesTest, a_schedule_without_an_input_sends_schedulers_event) {
    create(schedule("rate(1 minute)"));
    const auto items = run(1s);
    ASSERT_EQ(items.size(), 1u);
    for (const char* part : {R"("source":"aws.scheduler")", R"("detail-type":"Scheduled Event")",
                             R"("detail":"{}")"}) {
        EXPECT_TRUE(items[0].body.contains(part)) << items[0].body;
    }
}

TEST_F(SchedulesTest, one_moment_that_passed_while_the_process_was_down_is_made_up_for) {
    create(schedule("at(2027-01-15T09:00:00)"));
    now += 20h;
    crash();
    EXPECT_EQ(run(1s).size(), 1u);
    crash();
    EXPECT_TRUE(run(1min).empty());
}

TEST_F(SchedulesTest, one_moment_that_is_older_than_its_events_may_be_is_not) {
    auto put = schedule("at(2027-01-15T09:00:00)");
    put.schedule.target.age_seconds_max = 3600;
    create(put);
    now += 20h;
    crash();
    EXPECT_TRUE(run(1min).empty());
}

TEST_F(SchedulesTest, a_schedule_that_is_over_goes_when_its_target_has_what_it_is_owed) {
    auto put = schedule("at(2027-01-15T08:01:00)");
    put.schedule.is_deleted_after = true;
    create(put);
    pass(1min);
    sync();
    const auto deliveries = due();
    ASSERT_EQ(deliveries.size(), 1u);
    pass(5s);
    EXPECT_EQ(count_schedules(), 1u);
    crash();  // The answer is lost.
    EXPECT_EQ(run(1s).size(), 1u);
    run(3s);
    EXPECT_EQ(count_schedules(), 0u);
    sync();
    crash();
    EXPECT_EQ(count_schedules(), 0u);
}

TEST_F(SchedulesTest, a_schedule_may_start_and_end) {
    auto put = schedule("rate(1 minute)");
    put.schedule.start = now + 10min;
    put.schedule.end = now + 12min;
    put.schedule.is_deleted_after = true;
    create(put);
    EXPECT_TRUE(run(9min + 59s).empty());
    EXPECT_EQ(run(10min).size(), 3u);
    EXPECT_EQ(count_schedules(), 0u);
}

TEST_F(SchedulesTest, a_schedule_puts_an_event_on_a_bus) {
    ASSERT_TRUE(apply(schema::CreateBus{.name = "own"}));
    ASSERT_TRUE(
        apply(schema::PutRule{.bus = "own", .name = "r", .pattern = R"({"source":["me"]})"}));
    ASSERT_TRUE(apply(
        schema::PutTargets{.bus = "own", .rule = "r", .targets = {{.id = "t", .arn = queue_b}}}));
    auto put = schedule("rate(1 minute)", bus_arn + "own");
    put.schedule.target.source = "me";
    put.schedule.target.detail_type = "Tick";
    put.schedule.target.input = R"({"at":"<aws.scheduler.scheduled-time>"})";
    create(put);
    const auto items = run(1s);
    ASSERT_EQ(items.size(), 1u);
    EXPECT_TRUE(items[0].body.contains(R"("detail":{"at":"2027-01-15T08:00:00Z"})"))
        << items[0].body;
    EXPECT_TRUE(items[0].body.contains(R"("detail-type":"Tick")"));
}

TEST_F(SchedulesTest, what_its_target_refuses_goes_to_its_dead_letter_queue_as_it_was) {
    auto put = schedule("at(2027-01-15T08:01:00)");
    put.schedule.target.input = "x";
    put.schedule.target.dead_letter_arn = queue_dead;
    put.schedule.is_deleted_after = true;
    create(put);
    pass(1min);
    sync();
    for (const auto& delivery : due()) {
        const auto& item = delivery.message.items[0];
        answer(delivery, schema::Delivered{.through = item.number,
                                           .refused = {{.id = item.event_id,
                                                        .error_reason = "AccessDenied",
                                                        .error_message = "denied"}}});
    }
    sync();
    const auto items = run(1s);
    ASSERT_EQ(items.size(), 1u);
    EXPECT_EQ(items[0].body, "x");
    EXPECT_EQ(items[0].attributes.at("SCHEDULE_ARN").value, schedules + "default/s");
    EXPECT_EQ(items[0].attributes.at("ERROR_CODE").value, "NO_PERMISSIONS");
    run(3s);
    EXPECT_EQ(count_schedules(), 0u);
}

TEST_F(SchedulesTest, a_schedule_is_made_once_and_changed_as_a_whole) {
    auto put = schedule("rate(1 hour)");
    put.schedule.client_token = "token";
    put.schedule.description = "first";
    create(put);
    EXPECT_TRUE(apply(put));  // The same request again.
    put.schedule.client_token = "another";
    EXPECT_EQ(refusal(put), "ConflictException: Schedule s already exists.");
    put.is_new = false;
    put.schedule.description.clear();
    put.schedule.target.arn = queue_b;
    create(put);
    const auto held = core->schedules().get({.name = "s"}, owner());
    ASSERT_TRUE(held);
    EXPECT_EQ(held->description, "");
    EXPECT_EQ(held->target.arn, queue_b);
    put.schedule.name = "missing";
    EXPECT_EQ(refusal(put), "ResourceNotFoundException: Schedule missing does not exist.");
}

TEST_F(SchedulesTest, a_change_of_the_target_alone_does_not_begin_anew) {
    create(schedule("rate(1 minute)"));
    EXPECT_EQ(run(1s).size(), 1u);
    auto put = schedule("rate(1 minute)", queue_b);
    put.is_new = false;
    create(put);
    EXPECT_TRUE(run(58s).empty());
    EXPECT_EQ(run(1s).size(), 1u);
}

TEST_F(SchedulesTest, what_a_schedule_may_not_say_is_refused) {
    const auto refused = [this](auto change) {
        auto put = schedule("rate(1 minute)");
        change(put.schedule);
        return refusal(put);
    };
    EXPECT_EQ(refused([](auto& s) { s.expression = "rate(5)"; }),
              "ValidationException: Invalid Schedule Expression rate(5).");
    EXPECT_EQ(refused([](auto& s) { s.time_zone = "Mars/Base"; }),
              "ValidationException: The time zone Mars/Base is not valid.");
    EXPECT_EQ(refused([](auto& s) { s.group = "missing"; }),
              "ResourceNotFoundException: Schedule group missing does not exist.");
    EXPECT_EQ(refused([](auto& s) { s.window_minutes = 1441; }),
              "ValidationException: MaximumWindowInMinutes must be between 1 and 1440.");
    EXPECT_EQ(refused([this](auto& s) {
                  s.start = now;
                  s.end = now;
              }),
              "ValidationException: EndDate must be after StartDate.");
    EXPECT_TRUE(refused([](auto& s) {
                    s.target.arn = "arn:aws:ecs:x";
                }).starts_with("ValidationException: Provided Arn is not in correct format"));
    EXPECT_EQ(refused([](auto& s) { s.target.source = "x"; }),
              "ValidationException: Parameter EventBridgeParameters is only supported for "
              "EventBridge targets.");
    EXPECT_EQ(refused([](auto& s) { s.target.arn = bus_arn + "default"; }),
              "ValidationException: EventBridgeParameters is required for EventBridge targets.");
    EXPECT_EQ(refused([](auto& s) { s.target.retries_max = 186; }),
              "ValidationException: MaximumRetryAttempts must be less than or equal to 185.");
    EXPECT_EQ(refused([](auto& s) { s.target.age_seconds_max = 59; }),
              "ValidationException: MaximumEventAgeInSeconds must be between 60 and 86400.");
    EXPECT_EQ(refused([](auto& s) { s.target.input.assign(256 * 1024 + 1, 'x'); }),
              "ValidationException: Input for target is longer than 262144 bytes.");
    EXPECT_EQ(count_schedules(), 0u);
}

TEST_F(SchedulesTest, an_account_has_so_many_schedules_and_groups_and_no_more) {
    options.schedules.schedules_per_account_max = 1;
    options.schedules.groups_per_account_max = 1;
    restart_with(options);
    create(schedule("rate(1 minute)"));
    auto another = schedule("rate(1 minute)");
    another.schedule.name = "another";
    EXPECT_TRUE(refusal(another).starts_with("ServiceQuotaExceededException"));
    ASSERT_TRUE(apply(schema::CreateScheduleGroup{.name = "g"}));
    EXPECT_TRUE(refusal(schema::CreateScheduleGroup{.name = "h"})
                    .starts_with("ServiceQuotaExceededException"));
}

TEST_F(SchedulesTest, the_texts_of_an_account_have_a_bound_for_all_of_them_together) {
    options.schedules.text_bytes_per_account_max = 1000;
    restart_with(options);
    auto put = schedule("rate(1 minute)");
    put.schedule.target.input = '"' + std::string(600, 'x') + '"';
    create(put);
    auto another = put;
    another.schedule.name = "another";
    EXPECT_TRUE(refusal(another).starts_with("ServiceQuotaExceededException"));
    crash();
    EXPECT_TRUE(refusal(another).starts_with("ServiceQuotaExceededException"));
    put.is_new = false;
    put.schedule.target.input = "{}";
    create(put);
    create(another);
    ASSERT_TRUE(apply(schema::DeleteSchedule{.name = "another"}));
    create(another);
}

TEST_F(SchedulesTest, an_input_is_as_long_as_its_placeholders_make_it) {
    auto put = schedule("rate(1 minute)");
    for (int i = 0; i < 5'000; ++i) put.schedule.target.input += "<aws.scheduler.schedule-arn>";
    EXPECT_TRUE(refusal(put).contains("with its context attributes"));
    EXPECT_EQ(count_schedules(), 0u);
}

TEST_F(SchedulesTest, a_list_has_no_inputs) {
    auto put = schedule("rate(1 minute)");
    put.schedule.target.input = "\"long\"";
    create(put);
    const auto listed = core->schedules().list({}, owner()).value().schedules;
    ASSERT_EQ(listed.size(), 1u);
    EXPECT_EQ(listed[0].target.arn, queue_a);
    EXPECT_EQ(listed[0].target.input, "");
}

TEST_F(SchedulesTest, a_group_goes_with_its_schedules) {
    ASSERT_TRUE(apply(schema::CreateScheduleGroup{.name = "g", .tags = {{"k", "v"}}}));
    auto put = schedule("rate(1 minute)");
    put.schedule.group = "g";
    for (int i = 0; i < 250; ++i) {
        put.schedule.name = "s" + std::to_string(i);
        ASSERT_TRUE(apply(put));
    }
    ASSERT_TRUE(apply(schema::DeleteScheduleGroup{.name = "g"}));
    put.schedule.name = "late";
    EXPECT_EQ(refusal(put), "ConflictException: Schedule group g is being deleted.");
    EXPECT_TRUE(core->schedules().get_group({.name = "g"}, owner())->is_deleting);
    sync();
    crash();
    pass(2s);
    EXPECT_FALSE(core->schedules().get_group({.name = "g"}, owner()));
    EXPECT_EQ(count_schedules(), 0u);
    EXPECT_TRUE(core->schedules().get_group({.name = "default"}, owner()));
    EXPECT_EQ(refusal(schema::DeleteScheduleGroup{.name = "default"}),
              "ValidationException: The default schedule group cannot be deleted.");
}

TEST_F(SchedulesTest, groups_have_tags) {
    const std::string arn = "arn:aws:scheduler:us-east-1:000000000000:schedule-group/g";
    ASSERT_TRUE(apply(schema::CreateScheduleGroup{.name = "g", .tags = {{"a", "1"}, {"b", "2"}}}));
    ASSERT_TRUE(apply(schema::ChangeEventTags{.arn = arn, .set = {{"c", "3"}}, .removed = {"a"}}));
    sync();
    crash();
    EXPECT_EQ(core->event_tags({.arn = arn}, owner())->tags,
              (std::map<std::string, std::string>{{"b", "2"}, {"c", "3"}}));
    EXPECT_FALSE(core->event_tags({.arn = arn + "x"}, owner()));
}

TEST_F(SchedulesTest, schedules_are_listed_by_page) {
    for (const char* name : {"a", "b", "c"}) {
        auto put = schedule("rate(1 minute)");
        put.schedule.name = name;
        put.schedule.is_enabled = std::string(name) != "b";
        create(put);
    }
    const auto names = [this](const schema::ListSchedules& query) {
        std::string all;
        for (const auto& one : core->schedules().list(query, owner()).value().schedules) {
            all += one.name;
        }
        return all;
    };
    EXPECT_EQ(names({}), "abc");
    EXPECT_EQ(names({.prefix = "c"}), "c");
    EXPECT_EQ(names({.is_enabled = false}), "b");
    EXPECT_EQ(names({.group = "default"}), "abc");
    const auto page = core->schedules().list({.schedules_max = 2}, owner());
    ASSERT_TRUE(page);
    EXPECT_EQ(names({.after = page->next}), "c");
}

TEST_F(SchedulesTest, another_account_sees_nothing) {
    create(schedule("rate(1 minute)"));
    auto other = owner();
    other.principal.account = "111111111111";
    EXPECT_FALSE(core->schedules().get({.name = "s"}, other));
    EXPECT_TRUE(core->schedules().list({}, other)->schedules.empty());
}

TEST_F(SchedulesTest, a_zone_that_is_no_longer_there_keeps_its_schedule_waiting) {
    options.schedules.find_zone = [](std::string_view) { return Result<TimeZone>(TimeZone()); };
    restart_with(options);
    auto put = schedule("at(2027-01-15T08:10:00)");
    put.schedule.time_zone = "Europe/Vienna";
    create(put);
    const CoreOptions with_zone = options;
    options.schedules.find_zone = &find_utc;
    restart_with(options);
    EXPECT_TRUE(run(20min, 10s).empty());
    restart_with(with_zone);
    EXPECT_EQ(run(1s).size(), 1u);
}

TEST_F(SchedulesTest, a_schedule_whose_target_is_lost_with_damaged_rows_gets_it_anew) {
    create(schedule("at(2027-01-15T08:10:00)"));
    const auto keys =
        readable->scan_keys(std::string(partition), store::Range::of_prefix("p/"), 10);
    ASSERT_TRUE(keys);
    store::Batch damage{std::string(partition)};
    for (const auto& key : *keys) damage.remove(key);
    ASSERT_TRUE(store.commit(std::move(damage)));
    sync();
    crash();
    EXPECT_EQ(run(10min, 10s).size(), 1u);
}

}  // namespace
}  // namespace onput::notifier
