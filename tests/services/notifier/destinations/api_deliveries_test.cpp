// Targets of rules that are API destinations: how often they are called, and what becomes of what
// they do not take.
#include "services/notifier/delivery/one_by_one.hpp"
#include "services/notifier/rules/rule_records.hpp"
#include "tests/services/notifier/destinations/harness.hpp"

namespace onput::notifier {
namespace {

using namespace std::chrono_literals;

class ApiDeliveriesTest : public DestinationsTest {
protected:
    ApiDeliveriesTest() {
        connection_arn = connect().arn;
        destination_arn = destine({.connection_arn = connection_arn}).arn;
    }
    void rule_to(schema::EventTarget target, const std::string& rule = "r") {
        if (target.id.empty()) target.id = "t";
        if (target.arn.empty()) target.arn = destination_arn;
        target.dead_letter_arn = queue_b;
        target.role_arn = "arn:aws:iam::000000000000:role/r";
        ASSERT_TRUE(apply(schema::PutRule{.name = rule, .pattern = R"({"source":["shop"]})"}));
        const auto put = apply(schema::PutTargets{.rule = rule, .targets = {target}});
        ASSERT_TRUE(put) << put.error().message;
    }
    void put(std::size_t count = 1) {
        for (std::size_t i = 0; i < count; ++i) {
            ASSERT_TRUE(apply(schema::PutEvents{
                .entries = {{.source = "shop", .detail_type = "Order", .detail = "{}"}}}));
        }
        sync();
    }
    // What came to the dead-letter queue.
    schema::DeliverItem dead() {
        sync();
        const auto letters = due();
        ONPUT_CHECK(letters.size() == 1 && letters[0].message.items.size() == 1);
        EXPECT_EQ(letters[0].message.destination_arn, queue_b);
        accept(letters[0]);
        return letters[0].message.items[0];
    }
    static std::string attribute(const schema::DeliverItem& item, const std::string& name) {
        const auto found = item.attributes.find(name);
        return found == item.attributes.end() ? "" : found->second.value;
    }

