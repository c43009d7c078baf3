#include <set>

#include "services/notifier/delivery/one_by_one.hpp"
#include "tests/services/notifier/harness.hpp"

namespace onput::notifier {
namespace {

using namespace std::chrono_literals;

const std::string url = "https://example.com/hook";

class OutboundDeliveriesTest : public NotifierTest {
protected:
    OutboundDeliveriesTest() { create_topic(); }

    using Texts = std::vector<std::string>;
    // What a restart or a moment later is sent, and stays in flight.
    Texts due_texts() { return texts(outbound_due()); }
    static std::string redrive() { return R"({"deadLetterTargetArn":")" + queue_b + R"("})"; }
    static std::string retry_policy(int retries, int delay_s) {
        return R"({"healthyRetryPolicy":{"numRetries":)" + std::to_string(retries) +
               R"(,"minDelayTarget":)" + std::to_string(delay_s) + R"(,"maxDelayTarget":)" +
               std::to_string(delay_s) + "}}";
    }
    std::vector<schema::DeliveryAttempt> attempts() const {
        return journaled<schema::DeliveryAttempt>();
    }
};

TEST_F(OutboundDeliveriesTest, a_subscription_is_confirmed_and_then_told) {
    const std::string arn = subscribe("https", url);
    publish("before");
    EXPECT_TRUE(outbound_due().empty()) << "not durable yet";
    sync();
    const auto invitations = outbound_due();
    ASSERT_EQ(invitations.size(), 1u) << "a pending one is only sent its confirmation";
    EXPECT_EQ(std::get<HttpRequest>(invitations[0].message).url, url);
    EXPECT_EQ(invitations[0].subscription_arn, arn);
    take(invitations[0]);
    ASSERT_TRUE(apply(
        schema::ConfirmSubscription{.topic_arn = topic_t, .token = find_subscription(arn)->token}));
    publish("after");
    sync();
    EXPECT_EQ(due_texts(), Texts{"after"});
}

TEST_F(OutboundDeliveriesTest, who_ends_by_a_link_gets_the_notice_and_nothing_else) {
    const std::string arn = subscribe_webhook(url);
    publish("owed before the end");
    sync();
    ASSERT_EQ(outbound_due().size(), 1u);
    Effects effects;
    ASSERT_TRUE(core->apply(schema::Unsubscribe{.arn = arn}, {.now = now}, effects));
    commit(std::move(effects));
    publish("after");
    EXPECT_TRUE(outbound_due().empty()) << "not durable yet";
    sync();
    const auto notices = outbound_due();
    ASSERT_EQ(notices.size(), 1u);
    EXPECT_TRUE(texts(notices)[0].contains("deactivate subscription " + arn));
    take(notices[0]);
    sync();
    EXPECT_TRUE(outbound_due().empty());
}

TEST_F(OutboundDeliveriesTest, a_clock_that_jumps_makes_no_retry_sooner_or_later) {
    CoreOptions known = options;
    known.boot = "boot";
    restart_with(known);
    subscribe_webhook(url, {{"DeliveryPolicy", retry_policy(3, 20)}});
    publish("m");
    sync();
    // Up, and down: the second is only seen by the next life.
    fail_once(outbound_due().at(0));
    jump(30 * 24h);
    EXPECT_TRUE(outbound_due().empty());
    now += 19s;
    EXPECT_TRUE(outbound_due().empty());
    now += 3s;
    fail_once(outbound_due().at(0));
    sync();
    jump(-60 * 24h);
    crash();
    now += 19s;
    EXPECT_TRUE(outbound_due().empty());
    now += 3s;
    EXPECT_EQ(due_texts(), Texts{"m"});
}

// --- Without a mail server --------------------------------------------------------------------

class UnconfiguredMailTest : public OutboundDeliveriesTest {
protected:
    UnconfiguredMailTest() { configure({{"email", "no mail server"}}); }

