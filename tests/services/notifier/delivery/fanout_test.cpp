#include "services/notifier/delivery/fanout.hpp"

#include "tests/services/notifier/harness.hpp"

namespace onput::notifier {
namespace {

using namespace std::chrono_literals;

const std::string allow_s3 =
    R"({"Statement":[{"Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},)"
    R"("Action":"sns:Publish","Resource":"*"}]})";

class FanoutTest : public NotifierTest {
protected:
    void create_open_topic() { create_topic("t", {{"Policy", allow_s3}}); }
    static schema::TopicMessage told_by_function(const std::string& text) {
        schema::TopicMessage message;
        message.event_id = "cafe";
        message.message_id = "3b1c7d1e-0000-4000-8000-000000000001";
        message.topic_arn = topic_t;
        message.message = text;
        message.service = "lambda.amazonaws.com";
        message.source_arn = "arn:aws:lambda:us-east-1:000000000000:function:f";
        message.source_account = account;
        message.trace.trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
        return message;
    }
    Result<schema::EventsAppended> append_message(const schema::TopicMessage& message) {
        return try_append_bytes({++last_number}, {schema::encode(message)}, "queue");
    }
    std::string subscribe_queue(const std::string& queue = queue_a,
                                std::map<std::string, std::string> attributes = {}) {
        return subscribe("sqs", queue, std::move(attributes));
    }
};

TEST_F(FanoutTest, an_event_that_owes_a_topic_becomes_a_message_to_its_subscriptions) {
    create_open_topic();
    const std::string one = subscribe_queue(queue_a);
    subscribe_queue(queue_b);
    append_durably({owe(topic_t, "r")});
    const auto events = journaled<schema::ObjectEvent>();
    const auto messages = journaled<schema::TopicMessage>();
    ASSERT_EQ(messages.size(), 1u);
    EXPECT_EQ(messages[0].subject, "Amazon S3 Notification");
    EXPECT_EQ(messages[0].message, format_record(events[0], "r", {}));
    EXPECT_EQ(messages[0].source_arn, "arn:aws:s3:::b");
    EXPECT_EQ(messages[0].trace.trace_id, trace_id);
    EXPECT_EQ(messages[0].trace.cause_event_id, "event-1");
    EXPECT_EQ(messages[0].trace.depth, 1u);
    EXPECT_EQ(messages[0].owed.size(), 2u);
    EXPECT_EQ(published.back().type, "sns.Publish");
    EXPECT_EQ(published.back().topic, "sns.Publish/t");

    const auto deliveries = due();
    ASSERT_EQ(deliveries.size(), 2u);
    const bool is_first = deliveries[0].message.destination_arn == queue_a;
    const auto& message = deliveries[is_first ? 0 : 1].message;
    EXPECT_EQ(message.destination_arn, queue_a);
    EXPECT_EQ(message.service, "sns.amazonaws.com");
    EXPECT_EQ(message.source, core->epoch() + "/" + std::to_string(find_subscription(one)->number));
    ASSERT_EQ(message.items.size(), 1u);
    EXPECT_EQ(message.items[0].number, delivery_number(2, 0));
    EXPECT_EQ(message.items[0].source_arn, topic_t);
    EXPECT_EQ(message.items[0].source_account, account);
    EXPECT_EQ(message.items[0].body, messages[0].message);
    EXPECT_EQ(message.items[0].event_id, messages[0].event_id);
    for (const auto& delivery : deliveries) accept(delivery);
    EXPECT_EQ(state_of(one).owed, 0u);
    EXPECT_TRUE(due().empty());
}

TEST_F(FanoutTest, ids_of_an_event_s_message_are_the_same_when_it_comes_again) {
    create_open_topic();
    subscribe_queue();
    sync();
    const auto one = event({owe(topic_t)});
    ASSERT_TRUE(try_append({1}, {one}));
    crash();
    now += 1h;
    ASSERT_TRUE(try_append({1}, {one}));
    const auto messages = journaled<schema::TopicMessage>();
    ASSERT_EQ(messages.size(), 2u);
    EXPECT_EQ(messages[0].event_id, messages[1].event_id);
    EXPECT_EQ(messages[0].message_id, messages[1].message_id);
}