    std::string connection_arn;
    std::string destination_arn;
};

TEST_F(ApiDeliveriesTest, an_event_is_a_call_and_its_attempt_is_journaled) {
    rule_to({.input = R"({"order":1})"});
    put();
    const auto calls = outbound_due();
    ASSERT_EQ(calls.size(), 1u);
    EXPECT_EQ(text_of(calls[0]), R"({"order":1})");
    EXPECT_EQ(std::get<HttpRequest>(calls[0].message).url, "https://api.example/orders");
    take(calls[0]);
    EXPECT_TRUE(outbound_due().empty());
    const auto attempts = journaled<schema::DeliveryAttempt>();
    ASSERT_EQ(attempts.size(), 1u);
    EXPECT_TRUE(attempts[0].succeeded);
    EXPECT_EQ(attempts[0].status_code, 200);
    EXPECT_EQ(attempts[0].error_code, "");
    EXPECT_EQ(attempts[0].dead_letter_arn, "");
    EXPECT_EQ(published.back().topic, "events.DeliverySucceeded/r/api-destination");
    sync();
    EXPECT_TRUE(due().empty()) << "what was delivered is no dead letter";
}

TEST_F(ApiDeliveriesTest, a_crash_calls_again_what_was_not_answered) {
    rule_to({});
    put(2);
    const auto calls = outbound_due();
    ASSERT_EQ(calls.size(), 2u);
    fail_once(calls[0]);
    sync();
    crash();
    now += 1s;
    EXPECT_EQ(outbound_due().size(), 2u);
}

TEST_F(ApiDeliveriesTest, a_refusal_ends_it_at_once) {
    rule_to({});
    put();
    answer(outbound_due().at(0), OutboundVerdict::refused, 403);
    const auto letter = dead();
    EXPECT_EQ(attribute(letter, "ERROR_CODE"), "SDK_CLIENT_ERROR");
    EXPECT_EQ(attribute(letter, "ERROR_MESSAGE"), "status 403");
    EXPECT_EQ(attribute(letter, "TARGET_ARN"), destination_arn);
    EXPECT_EQ(attribute(letter, "RETRY_ATTEMPTS"), "0");
    EXPECT_EQ(attribute(letter, "EXHAUSTED_RETRY_CONDITION"), "");
}

TEST_F(ApiDeliveriesTest, the_target_s_policy_ends_the_retries) {
    rule_to({.retries_max = 2});
    put();
    for (int i = 0; i < 3; ++i) {
        const auto calls = outbound_due();
        ASSERT_EQ(calls.size(), 1u) << i;
        answer(calls[0], OutboundVerdict::failed, 429);
        now += 1min;
    }
    EXPECT_TRUE(outbound_due().empty());
    const auto letter = dead();
    EXPECT_EQ(attribute(letter, "ERROR_CODE"), "THROTTLING");
    EXPECT_EQ(attribute(letter, "RETRY_ATTEMPTS"), "2");
    EXPECT_EQ(attribute(letter, "EXHAUSTED_RETRY_CONDITION"), "MaximumRetryAttempts");
}

TEST_F(ApiDeliveriesTest, a_retry_waits_as_long_as_the_endpoint_wants) {
    rule_to({});
    put();
    answer(outbound_due().at(0), OutboundVerdict::failed, 503, 120);
    now += 119s;
    EXPECT_TRUE(outbound_due().empty());
    now += 1s;
    EXPECT_EQ(outbound_due().size(), 1u);
}

TEST_F(ApiDeliveriesTest, who_wants_no_retry_and_who_wants_it_too_late_gets_none) {
    rule_to({.age_seconds_max = 60});
    put();
    answer(outbound_due().at(0), OutboundVerdict::failed, 503, -1);
    EXPECT_EQ(attribute(dead(), "EXHAUSTED_RETRY_CONDITION"), "");
    put();
    answer(outbound_due().at(0), OutboundVerdict::failed, 503, 61);
    EXPECT_EQ(attribute(dead(), "EXHAUSTED_RETRY_CONDITION"), "MaximumEventAgeInSeconds");
    put();
    answer(outbound_due().at(0), OutboundVerdict::failed, 503,
           std::numeric_limits<std::int64_t>::max());
    EXPECT_EQ(attribute(dead(), "EXHAUSTED_RETRY_CONDITION"), "MaximumEventAgeInSeconds");
}

TEST_F(ApiDeliveriesTest, all_targets_of_a_destination_share_its_rate) {
    ASSERT_TRUE(apply(schema::UpdateApiDestination{.name = "d", .rate_per_second = 3}));
    rule_to({.id = "one"}, "r1");
    rule_to({.id = "two"}, "r2");
    put(4);
    std::size_t called = 0;
    for (const std::size_t begun : {3U, 3U, 2U, 0U}) {
        const auto calls = outbound_due();
        EXPECT_EQ(calls.size(), begun) << called;
        called += calls.size();
        for (const auto& call : calls) take(call);
        EXPECT_TRUE(outbound_due().empty()) << called;
        now += 1s;
    }
    EXPECT_EQ(called, 8u);
}

TEST_F(ApiDeliveriesTest, a_destination_that_is_gone_or_not_authorized_is_not_waited_for) {
    rule_to({});
    ASSERT_TRUE(apply(schema::DeauthorizeConnection{.name = "c"}));
    put();
    EXPECT_TRUE(outbound_due().empty());
    EXPECT_EQ(attribute(dead(), "ERROR_CODE"), "NO_PERMISSIONS");
    ASSERT_TRUE(apply(schema::DeleteConnection{.name = "c"}));
    put();
    EXPECT_TRUE(outbound_due().empty());
    EXPECT_EQ(attribute(dead(), "ERROR_CODE"), "NO_RESOURCE");
    ASSERT_TRUE(apply(schema::DeleteApiDestination{.name = "d"}));
    put();
    EXPECT_TRUE(outbound_due().empty());
    EXPECT_EQ(attribute(dead(), "ERROR_MESSAGE"),
              "ResourceNotFound: the API destination does not exist");
}

TEST_F(ApiDeliveriesTest, another_account_s_destination_is_no_target) {
    Caller stranger = owner();
    stranger.principal.account = "111111111111";
    Effects effects;
    ASSERT_TRUE(ready().apply(schema::PutRule{.name = "r", .pattern = R"({"source":["shop"]})"},
                              stranger, effects));
    schema::EventTarget target{
        .id = "t", .arn = destination_arn, .role_arn = "arn:aws:iam::111111111111:role/r"};
    const auto refused =
        ready().apply(schema::PutTargets{.rule = "r", .targets = {target}}, stranger, effects);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().reason, "ValidationException");
    EXPECT_EQ(refused.error().message, "Parameter " + destination_arn +
                                           " is not valid. Reason: API destinations are of the "
                                           "rule's account.");
}

TEST_F(ApiDeliveriesTest, a_target_that_names_another_account_s_destination_calls_nobody) {
    Caller stranger = owner();
    stranger.principal.account = "111111111111";
    Effects effects;
    const auto connected =
        ready().apply(schema::CreateConnection{.name = "c", .auth = basic()}, stranger, effects);
    ASSERT_TRUE(connected);
    const auto theirs =
        ready().apply(schema::CreateApiDestination{.name = "d",
                                                   .connection_arn = connected->arn,
                                                   .endpoint = "https://theirs.example/",
                                                   .http_method = "POST"},
                      stranger, effects);
    ASSERT_TRUE(theirs);
    commit(std::move(effects));
    rule_to({});
    // As a row of an older release may have it.
    TargetRecord record{.number = 1,
                        .rule_arn = "arn:aws:events:us-east-1:000000000000:rule/r",
                        .target = {.id = "t", .arn = theirs->arn, .dead_letter_arn = queue_b}};
    store::Batch batch{std::string(partition)};
    batch.put(target_key(record.number), schema::encode(record));
    ASSERT_TRUE(store.commit(std::move(batch)));
    sync();
    crash();
    put();
    EXPECT_TRUE(outbound_due().empty());
    EXPECT_EQ(attribute(dead(), "ERROR_MESSAGE"),
              "ResourceNotFound: the API destination does not exist");
}

TEST_F(ApiDeliveriesTest, calls_wait_for_a_missing_master_key_as_long_as_the_policy_allows) {
    rule_to({.age_seconds_max = 3600});
    use_keys({master_key("second", 'z')});
    put();
    EXPECT_TRUE(outbound_due().empty());
    EXPECT_TRUE(state_of("arn:aws:events:us-east-1:000000000000:rule/r#t#1")
                    .last_error.contains("master key first is missing"));
    sync();
    use_keys({master_key("second", 'z'), master_key("first", 'k')});
    const auto calls = outbound_due();
    ASSERT_EQ(calls.size(), 1u);
    take(calls[0]);
    sync();
    use_keys({master_key("second", 'z')});
    put();
    now += 3601s;
    EXPECT_TRUE(outbound_due().empty());
    EXPECT_TRUE(attribute(dead(), "ERROR_MESSAGE").starts_with("too old; it waited in vain: "));
}

TEST_F(ApiDeliveriesTest, new_secrets_wake_the_calls_that_wait_for_a_missing_master_key) {
    rule_to({});
    use_keys({master_key("second", 'z')});
    put();
    EXPECT_TRUE(outbound_due().empty());
    ASSERT_TRUE(apply(schema::UpdateConnection{.name = "c", .auth = basic()}));
    EXPECT_EQ(outbound_due().size(), 1u);
}

TEST_F(ApiDeliveriesTest, another_connection_wakes_the_calls_as_well) {
    rule_to({});
    use_keys({master_key("second", 'z')});
    put();
    EXPECT_TRUE(outbound_due().empty());
    const auto other = apply(schema::CreateConnection{.name = "other", .auth = basic()});
    ASSERT_TRUE(other);
    EXPECT_TRUE(outbound_due().empty());
    ASSERT_TRUE(apply(schema::UpdateApiDestination{.name = "d", .connection_arn = other->arn}));
    EXPECT_EQ(outbound_due().size(), 1u);
}

TEST_F(ApiDeliveriesTest, a_target_that_becomes_another_kind_is_a_new_one) {
    rule_to({});
    put();
    rule_to({.arn = queue_a});
    put();
    EXPECT_TRUE(outbound_due().empty());
    EXPECT_EQ(deliver_all().size(), 1u);
    rule_to({});
    put();
    EXPECT_EQ(outbound_due().size(), 1u);
    EXPECT_TRUE(due().empty());
}

TEST_F(ApiDeliveriesTest, a_queue_s_group_goes_with_its_messages) {
    rule_to({.arn = queue_a, .group_id = "g1"});
    put();
    const auto deliveries = due();
    ASSERT_EQ(deliveries.size(), 1u);
    EXPECT_EQ(deliveries[0].message.items[0].group_id, "g1");
    const auto refused = [this](schema::EventTarget target) {
        target.id = "t";
        return refusal(schema::PutTargets{.rule = "r", .targets = {std::move(target)}});
    };
    EXPECT_EQ(refused({.arn = queue_a + ".fifo"}),
              "ValidationException: Parameter(s) SqsParameters must be specified for target: t.");
    EXPECT_TRUE(refused({.arn = queue_a + ".fifo", .group_id = "g"}).contains("no FIFO queues"));
    EXPECT_TRUE(refused({.arn = destination_arn, .group_id = "g"})
                    .contains("SqsParameters not valid for target: t"));
    EXPECT_EQ(refused({.arn = destination_arn}),
              "ValidationException: RoleArn is required for target " + destination_arn + ".");
    EXPECT_TRUE(
        refused({.arn = queue_a, .group_id = std::string(129, 'g')}).contains("MessageGroupId"));
    EXPECT_TRUE(refused({.arn = queue_a, .http = schema::TargetHttpParameters{}})
                    .contains("HttpParameters not valid"));
}

}  // namespace
}  // namespace onput::notifier
