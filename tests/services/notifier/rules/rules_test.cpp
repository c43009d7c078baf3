// Buses, rules and targets on the whole core: who is owed what, and what becomes of it.
#include <algorithm>

#include "tests/services/notifier/harness.hpp"

namespace onput::notifier {
namespace {

using namespace std::chrono_literals;

const std::string bus_arn = "arn:aws:events:us-east-1:000000000000:event-bus/";
const std::string rule_arn = "arn:aws:events:us-east-1:000000000000:rule/";
const std::string queue_dead = "arn:aws:sqs:us-east-1:000000000000:dead";

class RulesTest : public NotifierTest {
protected:
    void put_rule(const std::string& name, const std::string& pattern,
                  const std::string& bus = {}) {
        ASSERT_TRUE(apply(schema::PutRule{.bus = bus, .name = name, .pattern = pattern}));
    }
    void put_target(const std::string& rule, schema::EventTarget target,
                    const std::string& bus = {}) {
        ASSERT_TRUE(
            apply(schema::PutTargets{.bus = bus, .rule = rule, .targets = {std::move(target)}}));
    }
    void rule_to(const std::string& arn, const std::string& pattern = R"({"source":["shop"]})") {
        put_rule("r", pattern);
        put_target("r", {.id = "t", .arn = arn});
    }
    static schema::EventEntry entry(const std::string& detail = "{}") {
        return {.source = "shop", .detail_type = "Order", .detail = detail};
    }
    schema::EventEntryResult put(const schema::EventEntry& one) {
        const auto answer = apply(schema::PutEvents{.entries = {one}});
        ONPUT_CHECK(answer.has_value() && answer->results.size() == 1);
        return answer->results[0];
    }
    void put_durably(const std::string& detail = "{}") {
        EXPECT_EQ(put(entry(detail)).code, "");
        sync();
    }
    template <typename M>
    std::string refusal(const M& request) {
        const auto answer = apply(request);
        EXPECT_FALSE(answer);
        return answer ? "" : answer.error().reason + ": " + answer.error().message;
    }
    // All that comes due at this moment, answered by `code`.
    std::size_t reject_all(ErrorCode code) {
        const auto deliveries = due();
        for (const auto& delivery : deliveries) reject(delivery, code);
        return deliveries.size();
    }
};

TEST_F(RulesTest, an_event_is_owed_to_the_targets_of_the_rules_that_it_matches) {
    rule_to(queue_a);
    put_rule("other", R"({"source":["elsewhere"]})");
    put_target("other", {.id = "t", .arn = queue_b});
    put_durably(R"({"n":1})");
    const auto deliveries = due();
    ASSERT_EQ(deliveries.size(), 1u);
    const auto& message = deliveries[0].message;
    EXPECT_EQ(message.destination_arn, queue_a);
    EXPECT_EQ(message.service, "events.amazonaws.com");
    EXPECT_EQ(message.source, core->epoch() + "/t1");
    ASSERT_EQ(message.items.size(), 1u);
    EXPECT_EQ(message.items[0].source_arn, rule_arn + "r");
    EXPECT_EQ(message.items[0].source_account, account);
    EXPECT_TRUE(message.items[0].body.contains(R"("detail":{"n":1})")) << message.items[0].body;
    accept(deliveries[0]);
    EXPECT_TRUE(due().empty());
    EXPECT_EQ(state_of(rule_arn + "r#t#1").owed, 0u);
}

TEST_F(RulesTest, what_is_owed_survives_a_crash) {
    rule_to(queue_a);
    put_durably();
    crash();
    auto deliveries = due();
    ASSERT_EQ(deliveries.size(), 1u);
    EXPECT_EQ(deliveries[0].message.items.size(), 1u);
    // Sent, not answered: sent again with the same number and id.
    const auto first = deliveries[0].message.items[0];
    crash();
    deliveries = due();
    ASSERT_EQ(deliveries.size(), 1u);
    EXPECT_EQ(deliveries[0].message.items[0].number, first.number);
    EXPECT_EQ(deliveries[0].message.items[0].message_id, first.message_id);
}

TEST_F(RulesTest, rules_and_targets_survive_a_crash) {
    ASSERT_TRUE(apply(schema::CreateBus{.name = "own", .tags = {{"k", "v"}}}));
    put_rule("r", R"({"source":["shop"]})", "own");
    put_target("r", {.id = "t", .arn = queue_a, .retries_max = 3}, "own");
    sync();
    crash();
    const auto rule = core->rules().describe_rule({.bus = "own", .name = "r"}, owner());
    ASSERT_TRUE(rule);
    EXPECT_EQ(rule->arn, rule_arn + "own/r");
    const auto targets = core->rules().list_targets({.bus = "own", .rule = "r"}, owner());
    ASSERT_TRUE(targets);
    ASSERT_EQ(targets->targets.size(), 1u);
    EXPECT_EQ(targets->targets[0].retries_max, 3u);
    auto one = entry();
    one.bus = "own";
    EXPECT_EQ(put(one).code, "");
    sync();
    EXPECT_EQ(deliver_all().size(), 1u);
}

TEST_F(RulesTest, an_event_of_one_bus_is_no_other_s) {
    ASSERT_TRUE(apply(schema::CreateBus{.name = "own"}));
    put_rule("r", R"({"source":["shop"]})", "own");
    put_target("r", {.id = "t", .arn = queue_a}, "own");
    put_durably();
    EXPECT_TRUE(due().empty());
}

TEST_F(RulesTest, a_disabled_rule_matches_nothing_until_it_is_enabled) {
    rule_to(queue_a);
    ASSERT_TRUE(apply(schema::SetRuleState{.name = "r", .is_enabled = false}));
    put_durably();
    EXPECT_TRUE(due().empty());
    ASSERT_TRUE(apply(schema::SetRuleState{.name = "r", .is_enabled = true}));
    put_durably();
    EXPECT_EQ(deliver_all().size(), 1u);
}

TEST_F(RulesTest, what_is_owed_to_a_removed_target_is_no_longer) {
    rule_to(queue_a);
    put_durably();
    ASSERT_TRUE(apply(schema::RemoveTargets{.rule = "r", .ids = {"t"}}));
    EXPECT_TRUE(due().empty());
    sync();
    crash();
    EXPECT_TRUE(due().empty());
    run_timers();
    EXPECT_EQ(state_of(rule_arn + "r#t#1").arn, "");
}

TEST_F(RulesTest, a_topic_gets_a_message_in_the_event_s_own_batch) {
    create_topic(
        "t", {{"Policy", R"({"Statement":[{"Effect":"Allow","Principal":{"Service":)"
                         R"("events.amazonaws.com"},"Action":"sns:Publish","Resource":"*"}]})"}});
    subscribe("sqs", queue_b);
    put_rule("r", R"({"source":["shop"]})");
    put_target("r", {.id = "t", .arn = topic_t, .input_path = "$.detail"});
    put_durably(R"({"n":1})");
    const auto messages = journaled<schema::TopicMessage>();
    ASSERT_EQ(messages.size(), 1u);
    EXPECT_EQ(messages[0].message, R"({"n":1})");
    EXPECT_EQ(messages[0].source_arn, rule_arn + "r");
    EXPECT_EQ(deliver_all().size(), 1u);
}

TEST_F(RulesTest, what_a_topic_does_not_take_goes_to_the_dead_letter_queue) {
    put_rule("r", R"({"source":["shop"]})");
    put_target("r", {.id = "t", .arn = topic_t, .dead_letter_arn = queue_dead});
    put_durably();
    const auto deliveries = due();
    ASSERT_EQ(deliveries.size(), 1u);
    EXPECT_EQ(deliveries[0].message.destination_arn, queue_dead);
    EXPECT_EQ(deliveries[0].message.items[0].attributes.at("ERROR_CODE").value, "NO_RESOURCE");
}

TEST_F(RulesTest, a_bus_gets_the_event_once_and_passes_it_to_no_third_one) {
    for (const auto* name : {"one", "two"}) ASSERT_TRUE(apply(schema::CreateBus{.name = name}));
    put_rule("r", R"({"source":["shop"]})");
    put_target("r", {.id = "t", .arn = bus_arn + "one"});
    for (const auto* name : {"one", "two"}) {
        put_rule("r", R"({"source":["shop"]})", name);
        put_target("r", {.id = "q", .arn = queue_a}, name);
    }
    put_target("r", {.id = "b", .arn = bus_arn + "two"}, "one");
    put_durably();
    const auto events = journaled<schema::BusEvent>();
    ASSERT_EQ(events.size(), 2u);
    EXPECT_EQ(events[1].bus_arn, bus_arn + "one");
    EXPECT_TRUE(events[1].is_forwarded);
    EXPECT_EQ(deliver_all().size(), 1u);
}

TEST_F(RulesTest, a_bus_whose_policy_denies_a_rule_gets_nothing_of_it) {
    ASSERT_TRUE(apply(schema::CreateBus{.name = "one"}));
    put_rule("r", R"({"source":["shop"]})");
    put_target("r", {.id = "t", .arn = bus_arn + "one", .dead_letter_arn = queue_dead});
    const auto deny = [&](const std::string& rule) {
        const std::string policy =
            R"({"Statement":{"Effect":"Deny","Principal":{"Service":"events.amazonaws.com"},)"
            R"("Action":"events:PutEvents","Resource":"*","Condition":{"ArnEquals":)"
            R"({"aws:SourceArn":")" +
            rule_arn + rule + R"("}}}})";
        ASSERT_TRUE(apply(schema::PutBusPermission{.bus = "one", .policy = policy}));
    };
    deny("other");
    put_durably();
    EXPECT_EQ(journaled<schema::BusEvent>().size(), 2u);
    EXPECT_TRUE(due().empty());
    deny("r");
    put_durably();
    EXPECT_EQ(journaled<schema::BusEvent>().size(), 3u);
    const auto dead = due();
    ASSERT_EQ(dead.size(), 1u);
    EXPECT_EQ(dead[0].message.destination_arn, queue_dead);
}