TEST_F(FanoutTest, a_clock_that_jumps_ends_no_token) {
    create_topic();
    pass(1s);
    const std::string before = subscribe("https", "https://before.example/");
    jump(-72h);
    const std::string behind = subscribe("https", "https://behind.example/");
    pass(1min);
    jump(144h);
    pass(1min);
    jump(-72h);
    pass(1min);
    for (const std::string& arn : {before, behind}) {
        ASSERT_NE(find_subscription(arn), nullptr);
        EXPECT_TRUE(apply(schema::ConfirmSubscription{.topic_arn = topic_t,
                                                      .token = find_subscription(arn)->token}));
    }
}

TEST_F(FanoutTest, a_topic_that_is_missing_or_denies_never_holds_the_outbox_up) {
    append_durably({owe(topic_t)});
    ASSERT_EQ(undeliverable.size(), 1u);
    EXPECT_EQ(undeliverable[0].arn, topic_t);
    EXPECT_NE(undeliverable[0].error.find("NotFound"), std::string::npos);
    create_topic();
    append_durably({owe(topic_t), owe(queue_a)});
    ASSERT_EQ(undeliverable.size(), 2u);
    EXPECT_NE(undeliverable[1].error.find("AuthorizationError"), std::string::npos);
    EXPECT_EQ(state_of(topic_t).undelivered, 2u);
    EXPECT_EQ(state_of(queue_a).owed, 1u);
    EXPECT_TRUE(journaled<schema::TopicMessage>().empty());
    const auto attempts = journaled<schema::DeliveryAttempt>();
    ASSERT_EQ(attempts.size(), 2u);
    EXPECT_FALSE(attempts[0].succeeded);
    crash();
    EXPECT_EQ(state_of(topic_t).undelivered, 2u);
}

TEST_F(FanoutTest, what_is_withheld_from_a_topic_is_not_told) {
    create_open_topic();
    auto withheld = owe(topic_t);
    withheld.withheld = "the chain is too long";
    append_durably({withheld});
    EXPECT_EQ(core->head(), 1u);
}

TEST_F(FanoutTest, an_outbox_may_hold_messages_to_topics) {
    create_topic();
    subscribe_queue();
    const auto message = told_by_function("done");
    ASSERT_TRUE(append_message(message));
    sync();
    const auto deliveries = due();
    ASSERT_EQ(deliveries.size(), 1u);
    EXPECT_EQ(deliveries[0].message.items[0].body, "done");
    EXPECT_EQ(deliveries[0].message.items[0].event_id, "cafe");
    EXPECT_EQ(journaled<schema::TopicMessage>()[0].message_id, message.message_id);
}

TEST_F(FanoutTest, an_outbox_message_that_no_topic_would_take_is_undelivered) {
    create_topic();
    auto impossible = told_by_function("done");
    impossible.subject = std::string(200, 'x');
    ASSERT_TRUE(append_message(impossible));
    EXPECT_EQ(state_of(topic_t).undelivered, 1u);
}

TEST_F(FanoutTest, a_message_to_an_impossible_topic_is_undelivered) {
    auto nowhere = told_by_function("x");
    nowhere.topic_arn = std::string("a\0b", 3);
    ASSERT_TRUE(append_message(nowhere));
    EXPECT_EQ(state_of(std::string(overflow_name)).undelivered, 1u);
}

TEST_F(FanoutTest, a_publish_is_owed_to_those_whose_filter_accepts_it) {
    create_topic();
    subscribe_queue(queue_a, {{"FilterPolicy", R"({"kind":["photo"]})"}});
    subscribe_queue(queue_b);
    schema::PublishEntry photo{.id = "1", .message = "p"};
    photo.attributes.push_back({.name = "kind", .type = "String", .value = "photo"});
    const schema::PublishEntry other{.id = "2", .message = "o"};
    const auto published_now =
        apply(schema::PublishMessages{.topic_arn = topic_t, .entries = {photo, other}});
    ASSERT_TRUE(published_now);
    ASSERT_EQ(published_now->entries.size(), 2u);
    EXPECT_EQ(published_now->entries[1].id, "2");
    EXPECT_FALSE(published_now->entries[1].message_id.empty());
    EXPECT_TRUE(due().empty()) << "not durable yet";
    sync();
    std::map<std::string, std::size_t> items;
    for (const auto& delivery : due()) {
        items[delivery.message.destination_arn] = delivery.message.items.size();
    }
    EXPECT_EQ(items, (std::map<std::string, std::size_t>{{queue_a, 1}, {queue_b, 2}}));
}

