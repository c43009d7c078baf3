// Pages of replays: owed and counted together, or not at all.
#include "tests/services/notifier/harness.hpp"

namespace onput::notifier {
namespace {

class ResendTest : public NotifierTest {
protected:
    Result<schema::Resend> resend(schema::ResendEvents page,
                                  const std::vector<std::string>& events) {
        if (page.name.empty()) page.name = "again";
        if (page.destination.empty()) page.destination = queue_a;
        std::vector<std::string_view> views(events.begin(), events.end());
        Effects effects;
        auto answer = ready().resend(page, views, owner(), effects);
        commit(std::move(effects));
        core->check_invariants();
        return answer;
    }
    std::string upload(const std::string& key = "a.txt") {
        auto one = event({owe(queue_b, "rule-b")});
        one.key = key;
        return schema::encode(one);
    }
};

TEST_F(ResendTest, an_event_is_owed_once_more_to_its_destination_alone) {
    const auto answer = resend({.source = "journal", .position = "7"}, {upload()});
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->events, 1u);
    EXPECT_EQ(answer->position, "7");
    EXPECT_FALSE(answer->is_done);
    sync();
    const auto deliveries = due();
    ASSERT_EQ(deliveries.size(), 1u);
    EXPECT_EQ(deliveries[0].message.destination_arn, queue_a);
    ASSERT_EQ(deliveries[0].message.items.size(), 1u);
    EXPECT_EQ(published.back().type, "replay.ObjectCreated.Put");
}

TEST_F(ResendTest, what_is_sent_again_is_another_message_of_the_same_event) {
    append_durably({owe(queue_a, "r")});
    auto first = due();
    ASSERT_EQ(first.size(), 1u);
    accept(first[0]);
    const auto events = journaled<schema::ObjectEvent>();
    ASSERT_TRUE(resend({.position = "1"}, {schema::encode(events[0])}));
    sync();
    const auto second = due();
    ASSERT_EQ(second.size(), 1u);
    EXPECT_EQ(second[0].message.items[0].event_id, first[0].message.items[0].event_id);
    EXPECT_NE(second[0].message.items[0].body.find(R"("configurationId":"replay:again")"),
              std::string::npos);
    EXPECT_NE(second[0].message.items[0].message_id, first[0].message.items[0].message_id);
}

TEST_F(ResendTest, a_page_that_was_synced_survives_and_one_that_was_not_has_not_happened) {
    ASSERT_TRUE(resend({.position = "1"}, {upload("one")}));
    sync();
    ASSERT_TRUE(resend({.after = "1", .position = "2"}, {upload("two")}));
    crash();
    const auto found = core->resends().find({.name = "again"});
    ASSERT_TRUE(found);
    EXPECT_EQ(found->position, "1");
    EXPECT_EQ(found->events, 1u);
    EXPECT_EQ(state_of(queue_a).owed, 1u);
}

TEST_F(ResendTest, a_page_that_comes_twice_is_owed_once) {
    ASSERT_TRUE(resend({.position = "1"}, {upload()}));
    const auto again = resend({.position = "1"}, {upload()});
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().reason, "resend_position");
    ASSERT_EQ(again.error().details.size(), 1u);
    EXPECT_EQ(again.error().details[0].second, "1");
    EXPECT_EQ(state_of(queue_a).owed, 1u);
}

TEST_F(ResendTest, one_that_has_ended_goes_on_no_more) {
    ASSERT_TRUE(resend({.position = "1", .is_last = true}, {}));
    const auto more = resend({.after = "1", .position = "2"}, {upload()});
    ASSERT_FALSE(more);
    EXPECT_EQ(more.error().reason, "resend_done");
}

TEST_F(ResendTest, a_name_is_that_of_one_replay) {
    ASSERT_TRUE(resend({.source = "journal", .position = "1"}, {}));
    const auto other =
        resend({.destination = queue_b, .source = "journal", .after = "1", .position = "2"}, {});
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().reason, "resend_differs");
}

TEST_F(ResendTest, what_cannot_be_sent_changes_nothing) {
    const auto expect = [&](const char* reason, const Result<schema::Resend>& refused) {
        ASSERT_FALSE(refused) << reason;
        EXPECT_EQ(refused.error().reason, reason);
        EXPECT_FALSE(core->resends().find({.name = "again"}));
        EXPECT_TRUE(published.empty());
    };
    expect("destination_unknown", resend({.destination = topic_t, .position = "1"}, {upload()}));
    expect("destination_unknown",
           resend({.destination = "https://example.com/", .position = "1"}, {upload()}));
    expect(
        "destination_unknown",
        resend({.destination = "arn:aws:events:us-east-1:000000000000:rule/r#t", .position = "1"},
               {upload()}));
    expect("event_unfit",
           resend({.position = "1"},
                  {upload(), schema::encode(schema::JobFailed{.event_id = "e", .function = "f"})}));
    expect("event_unfit", resend({.position = "1"}, std::vector<std::string>(
                                                        schema::resend_events_max + 1, upload())));
    expect("", resend({.position = ""}, {upload()}));
    expect("resend_unknown", resend({.after = "7", .position = "8"}, {upload()}));
    EXPECT_FALSE(resend({.name = "a/b", .position = "1"}, {}));
    EXPECT_FALSE(resend({.position = "1"}, {"nonsense"}));
}