TEST_F(RulesTest, a_queue_that_refuses_sends_the_event_to_the_dead_letter_queue_with_the_reason) {
    put_rule("r", R"({"source":["shop"]})");
    put_target("r", {.id = "t", .arn = queue_a, .input = "1", .dead_letter_arn = queue_dead});
    put_durably(R"({"n":1})");
    const auto first = due();
    ASSERT_EQ(first.size(), 1u);
    EXPECT_EQ(first[0].message.items[0].body, "1");
    answer(first[0], schema::Delivered{.through = first[0].message.items[0].number,
                                       .refused = {{.id = first[0].message.items[0].event_id,
                                                    .error_reason = "AccessDenied",
                                                    .error_message = "denied"}}});
    sync();
    const auto dead = due();
    ASSERT_EQ(dead.size(), 1u);
    EXPECT_EQ(dead[0].message.destination_arn, queue_dead);
    EXPECT_EQ(dead[0].message.source, core->epoch() + "/t1/dlq");
    const auto& item = dead[0].message.items[0];
    EXPECT_TRUE(item.body.contains(R"("detail":{"n":1})")) << item.body;
    EXPECT_EQ(item.attributes.at("RULE_ARN").value, rule_arn + "r");
    EXPECT_EQ(item.attributes.at("TARGET_ARN").value, queue_a);
    EXPECT_EQ(item.attributes.at("ERROR_CODE").value, "NO_PERMISSIONS");
    EXPECT_EQ(item.attributes.at("ERROR_MESSAGE").value, "AccessDenied: denied");
    EXPECT_EQ(item.attributes.at("RETRY_ATTEMPTS").value, "0");
    EXPECT_FALSE(item.attributes.contains("EXHAUSTED_RETRY_CONDITION"));
    EXPECT_EQ(published.back().type, "events.DeliveryFailed");
    EXPECT_EQ(published.back().topic, "events.DeliveryFailed/r/sqs");
    accept(dead[0]);
    EXPECT_TRUE(due().empty());
}