TEST_F(FanoutTest, a_queue_gets_the_trace_header_of_the_publish_or_event) {
    create_open_topic();
    subscribe_queue(queue_a);
    subscribe_queue(queue_b, {{"RawMessageDelivery", "true"}});
    trace_header = "Root=1-67891233-abcdef012345678912345678";
    publish("p");
    auto sent = event({owe(topic_t)});
    sent.trace_header = "Root=1-67891234-abcdef012345678912345678";
    append(sent);
    sync();
    const auto deliveries = due();
    ASSERT_EQ(deliveries.size(), 2u);
    for (const auto& delivery : deliveries) {
        ASSERT_EQ(delivery.message.items.size(), 2u);
        EXPECT_EQ(delivery.message.items[0].trace_header, trace_header);
        EXPECT_EQ(delivery.message.items[1].trace_header, sent.trace_header);
    }
}

TEST_F(FanoutTest, a_raw_message_alone_has_attributes_outside_its_body) {
    create_topic();
    subscribe_queue(queue_a, {{"RawMessageDelivery", "true"}});
    subscribe_queue(queue_b);
    schema::PublishEntry photo{.id = "1", .message = "p"};
    photo.attributes.push_back({.name = "kind", .type = "String", .value = "photo"});
    ASSERT_TRUE(apply(schema::PublishMessages{.topic_arn = topic_t, .entries = {photo}}));
    sync();
    const std::map<std::string, schema::MessageAttribute> kind{
        {"kind", {.data_type = "String", .value = "photo"}}};
    const auto deliveries = due();
    ASSERT_EQ(deliveries.size(), 2u);
    for (const auto& delivery : deliveries) {
        const bool is_raw = delivery.message.destination_arn == queue_a;
        EXPECT_EQ(delivery.message.items[0].attributes, is_raw ? kind : decltype(kind){});
    }
}

TEST_F(FanoutTest, a_raw_dead_letter_of_too_many_attributes_comes_as_an_envelope) {
    create_topic();
    subscribe_queue(queue_a,
                    {{"RawMessageDelivery", "true"},
                     {"RedrivePolicy", R"({"deadLetterTargetArn":")" + queue_b + R"("})"}});
    schema::PublishEntry entry{.id = "1", .message = "p"};
    for (std::size_t i = 0; i <= schema::message_attributes_max; ++i) {
        entry.attributes.push_back(
            {.name = "a" + std::to_string(i), .type = "Number", .value = "1"});
    }
    ASSERT_TRUE(apply(schema::PublishMessages{.topic_arn = topic_t, .entries = {entry}}));
    sync();
    const auto first = due()[0];
    EXPECT_EQ(first.message.items[0].attributes.size(), entry.attributes.size());
    answer(first, schema::Delivered{.through = first.message.items[0].number,
                                    .refused = {{.id = first.message.items[0].event_id,
                                                 .error_reason = "InvalidParameterValue",
                                                 .error_message = "too many"}}});
    sync();
    const auto dead = due();
    ASSERT_EQ(dead.size(), 1u);
    EXPECT_EQ(dead[0].message.destination_arn, queue_b);
    EXPECT_TRUE(dead[0].message.items[0].attributes.empty());
}

TEST_F(FanoutTest, an_entry_at_fault_takes_the_whole_batch_with_it) {
    create_topic();
    const auto result = apply(
        schema::PublishMessages{.topic_arn = topic_t,
                                .entries = {schema::PublishEntry{.id = "1", .message = ""},
                                            schema::PublishEntry{.id = "2", .message = "good"}}});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().message, "Invalid parameter: Empty message");
    EXPECT_EQ(core->head(), 0u) << "nothing was published";
}

TEST_F(FanoutTest, a_publish_to_nowhere_or_without_leave_fails_as_a_whole) {
    const schema::PublishMessages request{.topic_arn = topic_t,
                                          .entries = {schema::PublishEntry{.message = "x"}}};
    EXPECT_EQ(apply(request).error().reason, "NotFound");
    create_topic();
    Effects effects;
    Caller stranger = owner();
    stranger.principal.account = "111111111111";
    EXPECT_EQ(core->apply(request, stranger, effects).error().reason, "AuthorizationError");
    EXPECT_TRUE(effects.changes.empty());
    EXPECT_EQ(apply(schema::PublishMessages{.topic_arn = topic_t}).error().code,
              ErrorCode::invalid_argument);
}