TEST_F(ResendTest, beyond_the_limit_the_one_that_ended_first_is_forgotten) {
    for (std::size_t i = 0; i < schema::resends_max; ++i) {
        ASSERT_TRUE(resend({.name = "n" + std::to_string(i), .position = "1"}, {}));
    }
    const auto refused = resend({.name = "more", .position = "1"}, {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().reason, "resends_max");
    ASSERT_TRUE(resend({.name = "n7", .after = "1", .position = "2", .is_last = true}, {}));
    ASSERT_TRUE(resend({.name = "more", .position = "1"}, {}));
    EXPECT_FALSE(core->resends().find({.name = "n7"}));
    EXPECT_EQ(core->resends().list().resends.size(), schema::resends_max);
}

TEST_F(ResendTest, beyond_the_limit_the_oldest_open_one_of_a_reconciliation_is_forgotten_last) {
    for (std::size_t i = 0; i + 3 < schema::resends_max; ++i) {
        ASSERT_TRUE(resend({.name = "n" + std::to_string(i), .position = "1"}, {}));
    }
    ASSERT_TRUE(resend({.name = "reconcile-b-1", .position = "1"}, {}));
    now += std::chrono::seconds(1);
    ASSERT_TRUE(resend({.name = "reconcile-a-1", .position = "1"}, {}));
    now += std::chrono::seconds(1);
    ASSERT_TRUE(resend({.name = "ended", .position = "1", .is_last = true}, {}));
    const auto is_known = [this](const std::string& name) {
        return core->resends().find({.name = name}).has_value();
    };
    ASSERT_TRUE(resend({.name = "more", .position = "1"}, {}));
    EXPECT_FALSE(is_known("ended"));
    ASSERT_TRUE(resend({.name = "more2", .position = "1"}, {}));
    EXPECT_FALSE(is_known("reconcile-b-1"));
    EXPECT_TRUE(is_known("reconcile-a-1"));
    ASSERT_TRUE(resend({.name = "more3", .position = "1"}, {}));
    const auto refused = resend({.name = "more4", .position = "1"}, {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().reason, "resends_max");
}

TEST_F(ResendTest, a_target_of_a_rule_is_sent_what_the_bus_would_send_it) {
    ASSERT_TRUE(apply(schema::PutRule{.name = "r", .pattern = R"({"source":["nothing"]})"}));
    ASSERT_TRUE(apply(schema::PutTargets{.rule = "r", .targets = {{.id = "t", .arn = queue_a}}}));
    const auto answer =
        resend({.destination = "arn:aws:events:us-east-1:000000000000:rule/r#t", .position = "1"},
               {upload()});
    ASSERT_TRUE(answer) << answer.error().message;
    sync();
    const auto deliveries = due();
    ASSERT_EQ(deliveries.size(), 1u);
    EXPECT_NE(deliveries[0].message.items[0].body.find(R"("detail-type":"Object Created")"),
              std::string::npos);
}

TEST_F(ResendTest, a_subscription_is_sent_a_message_of_its_topic_again) {
    create_topic("t");
    const std::string one = subscribe("sqs", queue_a);
    subscribe("sqs", queue_b);
    sync();
    schema::TopicMessage message;
    message.event_id = "cafe";
    message.message_id = "3b1c7d1e-0000-4000-8000-000000000001";
    message.topic_arn = topic_t;
    message.message = "hello";
    ASSERT_TRUE(resend({.destination = one, .position = "1"}, {schema::encode(message)}));
    sync();
    const auto deliveries = due();
    ASSERT_EQ(deliveries.size(), 1u);
    EXPECT_EQ(deliveries[0].message.destination_arn, queue_a);
    const auto sent = journaled<schema::TopicMessage>();
    ASSERT_EQ(sent.size(), 1u);
    EXPECT_FALSE(sent[0].replay_name.empty()) << "no replay takes it up";
    EXPECT_NE(sent[0].message_id, message.message_id);
    EXPECT_EQ(sent[0].event_id, message.event_id);
    const std::string own_id = deliveries[0].message.items[0].message_id;
    EXPECT_NE(own_id, message_id_of({.event_id = message.event_id, .arn = one, .rule_id = {}}));
    accept(deliveries[0]);
    ASSERT_TRUE(
        resend({.name = "second", .destination = one, .position = "1"}, {schema::encode(message)}));
    sync();
    EXPECT_NE(due().at(0).message.items[0].message_id, own_id);
}

TEST_F(ResendTest, that_a_queue_refuses_an_event_is_an_event_of_its_own) {
    append_durably({owe(queue_a, "r")});
    const auto deliveries = due();
    ASSERT_EQ(deliveries.size(), 1u);
    answer(deliveries[0],
           schema::Delivered{.through = deliveries[0].message.items[0].number,
                             .refused = {{.id = deliveries[0].message.items[0].event_id,
                                          .error_reason = "AccessDenied",
                                          .error_message = "no"}}});
    const auto attempts = journaled<schema::DeliveryAttempt>();
    ASSERT_EQ(attempts.size(), 1u);
    EXPECT_EQ(attempts[0].endpoint, queue_a);
    EXPECT_EQ(attempts[0].protocol, "sqs");
    EXPECT_EQ(attempts[0].account, account) << "the bucket's owner";
    EXPECT_EQ(published.back().type, "delivery.failed");
    EXPECT_EQ(published.back().topic, "delivery.failed/a/sqs");
}

}  // namespace
}  // namespace onput::notifier