TEST_F(RulesTest, a_queue_that_is_gone_is_not_tried_again) {
    rule_to(queue_a);
    put_durably();
    EXPECT_EQ(reject_all(ErrorCode::not_found), 1u);
    EXPECT_EQ(state_of(rule_arn + "r#t#1").owed, 0u);
    EXPECT_EQ(state_of(rule_arn + "r#t#1").undelivered, 1u);
}

TEST_F(RulesTest, retries_end_when_the_target_s_policy_says_so) {
    put_rule("r", R"({"source":["shop"]})");
    put_target("r", {.id = "t", .arn = queue_a, .dead_letter_arn = queue_dead, .retries_max = 2});
    put_durably();
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(reject_all(ErrorCode::unavailable), 1u) << i;
        pass(2min);
    }
    sync();
    const auto dead = due();
    ASSERT_EQ(dead.size(), 1u);
    EXPECT_EQ(dead[0].message.destination_arn, queue_dead);
    const auto& attributes = dead[0].message.items[0].attributes;
    EXPECT_EQ(attributes.at("EXHAUSTED_RETRY_CONDITION").value, "MaximumRetryAttempts");
    EXPECT_EQ(attributes.at("RETRY_ATTEMPTS").value, "2");
}

TEST_F(RulesTest, an_event_that_came_while_others_failed_has_retries_of_its_own) {
    put_rule("r", R"({"source":["shop"]})");
    put_target("r", {.id = "t", .arn = queue_a, .retries_max = 1});
    put_durably();
    EXPECT_EQ(reject_all(ErrorCode::unavailable), 1u);
    pass(2min);
    put_durably();
    EXPECT_EQ(reject_all(ErrorCode::unavailable), 1u);
    pass(2min);
    EXPECT_EQ(state_of(rule_arn + "r#t#1").undelivered, 1u);
    EXPECT_EQ(deliver_all().size(), 1u);
}