TEST_F(FanoutTest, what_a_crash_finds_not_yet_in_the_rows_is_owed_again) {
    create_topic();
    const std::string one = subscribe_queue(queue_a);
    const std::string two = subscribe_queue(queue_b);
    for (int i = 0; i < 5; ++i) publish(std::to_string(i));
    sync();
    accept(due()[0]);  // One row is written, the other is not.
    publish("6");
    sync();
    crash();
    EXPECT_EQ(state_of(one).owed + state_of(two).owed, 7u);
    EXPECT_EQ(deliver_all().size(), 7u);
    pass(2s);
    sync();
    crash();
    EXPECT_EQ(state_of(one).owed + state_of(two).owed, 0u);
}

TEST_F(FanoutTest, thousands_of_subscriptions_are_owed_in_bounded_batches) {
    create_topic();
    for (int i = 0; i < 1500; ++i) subscribe_queue(queue_a + std::to_string(i));
    publish("to all");  // The store of these tests takes at most 1,024 changes at once.
    sync();
    run_timers();
    sync();
    crash();
    EXPECT_EQ(deliver_all().size(), 1500u);
}

TEST_F(FanoutTest, the_journal_keeps_what_rows_do_not_know_of_yet) {
    CoreOptions short_memory;
    short_memory.retention_records_max = 1;
    restart_with(short_memory);
    create_topic();
    const std::string one = subscribe_queue();
    for (int i = 0; i < 10; ++i) publish(std::to_string(i));
    sync();
    deliver_all();
    sync();
    pass(2s);
    pass(2s);
    sync();
    EXPECT_GT(core->find({})->first_sequence, 5u);
    crash();
    EXPECT_EQ(state_of(one).owed, 0u);
    publish("more");
    sync();
    EXPECT_EQ(deliver_all().size(), 1u);
}

TEST_F(FanoutTest, what_a_queue_refuses_goes_to_the_dead_letter_queue) {
    create_topic();
    const std::string one = subscribe_queue(
        queue_a, {{"RedrivePolicy", R"({"deadLetterTargetArn":")" + queue_b + R"("})"}});
    publish("a");
    publish("b");
    publish("c");
    sync();
    const auto first = due()[0];
    answer(first, schema::Delivered{.through = first.message.items[2].number,
                                    .refused = {{.id = first.message.items[1].event_id,
                                                 .error_reason = "AccessDenied",
                                                 .error_message = "policy"}}});
    EXPECT_TRUE(due().empty()) << "the attempt's record is not durable yet";
    EXPECT_EQ(state_of(one).owed, 0u);
    EXPECT_EQ(state_of(one + "/dlq").owed, 1u);
    sync();
    crash();
    const auto dead = due();
    ASSERT_EQ(dead.size(), 1u);
    EXPECT_EQ(dead[0].message.destination_arn, queue_b);
    EXPECT_TRUE(dead[0].message.source.ends_with("/dlq"));
    ASSERT_EQ(dead[0].message.items.size(), 1u);
    EXPECT_EQ(dead[0].message.items[0].body, "b");
    EXPECT_EQ(dead[0].message.items[0].source_arn, topic_t);
    EXPECT_TRUE(undeliverable.empty());
    reject(dead[0], ErrorCode::unavailable);
    accept(due()[0]);
    EXPECT_EQ(state_of(one + "/dlq").owed, 0u);
    const auto attempts = journaled<schema::DeliveryAttempt>();
    ASSERT_EQ(attempts.size(), 1u);
    EXPECT_EQ(attempts[0].dead_letter_arn, queue_b);
    EXPECT_EQ(attempts[0].message_sequence, 2u);
}

TEST_F(FanoutTest, dead_letters_keep_their_order_and_a_changed_queue_gets_only_the_new_ones) {
    create_topic();
    const std::string one = subscribe_queue(
        queue_a, {{"RedrivePolicy", R"({"deadLetterTargetArn":")" + queue_b + R"("})"}});
    const auto refuse_next = [&](const std::string& text) {
        publish(text);
        sync();
        for (const auto& delivery : due()) {
            if (delivery.message.destination_arn == queue_a) reject(delivery, ErrorCode::not_found);
        }
    };
    refuse_next("a");
    refuse_next("b");
    ASSERT_TRUE(apply(schema::SetSubscriptionAttribute{
        .arn = one,
        .name = "RedrivePolicy",
        .value = R"({"deadLetterTargetArn":")" + queue_b + R"(2"})"}));
    refuse_next("c");
    sync();
    crash();
    auto dead = due();
    ASSERT_EQ(dead.size(), 1u);
    EXPECT_EQ(dead[0].message.destination_arn, queue_b);
    ASSERT_EQ(dead[0].message.items.size(), 2u);
    EXPECT_EQ(dead[0].message.items[0].body, "a");
    EXPECT_LT(dead[0].message.items[0].number, dead[0].message.items[1].number);
    accept(dead[0]);
    dead = due();
    EXPECT_EQ(dead[0].message.destination_arn, queue_b + "2");
    EXPECT_EQ(dead[0].message.items[0].body, "c");
}