    void configure(UnconfiguredProtocols unconfigured) {
        CoreOptions changed = options;
        changed.deliveries.unconfigured = std::move(unconfigured);
        restart_with(changed);
    }
};

TEST_F(UnconfiguredMailTest, an_invitation_waits_until_there_is_a_mail_server) {
    const std::string arn = subscribe("email", "a@example.com");
    sync();
    EXPECT_TRUE(outbound_due().empty());
    EXPECT_EQ(state_of(arn).owed, 1u);
    EXPECT_EQ(state_of(arn).last_error, "waiting: no mail server");
    EXPECT_TRUE(attempts().empty());
    now += 24h;
    configure({});
    const auto invitations = outbound_due();
    ASSERT_EQ(invitations.size(), 1u);
    EXPECT_EQ(std::get<Mail>(invitations[0].message).to, "a@example.com");
}

TEST_F(UnconfiguredMailTest, messages_wait_in_order_and_others_go_on) {
    configure({});
    const std::string mail = subscribe_webhook("a@example.com", {}, "email");
    subscribe_webhook(url);
    configure({{"email", "no mail server"}});
    publish("a");
    publish("b");
    sync();
    EXPECT_EQ(due_texts(), (Texts{"a", "b"})) << "the webhook's alone";
    EXPECT_EQ(state_of(mail).owed, 2u);
    run_timers();
    EXPECT_GT(core->next_wakeup(now), now) << "what waits keeps nobody awake";
    configure({});
    std::size_t mails = 0;
    for (const auto& delivery : outbound_due()) mails += delivery.subscription_arn == mail ? 1 : 0;
    EXPECT_EQ(mails, 2u);
}

TEST_F(UnconfiguredMailTest, what_waits_too_long_is_a_dead_letter) {
    configure({});
    const std::string mail =
        subscribe_webhook("a@example.com", {{"RedrivePolicy", redrive()}}, "email");
    configure({{"email", "no mail server"}});
    publish("a");
    sync();
    EXPECT_TRUE(outbound_due().empty());
    now += options.deliveries.undelivered_age_max;
    EXPECT_TRUE(outbound_due().empty());
    sync();
    EXPECT_EQ(state_of(mail).owed, 0u);
    ASSERT_FALSE(attempts().empty());
    EXPECT_EQ(attempts().back().error, "too old; it waited in vain: no mail server");
    EXPECT_EQ(attempts().back().dead_letter_arn, queue_b);
}

TEST_F(UnconfiguredMailTest, a_list_of_destinations_says_who_they_are_and_what_is_missing) {
    const std::string arn = subscribe("email", "a@example.com");
    sync();
    const auto list = core->list_destinations();
    EXPECT_EQ(list.unconfigured.at("email"), "no mail server");
    EXPECT_EQ(state_of(arn).protocol, "email");
    EXPECT_EQ(state_of(arn).endpoint, "a@example.com");
}

TEST_F(OutboundDeliveriesTest, a_subscription_is_shown_as_pending_until_it_is_confirmed) {
    const std::string arn = subscribe("https", url);
    sync();
    EXPECT_EQ(state_of(arn).last_error, "pending: its endpoint has not confirmed it");
    for (const auto& delivery : outbound_due()) take(delivery);
    // Invited, and owed nothing more: it is pending all the same.
    EXPECT_EQ(state_of(arn).owed, 0u);
    EXPECT_EQ(state_of(arn).last_error, "pending: its endpoint has not confirmed it");
    ASSERT_TRUE(apply(
        schema::ConfirmSubscription{.topic_arn = topic_t, .token = find_subscription(arn)->token}));
    EXPECT_EQ(state_of(arn).last_error, "");
}

TEST_F(OutboundDeliveriesTest, a_confirmation_is_not_sent_to_others) {
    subscribe_webhook(url);
    const std::string other = subscribe("https", url + "2");
    sync();
    const auto deliveries = outbound_due();
    ASSERT_EQ(deliveries.size(), 1u);
    EXPECT_EQ(deliveries[0].subscription_arn, other);
}

TEST_F(OutboundDeliveriesTest, one_confirmed_meanwhile_is_not_invited_again) {
    const std::string arn = subscribe("https", url);
    sync();
    fail_once(outbound_due()[0]);
    ASSERT_TRUE(apply(
        schema::ConfirmSubscription{.topic_arn = topic_t, .token = find_subscription(arn)->token}));
    now += 1h;
    sync();
    EXPECT_TRUE(outbound_due().empty());
    EXPECT_EQ(state_of(arn).owed, 0u);
}

TEST_F(OutboundDeliveriesTest, each_attempt_is_journaled_with_what_came_of_it) {
    const std::string arn = subscribe_webhook(url + "?secret=1");
    published.clear();
    const std::string message_id = publish("a");
    sync();
    fail_once(outbound_due()[0]);
    now += 1h;
    take(outbound_due()[0]);
    ASSERT_EQ(attempts().size(), 2u);
    const auto failed = attempts()[0];
    EXPECT_EQ(failed.message_id, message_id);
    EXPECT_EQ(failed.subscription_arn, arn);
    EXPECT_EQ(failed.protocol, "https");
    EXPECT_EQ(failed.endpoint, url);
    EXPECT_EQ(failed.attempt, 1u);
    EXPECT_EQ(failed.status_code, 503);
    EXPECT_EQ(failed.latency_us, 12'000u);
    EXPECT_EQ(failed.error, "status 503");
    ASSERT_TRUE(failed.next_attempt_at);
    EXPECT_GE(*failed.next_attempt_at, now - 1h + 20s);
    EXPECT_EQ(failed.trace.trace_id, trace_id);
    const auto succeeded = attempts()[1];
    EXPECT_TRUE(succeeded.succeeded);
    EXPECT_EQ(succeeded.attempt, 2u);
    EXPECT_FALSE(succeeded.next_attempt_at);
    EXPECT_EQ(published[1].type, "sns.DeliveryFailed");
    EXPECT_EQ(published[2].topic, "sns.DeliverySucceeded/t/https");
}

TEST_F(OutboundDeliveriesTest, a_message_that_fails_holds_the_others_back_by_nothing) {
    subscribe_webhook(url);
    publish("bad");
    sync();
    fail_once(outbound_due()[0]);
    for (int i = 0; i < 50; ++i) publish(std::to_string(i));
    sync();
    for (int i = 0; i < 50;) {
        const auto deliveries = outbound_due();
        ASSERT_FALSE(deliveries.empty());
        EXPECT_LE(deliveries.size(), http_open_max);
        for (const auto& delivery : deliveries) {
            EXPECT_EQ(text_of(delivery), std::to_string(i++));
            take(delivery);
        }
    }
    EXPECT_TRUE(outbound_due().empty());
    now += 1h;
    EXPECT_EQ(due_texts(), Texts{"bad"});
}

TEST_F(OutboundDeliveriesTest, tried_often_enough_it_goes_to_the_dead_letter_queue) {
    const std::string arn = subscribe_webhook(
        url, {{"RedrivePolicy", redrive()}, {"DeliveryPolicy", retry_policy(2, 5)}});
    publish("a");
    sync();
    for (int i = 0; i < 3; ++i) {
        const auto deliveries = outbound_due();
        ASSERT_EQ(deliveries.size(), 1u) << i;
        fail_once(deliveries[0]);
        sync();
        crash();  // Its attempts survive.
        EXPECT_TRUE(outbound_due().empty());
        now += 10s;
    }
    EXPECT_TRUE(outbound_due().empty());
    EXPECT_EQ(state_of(arn).owed, 0u);
    const auto dead = due();
    ASSERT_EQ(dead.size(), 1u);
    EXPECT_EQ(dead[0].message.destination_arn, queue_b);
    EXPECT_EQ(dead[0].message.items[0].body, "a");
    accept(dead[0]);
    EXPECT_EQ(state_of(arn + "/dlq").owed, 0u);
    EXPECT_EQ(attempts().back().dead_letter_arn, queue_b);
    EXPECT_TRUE(store.scan("notifier", attempts_of(arn), 10)->empty());
    EXPECT_TRUE(undeliverable.empty());
}

TEST_F(OutboundDeliveriesTest, refused_for_good_it_is_not_tried_again) {
    const std::string arn = subscribe_webhook(url, {{"RedrivePolicy", redrive()}});
    publish("a");
    sync();
    answer(outbound_due()[0], OutboundVerdict::refused, 404);
    now += 1h;
    EXPECT_TRUE(outbound_due().empty());
    sync();
    EXPECT_EQ(due().size(), 1u);
    EXPECT_EQ(state_of(arn).owed, 0u);
}

TEST_F(OutboundDeliveriesTest, without_a_dead_letter_queue_it_is_kept_as_undelivered) {
    const std::string arn = subscribe_webhook(url);
    publish("a");
    sync();
    answer(outbound_due()[0], OutboundVerdict::refused, 410);
    EXPECT_EQ(state_of(arn).undelivered, 1u);
    ASSERT_EQ(undeliverable.size(), 1u);
    EXPECT_EQ(undeliverable[0].error, "status 410");
    sync();
    crash();
    EXPECT_EQ(state_of(arn).undelivered, 1u);
    EXPECT_EQ(state_of(arn).owed, 0u);
}

TEST_F(OutboundDeliveriesTest, an_invitation_that_nobody_takes_goes_to_no_dead_letter_queue) {
    const std::string arn = subscribe("https", url, {{"RedrivePolicy", redrive()}});
    sync();
    answer(outbound_due()[0], OutboundVerdict::refused, 404);
    sync();
    EXPECT_TRUE(due().empty());
    EXPECT_EQ(state_of(arn).undelivered, 1u);
}

TEST_F(OutboundDeliveriesTest, what_can_never_be_sent_is_settled_without_an_attempt_outside) {
    const std::string arn = subscribe_webhook(url, {{"RedrivePolicy", redrive()}});
    writer.is_impossible = true;
    publish("a");
    publish("b");
    sync();
    EXPECT_TRUE(outbound_due().empty());
    EXPECT_EQ(state_of(arn).owed, 0u);
    EXPECT_EQ(attempts().back().error, "nobody could send this");
    sync();
    EXPECT_EQ(due()[0].message.items.size(), 2u);
}

TEST_F(OutboundDeliveriesTest, after_a_restart_what_was_on_its_way_is_sent_again) {
    subscribe_webhook(url);
    for (int i = 0; i < 3; ++i) publish(std::to_string(i));
    sync();
    const auto lost = outbound_due();
    ASSERT_EQ(lost.size(), 3u);
    take(lost[0]);
    sync();
    crash();
    EXPECT_EQ(due_texts(), (Texts{"1", "2"}));
    take(lost[1]);  // From before the restart.
}

TEST_F(OutboundDeliveriesTest, an_acknowledgement_lost_in_a_crash_repeats_the_message) {
    subscribe_webhook(url);
    publish("a");
    sync();
    take(outbound_due()[0]);  // Committed, not synced.
    crash();
    EXPECT_EQ(due_texts(), Texts{"a"});
}

TEST_F(OutboundDeliveriesTest, a_second_answer_is_ignored) {
    const std::string arn = subscribe_webhook(url);
    publish("a");
    sync();
    const auto delivery = outbound_due()[0];
    take(delivery);
    fail_once(delivery);
    EXPECT_EQ(state_of(arn).failures, 0u);
    EXPECT_EQ(state_of(arn).owed, 0u);
}

TEST_F(OutboundDeliveriesTest, mails_are_few_at_a_time) {
    subscribe_webhook("a@example.com", {}, "email");
    for (int i = 0; i < 5; ++i) publish(std::to_string(i));
    sync();
    const auto deliveries = outbound_due();
    ASSERT_EQ(deliveries.size(), mail_open_max);
    EXPECT_EQ(std::get<Mail>(deliveries[0].message).to, "a@example.com");
}

TEST_F(OutboundDeliveriesTest, not_more_is_begun_in_a_second_than_the_throttle_says) {
    subscribe_webhook(url,
                      {{"DeliveryPolicy", R"({"throttlePolicy":{"maxReceivesPerSecond":2}})"}});
    now += 10s;
    for (int i = 0; i < 5; ++i) publish(std::to_string(i));
    sync();
    for (const auto& delivery : outbound_due()) take(delivery);
    EXPECT_TRUE(outbound_due().empty());
    now += 500ms;
    run_timers();
    EXPECT_EQ(core->next_wakeup(now), now + 500ms);
    now += 500ms;
    EXPECT_EQ(outbound_due().size(), 2u);
}

TEST_F(OutboundDeliveriesTest, at_most_so_much_is_on_its_way_to_all_together) {
    for (std::size_t i = 0; i < in_flight_outside_max / http_open_max + 2; ++i) {
        subscribe_webhook(url + std::to_string(i));
    }
    for (std::size_t i = 0; i < http_open_max; ++i) publish(std::to_string(i));
    sync();
    auto open = outbound_due();
    EXPECT_EQ(open.size(), in_flight_outside_max);
    EXPECT_TRUE(outbound_due().empty());
    take(open.back());
    EXPECT_EQ(outbound_due().size(), 1u);
}

TEST_F(OutboundDeliveriesTest, a_round_that_was_cut_short_goes_on_where_it_stopped) {
    for (std::size_t i = 0; i < in_flight_outside_max / http_open_max + 1; ++i) {
        subscribe_webhook(url + std::to_string(i));
    }
    const auto publish_some = [this] {
        for (std::size_t i = 0; i < http_open_max; ++i) publish(std::to_string(i));
        sync();
    };
    publish_some();
    std::set<std::string> served;
    for (const auto& delivery : outbound_due()) {
        served.insert(delivery.subscription_arn);
        take(delivery);
    }
    publish_some();
    EXPECT_FALSE(served.contains(outbound_due().front().subscription_arn));
}

TEST_F(OutboundDeliveriesTest, far_behind_it_is_refilled_from_the_journal) {
    const std::string arn = subscribe_webhook(url);
    for (std::size_t i = 0; i < window_max + 100; ++i) publish(std::to_string(i));
    sync();
    EXPECT_EQ(state_of(arn).owed, window_max + 100);
    std::size_t taken = 0;
    for (int turns = 0; turns < 5000 && state_of(arn).owed > 0; ++turns) {
        for (const auto& delivery : outbound_due()) {
            EXPECT_EQ(text_of(delivery), std::to_string(taken++));
            take(delivery);
        }
        if (turns == 200) {
            run_timers();
            sync();
            crash();
        }
    }
    EXPECT_EQ(taken, window_max + 100);
}

TEST_F(OutboundDeliveriesTest, unsubscribing_ends_what_is_owed) {
    const std::string arn = subscribe_webhook(url);
    publish("a");
    publish("b");
    sync();
    const auto open = outbound_due();
    fail_once(open[0]);
    ASSERT_TRUE(apply(schema::Unsubscribe{.arn = arn}));
    take(open[1]);
    now += 1h;
    EXPECT_TRUE(outbound_due().empty());
    pass(2s);
    EXPECT_TRUE(store.scan("notifier", attempts_of(arn), 10)->empty());
    EXPECT_TRUE(store.scan("notifier", store::Range::of_prefix("d/"), 10)->empty());
}

TEST_F(OutboundDeliveriesTest, the_journal_is_kept_while_one_waits) {
    CoreOptions short_memory;
    short_memory.retention_records_max = 1;
    restart_with(short_memory);
    subscribe_webhook(url);
    publish("waits");
    sync();
    fail_once(outbound_due()[0]);
    for (int i = 0; i < 20; ++i) publish(std::to_string(i));
    sync();
    for (auto open = outbound_due(); !open.empty(); open = outbound_due()) {
        for (const auto& delivery : open) take(delivery);
    }
    pass(2s);
    sync();
    pass(2s);
    sync();
    crash();
    now += 1h;
    EXPECT_EQ(due_texts(), Texts{"waits"});
}

TEST_F(OutboundDeliveriesTest, states_and_metrics_tell_of_each_subscription) {
    const std::string arn = subscribe_webhook(url);
    publish("a");
    publish("b");
    sync();
    const auto open = outbound_due();
    fail_once(open[0]);
    take(open[1]);
    const auto state = state_of(arn);
    EXPECT_EQ(state.owed, 1u);
    EXPECT_GE(state.next_attempt_at, now + 20s);
    std::map<std::string, double> metrics;
    for (const auto& metric : core->metrics(now + 3s)) metrics[metric.name] = metric.value;
    const std::string target = "target=\"" + arn + "\"";
    EXPECT_EQ(metrics["onput_delivery_attempts_total{" + target + ",outcome=\"failed\"}"], 1);
    EXPECT_EQ(metrics["onput_delivery_attempts_total{" + target + ",outcome=\"delivered\"}"], 2);
    EXPECT_EQ(metrics["onput_delivery_owed{" + target + "}"], 1);
    EXPECT_EQ(metrics["onput_delivery_oldest_seconds{" + target + "}"], 3);
    EXPECT_EQ(metrics["onput_subscriptions"], 1);
}

}  // namespace
}  // namespace onput::notifier