TEST_F(RulesTest, events_that_are_too_old_for_the_target_s_policy_are_given_up) {
    put_rule("r", R"({"source":["shop"]})");
    put_target("r",
               {.id = "t", .arn = queue_a, .dead_letter_arn = queue_dead, .age_seconds_max = 60});
    put_durably();
    EXPECT_EQ(reject_all(ErrorCode::unavailable), 1u);
    pass(61s);
    sync();
    const auto dead = due();
    ASSERT_EQ(dead.size(), 1u);
    EXPECT_EQ(dead[0].message.items[0].attributes.at("EXHAUSTED_RETRY_CONDITION").value,
              "MaximumEventAgeInSeconds");
}

TEST_F(RulesTest, an_object_s_event_reaches_the_default_bus_when_the_bucket_asked_for_it) {
    rule_to(queue_a, R"({"source":["aws.s3"],"detail":{"bucket":{"name":["b"]}}})");
    auto made = event({owe(queue_b), owe(bus_arn + "default", "")});
    made.key = "a b+c.jpg";
    made.size_bytes = 5;
    made.etag = "e";
    made.sequencer = "00AB";
    append(made);
    sync();
    std::string body;
    for (const auto& delivery : due()) {
        if (delivery.message.destination_arn == queue_a) body = delivery.message.items[0].body;
        accept(delivery);
    }
    EXPECT_TRUE(body.contains(R"("detail-type":"Object Created","source":"aws.s3")")) << body;
    EXPECT_TRUE(body.contains(R"("resources":["arn:aws:s3:::b"],"detail":{"version":"0",)"
                              R"("bucket":{"name":"b"},"object":{"key":"a b+c.jpg","size":5,)"
                              R"("etag":"e","sequencer":"00AB"},)"))
        << body;
    EXPECT_TRUE(body.contains(R"("reason":"PutObject")")) << body;
    EXPECT_TRUE(due().empty());
}

TEST_F(RulesTest, an_event_of_a_bus_in_an_outbox_is_journaled_as_one_that_cannot_be_taken) {
    const schema::BusEvent stray{.event_id = "e", .bus_arn = bus_arn + "default", .detail = "{}"};
    ASSERT_TRUE(try_append_bytes({++last_number}, {schema::encode(stray)}));
    const auto attempts = journaled<schema::DeliveryAttempt>();
    ASSERT_EQ(attempts.size(), 1u);
    EXPECT_EQ(attempts[0].protocol, "outbox");
}

TEST_F(RulesTest, an_event_of_a_function_s_end_goes_on_the_bus_of_its_account) {
    put_rule("r", R"({"source":["lambda"]})");
    put_target("r", {.id = "t", .arn = queue_a});
    schema::BusEvent told{.event_id = "0123456789abcdef0123456789abcdef",
                          .bus_arn = bus_arn + "default",
                          .account = account,
                          .source = "lambda",
                          .detail_type = "Lambda Function Invocation Result - Success",
                          .detail = R"({"version":"1.0"})",
                          .owed = {77},
                          .is_forwarded = true};
    ASSERT_TRUE(try_append_bytes({++last_number}, {schema::encode(told)}));
    told.event_id.back() = '0';
    told.detail = "[]";
    ASSERT_TRUE(try_append_bytes({++last_number}, {schema::encode(told)}));
    sync();
    const auto events = journaled<schema::BusEvent>();
    ASSERT_EQ(events.size(), 1u) << "a detail is an object";
    EXPECT_EQ(events[0].owed, std::vector<std::uint64_t>{1});
    EXPECT_FALSE(events[0].is_forwarded);
    EXPECT_EQ(deliver_all().size(), 1u);
}