TEST_F(FanoutTest, a_refused_dead_letter_is_kept_as_undelivered) {
    create_topic();
    const std::string one = subscribe_queue(
        queue_a, {{"RedrivePolicy", R"({"deadLetterTargetArn":")" + queue_b + R"("})"}});
    publish("a");
    sync();
    reject(due()[0], ErrorCode::not_found);
    sync();
    const auto dead = due()[0];
    answer(dead, schema::Delivered{.through = dead.message.items[0].number,
                                   .refused = {{.id = dead.message.items[0].event_id,
                                                .error_reason = "AccessDenied",
                                                .error_message = "policy"}}});
    EXPECT_EQ(state_of(one + "/dlq").undelivered, 1u);
    ASSERT_EQ(undeliverable.size(), 1u);
    EXPECT_EQ(undeliverable[0].sequence, 1u);
}

TEST_F(FanoutTest, without_a_dead_letter_queue_what_a_queue_refuses_is_undelivered) {
    create_topic();
    const std::string one = subscribe_queue();
    publish("a");
    sync();
    reject(due()[0], ErrorCode::not_found);
    EXPECT_EQ(state_of(one).undelivered, 1u);
    EXPECT_EQ(state_of(one).owed, 0u);
    const auto row = store.get("notifier", undelivered_key(one, delivery_number(1, 0)));
    ASSERT_TRUE(row && *row);
    const auto record = schema::decode<UndeliveredRecord>(**row);
    EXPECT_EQ(schema::decode<schema::TopicMessage>(record->event)->message, "a");
}

TEST_F(FanoutTest, a_removed_subscription_is_owed_nothing_and_leaves_no_row) {
    create_topic();
    const std::string one = subscribe_queue(queue_a);
    publish("a");
    sync();
    reject(due()[0], ErrorCode::not_found);  // An UndeliveredRecord.
    publish("b");
    sync();
    deliver_all();
    publish("c");
    sync();
    const auto on_its_way = due();
    ASSERT_TRUE(apply(schema::Unsubscribe{.arn = one}));
    EXPECT_TRUE(state_of(one).arn.empty());
    accept(on_its_way[0]);
    sync();
    crash();  // Before its rows are gone.
    EXPECT_TRUE(state_of(one).arn.empty());
    pass(2s);
    for (const std::string prefix : {"d/", "b/", "u/", "a/"}) {
        EXPECT_TRUE(store.scan("notifier", store::Range::of_prefix(prefix), 10)->empty()) << prefix;
    }
    publish("d");
    sync();
    EXPECT_TRUE(due().empty());
}

TEST_F(FanoutTest, a_deleted_topic_takes_its_subscriptions_debts_along) {
    create_topic();
    subscribe_queue(queue_a);
    subscribe_queue(queue_b);
    publish("a");
    sync();
    ASSERT_TRUE(apply(schema::DeleteTopic{.arn = topic_t}));
    EXPECT_TRUE(due().empty());
    EXPECT_TRUE(core->list_destinations().destinations.empty());
    pass(2s);
    EXPECT_TRUE(store.scan("notifier", store::Range::of_prefix("d/"), 10)->empty());
}

TEST_F(FanoutTest, two_subscriptions_of_one_queue_have_marks_of_their_own) {
    create_topic();
    create_topic("u");
    subscribe_queue();
    ASSERT_TRUE(apply(schema::Subscribe{.topic_arn = "arn:aws:sns:us-east-1:000000000000:u",
                                        .protocol = "sqs",
                                        .endpoint = queue_a}));
    publish("a");
    ASSERT_TRUE(apply(schema::PublishMessages{.topic_arn = "arn:aws:sns:us-east-1:000000000000:u",
                                              .entries = {schema::PublishEntry{.message = "b"}}}));
    sync();
    const auto deliveries = due();
    ASSERT_EQ(deliveries.size(), 2u);
    EXPECT_NE(deliveries[0].message.source, deliveries[1].message.source);
}

}  // namespace
}  // namespace onput::notifier