TEST_F(RulesTest, an_event_of_more_targets_than_there_may_be_is_kept_as_undelivered) {
    const std::size_t rules = targets_per_event_max / schema::targets_per_rule_max + 1;
    for (std::size_t i = 0; i < rules; ++i) {
        const std::string name = "r" + std::to_string(i);
        Effects effects;
        ASSERT_TRUE(core->apply(schema::PutRule{.name = name, .pattern = R"({"source":["shop"]})"},
                                owner(), effects));
        std::vector<schema::EventTarget> targets;
        for (const auto* id : {"a", "b", "c", "d", "e"})
            targets.push_back({.id = id, .arn = queue_a});
        ASSERT_TRUE(
            core->apply(schema::PutTargets{.rule = name, .targets = targets}, owner(), effects));
        commit(std::move(effects));
    }
    EXPECT_EQ(put(entry()).code, "");
    EXPECT_EQ(journaled<schema::BusEvent>().back().owed.size(), targets_per_event_max);
    EXPECT_EQ(state_of(std::string(overflow_name)).undelivered, 1u);
}

TEST_F(RulesTest, an_event_is_copied_to_other_buses_as_often_as_there_is_room_for_it) {
    ASSERT_TRUE(apply(schema::CreateBus{.name = "other"}));
    for (std::size_t i = 0; i < 20; ++i) {
        const std::string name = "r" + std::to_string(i);
        ASSERT_TRUE(apply(schema::PutRule{.name = name, .pattern = R"({"source":["shop"]})"}));
        std::vector<schema::EventTarget> targets;
        for (const auto* id : {"a", "b", "c", "d", "e"})
            targets.push_back({.id = id, .arn = bus_arn + "other"});
        ASSERT_TRUE(apply(schema::PutTargets{.rule = name, .targets = targets}));
    }
    schema::EventEntry large = entry();
    large.detail = R"({"x":")" + std::string(50'000, 'x') + "\"}";
    EXPECT_EQ(put(large).code, "");
    const std::size_t copies = copy_bytes_per_event_max / large.detail.size();
    EXPECT_EQ(journaled<schema::BusEvent>().size(), 1 + copies);
    EXPECT_EQ(state_of(std::string(overflow_name)).undelivered, 1u);
    // The next event has room of its own.
    EXPECT_EQ(put(entry()).code, "");
    EXPECT_EQ(journaled<schema::BusEvent>().size(), 1 + copies + 1 + published_per_event_max);
}

TEST_F(RulesTest, entries_fail_one_by_one) {
    EXPECT_EQ(put({.detail_type = "d", .detail = "{}"}).message,
              "Parameter Source is not valid. Reason: Source is a required argument.");
    EXPECT_EQ(put({.source = "s", .detail = "{}"}).code, "InvalidArgument");
    EXPECT_EQ(put({.source = "s", .detail_type = "d"}).code, "InvalidArgument");
    EXPECT_EQ(put({.source = "s", .detail_type = "d", .detail = "{"}).code, "MalformedDetail");
    EXPECT_EQ(put({.source = "s", .detail_type = "d", .detail = "1"}).code, "MalformedDetail");
    EXPECT_EQ(put({.source = "aws.s3", .detail_type = "d", .detail = "{}"}).code,
              "NotAuthorizedForSourceException");
    EXPECT_EQ(put({.bus = "absent", .source = "s", .detail_type = "d", .detail = "{}"}).code,
              "ResourceNotFoundException");
    const auto mixed = apply(schema::PutEvents{.entries = {entry(), entry("{"), entry()}});
    ASSERT_TRUE(mixed);
    EXPECT_NE(mixed->results[0].event_id, "");
    EXPECT_EQ(mixed->results[1].event_id, "");
    EXPECT_NE(mixed->results[2].event_id, "");
    EXPECT_EQ(refusal(schema::PutEvents{
                  .entries = {entry('"' + std::string(schema::event_entry_bytes_max, 'x') + '"')}}),
              "ValidationException: Total size of the entries in the request is over the limit.");
}

TEST_F(RulesTest, commands_are_refused_in_eventbridge_s_words) {
    EXPECT_EQ(refusal(schema::PutRule{.name = "r"}),
              "ValidationException: Parameter(s) EventPattern or ScheduleExpression must be "
              "specified.");
    EXPECT_TRUE(refusal(schema::PutRule{.name = "r", .pattern = "{}"})
                    .starts_with("InvalidEventPatternException: Event pattern is not valid."));
    EXPECT_EQ(refusal(schema::PutRule{.bus = "absent", .name = "r", .pattern = R"({"a":[1]})"}),
              "ResourceNotFoundException: Event bus absent does not exist.");
    EXPECT_EQ(refusal(schema::SetRuleState{.name = "absent"}),
              "ResourceNotFoundException: Rule absent does not exist on EventBus default.");
    rule_to(queue_a);
    EXPECT_EQ(refusal(schema::DeleteRule{.name = "r"}),
              "ValidationException: Rule can't be deleted since it has targets.");
    EXPECT_EQ(refusal(schema::PutTargets{.rule = "r", .targets = {{.id = "x", .arn = "nothing"}}}),
              "ValidationException: Parameter nothing is not valid. Reason: Provided Arn is not in "
              "correct format.");
    EXPECT_EQ(refusal(schema::DeleteBus{.name = "default"}),
              "ValidationException: Cannot delete event bus default.");
    EXPECT_EQ(refusal(schema::CreateBus{.name = "default"}),
              "ResourceAlreadyExistsException: Event bus default already exists.");
    std::vector<schema::EventTarget> many;
    for (int i = 0; i < 6; ++i) many.push_back({.id = std::to_string(i), .arn = queue_a});
    EXPECT_TRUE(refusal(schema::PutTargets{.rule = "r", .targets = many})
                    .starts_with("LimitExceededException"));
    EXPECT_TRUE(apply(schema::RemoveTargets{.rule = "r", .ids = {"t", "absent"}}));
    EXPECT_TRUE(apply(schema::DeleteRule{.name = "r"}));
    EXPECT_TRUE(apply(schema::DeleteRule{.name = "r"}));
}

TEST_F(RulesTest, limits_of_buses_and_rules_are_reached_with_an_error) {
    CoreOptions small;
    small.rules.buses_per_account_max = 1;
    small.rules.rules_per_bus_max = 1;
    restart_with(small);
    ASSERT_TRUE(apply(schema::CreateBus{.name = "own"}));
    EXPECT_TRUE(refusal(schema::CreateBus{.name = "two"}).starts_with("LimitExceededException"));
    put_rule("r", R"({"a":[1]})", "own");
    EXPECT_TRUE(refusal(schema::PutRule{.bus = "own", .name = "s", .pattern = R"({"a":[1]})"})
                    .starts_with("LimitExceededException"));
}

TEST_F(RulesTest, lists_are_pages_by_name) {
    for (const auto* name : {"a1", "a2", "b1"}) put_rule(name, R"({"a":[1]})");
    put_target("a2", {.id = "t", .arn = queue_a});
    const auto names = [this](const schema::ListRules& request) {
        std::string all;
        const auto page = core->rules().list_rules(request, owner());
        for (const auto& rule : page->rules) all += rule.name + ' ';
        return all + page->next;
    };
    EXPECT_EQ(names({}), "a1 a2 b1 ");
    EXPECT_EQ(names({.prefix = "a"}), "a1 a2 ");
    EXPECT_EQ(names({.rules_max = 2}), "a1 a2 a2");
    EXPECT_EQ(names({.after = "a2", .rules_max = 2}), "b1 ");
    EXPECT_EQ(names({.target_arn = queue_a}), "a2 ");
}

TEST_F(RulesTest, tags_are_of_buses_and_rules) {
    put_rule("r", R"({"a":[1]})");
    for (const auto& arn : {bus_arn + "default", rule_arn + "r"}) {
        ASSERT_TRUE(apply(schema::ChangeEventTags{.arn = arn, .set = {{"a", "1"}, {"b", "2"}}}));
        ASSERT_TRUE(apply(schema::ChangeEventTags{.arn = arn, .removed = {"a"}}));
        sync();
        crash();
        EXPECT_EQ(core->rules().tags({.arn = arn}, owner())->tags,
                  (std::map<std::string, std::string>{{"b", "2"}}));
    }
    EXPECT_TRUE(refusal(schema::ChangeEventTags{.arn = rule_arn + "absent"})
                    .starts_with("ResourceNotFoundException"));
}

}  // namespace
}  // namespace onput::notifier
