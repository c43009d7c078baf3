#include "services/notifier/delivery/ordered_batch.hpp"
#include "tests/services/notifier/harness.hpp"

namespace onput::notifier {
namespace {

using namespace std::chrono_literals;

class DeliveriesTest : public NotifierTest {
protected:
    static std::vector<std::uint64_t> sequences(const Delivery& delivery) {
        std::vector<std::uint64_t> result;
        for (const auto& item : delivery.message.items) {
            result.push_back(sequence_of(item.number));
        }
        return result;
    }
    void fill_destinations();
};

TEST_F(DeliveriesTest, an_event_is_sent_to_each_destination_it_is_owed) {
    auto sent = event({owe(queue_a, "one"), owe(queue_b, "two")});
    sent.trace_header = "Root=1-67891233-abcdef012345678912345678";
    append(sent);
    sync();
    const auto deliveries = due();
    ASSERT_EQ(deliveries.size(), 2u);
    const auto& message = deliveries[0].message;
    EXPECT_EQ(message.destination_arn, queue_a);
    EXPECT_EQ(message.source, core->epoch());
    EXPECT_EQ(message.service, "s3.amazonaws.com");
    ASSERT_EQ(message.items.size(), 1u);
    const auto& item = message.items[0];
    EXPECT_EQ(item.event_id, "event-1");
    EXPECT_EQ(item.source_arn, "arn:aws:s3:::b");
    EXPECT_EQ(item.source_account, "000000000000");
    EXPECT_EQ(item.trace.trace_id, trace_id);
    EXPECT_EQ(item.trace_header, sent.trace_header);
    EXPECT_NE(item.body.find(R"("configurationId":"one")"), std::string::npos);
    EXPECT_EQ(item.message_id,
              message_id_of({.event_id = "event-1", .arn = queue_a, .rule_id = "one"}));
    EXPECT_NE(deliveries[1].message.items[0].message_id, item.message_id);
}

TEST_F(DeliveriesTest, nothing_is_sent_before_it_is_durable) {
    append(event({owe(queue_a)}));
    EXPECT_TRUE(due().empty());
    sync();
    EXPECT_EQ(due().size(), 1u);
}

TEST_F(DeliveriesTest, the_durable_part_is_sent_while_the_rest_waits) {
    append_durably({owe(queue_a)});
    append(event({owe(queue_a)}));
    const auto deliveries = due();
    ASSERT_EQ(deliveries.size(), 1u);
    EXPECT_EQ(sequences(deliveries[0]), std::vector<std::uint64_t>{1});
}

TEST_F(DeliveriesTest, one_delivery_per_destination_is_on_its_way) {
    append_durably({owe(queue_a)});
    const auto first = due();
    append_durably({owe(queue_a)});
    EXPECT_TRUE(due().empty());
    accept(first[0]);
    EXPECT_EQ(sequences(due()[0]), std::vector<std::uint64_t>{2});
}

TEST_F(DeliveriesTest, what_waits_is_sent_in_batches_in_order) {
    append_durably({owe(queue_a)}, 600);
    const auto first = due();
    ASSERT_EQ(first[0].message.items.size(), deliver_items_max);
    accept(first[0]);
    const auto ids = deliver_all();
    ASSERT_EQ(ids.size(), 600 - deliver_items_max);
    EXPECT_EQ(ids.front(), "event-" + std::to_string(deliver_items_max + 1));
    EXPECT_EQ(ids.back(), "event-600");
    EXPECT_EQ(state_of(queue_a).owed, 0u);
    EXPECT_EQ(state_of(queue_a).delivered_through, 600u);
}

TEST_F(DeliveriesTest, a_batch_ends_before_it_grows_too_large) {
    for (int i = 0; i < 150; ++i) {
        auto large = event({owe(queue_a, std::string(30'000, 'r'))});
        append(large);
        sync();
    }
    const auto deliveries = due();
    std::size_t bytes = 0;
    for (const auto& item : deliveries[0].message.items) bytes += item.body.size();
    EXPECT_LE(bytes, deliver_bytes_max);
    EXPECT_GT(bytes, deliver_bytes_max - 40'000);
    accept(deliveries[0]);
    EXPECT_EQ(deliveries[0].message.items.size() + deliver_all().size(), 150u);
}

TEST_F(DeliveriesTest, two_rules_of_one_destination_make_two_messages) {
    append_durably({owe(queue_a, "one"), owe(queue_b, "x"), owe(queue_a, "two")});
    const auto deliveries = due();
    ASSERT_EQ(deliveries[0].message.items.size(), 2u);
    const auto& items = deliveries[0].message.items;
    EXPECT_LT(items[0].number, items[1].number);
    EXPECT_EQ(items[0].event_id, items[1].event_id);
    EXPECT_NE(items[0].message_id, items[1].message_id);
    // The queue took the first only; after a restart just the second is owed.
    answer(deliveries[0], schema::Delivered{.through = items[0].number});
    accept(deliveries[1]);
    sync();
    crash();
    EXPECT_EQ(state_of(queue_a).owed, 1u);
    const auto rest = due();
    ASSERT_EQ(rest.size(), 1u);
    ASSERT_EQ(rest[0].message.items.size(), 1u);
    EXPECT_EQ(rest[0].message.items[0].message_id, items[1].message_id);
}

TEST_F(DeliveriesTest, what_is_withheld_is_not_sent) {
    auto withheld = owe(queue_a);
    withheld.withheld = "depth 8 of the chain of causes";
    append_durably({withheld, owe(queue_b)});
    const auto deliveries = due();
    ASSERT_EQ(deliveries.size(), 1u);
    EXPECT_EQ(deliveries[0].message.destination_arn, queue_b);
    EXPECT_EQ(core->list_destinations().destinations.size(), 1u);
}

TEST_F(DeliveriesTest, the_first_retry_is_at_once_and_later_ones_back_off) {
    append_durably({owe(queue_a)});
    reject(due()[0], ErrorCode::unavailable);
    auto again = due();
    ASSERT_EQ(again.size(), 1u);
    Duration expected = retry_delay_min;
    for (int i = 0; i < 12; ++i) {
        reject(again[0], ErrorCode::timeout);
        EXPECT_TRUE(due().empty());
        const Timestamp next = state_of(queue_a).next_attempt_at;
        EXPECT_GE(next - now, expected / 2);
        EXPECT_LE(next - now, expected);
        EXPECT_LE(core->next_wakeup(now), next);
        now = next;
        again = due();
        ASSERT_EQ(again.size(), 1u);
        expected = std::min<Duration>(expected * 2, retry_delay_max);
    }
    EXPECT_EQ(expected, retry_delay_max);
    accept(again[0]);
    EXPECT_EQ(state_of(queue_a).failures, 0u);
    EXPECT_TRUE(state_of(queue_a).last_error.empty());
}

TEST_F(DeliveriesTest, a_destination_that_is_missing_or_forbidden_is_retried_slowly) {
    for (const auto code : {ErrorCode::not_found, ErrorCode::permission_denied}) {
        append_durably({owe(queue_a)});
        fail_times(queue_a, 10, code);
        const Duration delay = state_of(queue_a).next_attempt_at - now + 1s;
        EXPECT_GE(delay, refused_delay_max / 2);
        EXPECT_LE(delay, refused_delay_max);
        now += refused_delay_max;
        deliver_all();
    }
}

TEST_F(DeliveriesTest, a_retry_carries_the_same_ids_and_numbers) {
    append_durably({owe(queue_a)}, 3);
    const auto first = due();
    reject(first[0], ErrorCode::timeout);
    append_durably({owe(queue_a)});
    const auto second = due();
    ASSERT_EQ(second[0].message.items.size(), 4u);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(second[0].message.items[i], first[0].message.items[i]);
    }
}

TEST_F(DeliveriesTest, a_dead_destination_does_not_delay_another) {
    append_durably({owe(queue_a), owe(queue_b)}, 10);
    auto deliveries = due();
    ASSERT_EQ(deliveries.size(), 2u);
    reject(deliveries[0], ErrorCode::not_found);
    accept(deliveries[1]);
    fail_times(queue_a, 12, ErrorCode::not_found);
    for (int i = 0; i < 5; ++i) {
        append_durably({owe(queue_a), owe(queue_b)});
        deliveries = due();
        ASSERT_EQ(deliveries.size(), 1u);
        EXPECT_EQ(deliveries[0].message.destination_arn, queue_b);
        accept(deliveries[0]);
    }
    EXPECT_EQ(state_of(queue_a).owed, 15u);
    EXPECT_EQ(state_of(queue_b).owed, 0u);
}

TEST_F(DeliveriesTest, a_destination_far_behind_keeps_a_bounded_window_and_gets_everything) {
    append_durably({owe(queue_a)});
    const auto stuck = due();
    append_durably({owe(queue_a), owe(queue_b)}, window_max + 3000);
    deliver_all();
    EXPECT_EQ(state_of(queue_b).owed, 0u);
    EXPECT_EQ(state_of(queue_a).owed, window_max + 3001);
    core->check_invariants();
    accept(stuck[0]);
    const auto ids = deliver_all();
    ASSERT_EQ(ids.size(), window_max + 3000);
    for (std::size_t i = 0; i < ids.size(); ++i) {
        ASSERT_EQ(ids[i], "event-" + std::to_string(i + 2));
    }
}

TEST_F(DeliveriesTest, after_a_restart_everything_unacknowledged_is_sent_again) {
    append_durably({owe(queue_a)}, 1200);
    accept(due()[0]);
    sync();
    const auto lost = due();  // The answer to this one never comes.
    crash();
    EXPECT_EQ(state_of(queue_a).owed, 1200 - deliver_items_max);
    auto ids = deliver_all();
    ASSERT_EQ(ids.size(), 1200 - deliver_items_max);
    EXPECT_EQ(ids.front(), "event-" + std::to_string(deliver_items_max + 1));
    answer(lost[0], schema::Delivered{.through = ~0ULL});
    EXPECT_EQ(state_of(queue_a).owed, 0u);
}

TEST_F(DeliveriesTest, an_acknowledgement_lost_in_a_crash_repeats_the_same_messages) {
    append_durably({owe(queue_a)}, 2);
    const auto first = due();
    accept(first[0]);  // Committed, not synced.
    crash();
    EXPECT_EQ(state_of(queue_a).owed, 2u);
    const auto second = due();
    ASSERT_EQ(second.size(), 1u);
    EXPECT_EQ(second[0].message, first[0].message);
}

TEST_F(DeliveriesTest, a_sparse_destination_is_found_in_the_journal_after_a_restart) {
    append_durably({owe(queue_b)}, 1500);
    append_durably({owe(queue_a)});
    append_durably({owe(queue_b)}, 1500);
    append_durably({owe(queue_a)});
    crash();
    std::vector<std::string> to_a;
    for (int turns = 0; turns < 100; ++turns) {
        for (const auto& delivery : due()) {
            if (delivery.message.destination_arn == queue_a) {
                for (const auto& item : delivery.message.items) to_a.push_back(item.event_id);
            }
            accept(delivery);
        }
    }
    EXPECT_EQ(to_a, (std::vector<std::string>{"event-1501", "event-3002"}));
    EXPECT_EQ(state_of(queue_b).owed, 0u);
}

TEST_F(DeliveriesTest, a_refill_cut_short_asks_for_another_turn) {
    append_durably({owe(queue_b)}, refill_records_per_turn * 2);
    append_durably({owe(queue_a)});
    deliver_all();
    sync();
    // As after a crash that took the acknowledgement of an old event.
    DestinationRecord record;
    record.arn = queue_a;
    record.last_number = delivery_number(core->head(), 0);
    record.owed_total = 1;
    store::Batch batch{"notifier"};
    batch.put(destination_key(queue_a), schema::encode(record));
    ASSERT_TRUE(store.commit(std::move(batch)));
    sync();
    crash();
    EXPECT_TRUE(due().empty());
    EXPECT_EQ(core->next_wakeup(now), now);
    EXPECT_TRUE(due().empty());
    EXPECT_EQ(due().size(), 1u);
}

TEST_F(DeliveriesTest, a_partly_taken_batch_goes_on_where_it_stopped) {
    append_durably({owe(queue_a)}, 5);
    const auto first = due();
    answer(first[0], schema::Delivered{.through = first[0].message.items[1].number});
    EXPECT_EQ(sequences(due()[0]), (std::vector<std::uint64_t>{3, 4, 5}));
}

TEST_F(DeliveriesTest, a_destination_that_takes_nothing_has_failed) {
    append_durably({owe(queue_a)});
    answer(due()[0], schema::Delivered{});
    EXPECT_EQ(state_of(queue_a).failures, 1u);
    EXPECT_EQ(state_of(queue_a).owed, 1u);
}

TEST_F(DeliveriesTest, a_mark_beyond_the_batch_settles_only_the_batch) {
    append_durably({owe(queue_a)});
    const auto first = due();
    append_durably({owe(queue_a)});
    answer(first[0], schema::Delivered{.through = ~0ULL});
    EXPECT_EQ(state_of(queue_a).owed, 1u);
}

TEST_F(DeliveriesTest, a_second_answer_is_ignored) {
    append_durably({owe(queue_a)});
    const auto first = due();
    accept(first[0]);
    append_durably({owe(queue_a)});
    const auto second = due();
    accept(first[0]);
    reject(first[0], ErrorCode::timeout);
    EXPECT_EQ(state_of(queue_a).owed, 1u);
    EXPECT_EQ(state_of(queue_a).failures, 0u);
    accept(second[0]);
    EXPECT_EQ(state_of(queue_a).owed, 0u);
}

TEST_F(DeliveriesTest, what_is_refused_for_good_is_kept_and_not_sent_again) {
    append_durably({owe(queue_a)}, 3);
    const auto first = due();
    answer(first[0], schema::Delivered{.through = first[0].message.items[2].number,
                                       .refused = {{.id = "event-2",
                                                    .error_reason = "AccessDenied",
                                                    .error_message = "policy"}}});
    EXPECT_TRUE(due().empty());
    EXPECT_EQ(state_of(queue_a).undelivered, 1u);
    ASSERT_EQ(undeliverable.size(), 1u);
    EXPECT_EQ(undeliverable[0].event_id, "event-2");
    EXPECT_EQ(undeliverable[0].error, "AccessDenied: policy");
    const auto row = store.get("notifier", undelivered_key(queue_a, delivery_number(2, 0)));
    ASSERT_TRUE(row && *row);
    const auto record = schema::decode<UndeliveredRecord>(**row);
    EXPECT_EQ(schema::decode<schema::ObjectEvent>(record->event)->key, "k2");
}

TEST_F(DeliveriesTest, what_is_too_old_is_given_up_after_enough_failures) {
    append_durably({owe(queue_a)}, 2 * give_up_items_per_turn);
    fail_times(queue_a, give_up_failures_min, ErrorCode::not_found);
    run_timers();
    EXPECT_EQ(state_of(queue_a).undelivered, 0u);
    now += options.deliveries.undelivered_age_max;
    append_durably({owe(queue_a)});
    run_timers();
    EXPECT_EQ(state_of(queue_a).undelivered, 2 * give_up_items_per_turn);
    EXPECT_EQ(state_of(queue_a).owed, 1u);
    EXPECT_EQ(undeliverable.size(), 2 * give_up_items_per_turn);
    EXPECT_TRUE(undeliverable[0].error.starts_with("too old; last error: "));
    sync();
    crash();
    EXPECT_EQ(state_of(queue_a).undelivered, 2 * give_up_items_per_turn);
    EXPECT_EQ(sequences(due()[0]), std::vector<std::uint64_t>{2 * give_up_items_per_turn + 1});
}

TEST_F(DeliveriesTest, a_clock_that_jumps_forward_gives_nothing_up) {
    append_durably({owe(queue_a)}, 3);
    const auto on_its_way = due();
    jump(365 * 24h);
    reject(on_its_way[0], ErrorCode::unavailable);
    fail_times(queue_a, give_up_failures_min, ErrorCode::unavailable);
    pass(1min);
    EXPECT_EQ(state_of(queue_a).owed, 3u);
    EXPECT_EQ(deliver_all().size(), 3u);
    EXPECT_TRUE(undeliverable.empty());
}

TEST_F(DeliveriesTest, a_clock_that_jumps_forgets_no_undelivered_record) {
    pass(1s);
    jump(-365 * 24h);
    append_durably({owe(queue_a)});
    const auto delivery = due().at(0);
    answer(delivery,
           schema::Delivered{.through = delivery.message.items[0].number,
                             .refused = {{.id = "", .error_reason = "no", .error_message = "no"}}});
    pass(1min);
    jump(365 * 24h);
    pass(2min);
    jump(365 * 24h);
    pass(2min);
    EXPECT_EQ(state_of(queue_a).undelivered, 1u);
}

TEST_F(DeliveriesTest, a_clock_that_jumps_makes_no_retry_sooner_or_later) {
    append_durably({owe(queue_a)});
    fail_times(queue_a, 8, ErrorCode::unavailable);
    for (const Duration by : {Duration(10h), Duration(-20h)}) {
        jump(by);
        run_timers();
        EXPECT_TRUE(due().empty());
        EXPECT_LE(state_of(queue_a).next_attempt_at, now + retry_delay_max);
    }
    now += retry_delay_max;
    EXPECT_EQ(deliver_all().size(), 1u);
}

TEST_F(DeliveriesTest, only_the_newest_undelivered_are_kept) {
    const std::size_t rounds = undelivered_kept_max / deliver_items_max + 2;
    std::uint64_t refused = 0;
    for (std::size_t i = 0; i < rounds; ++i) {
        append_durably({owe(queue_a)}, deliver_items_max);
        const auto deliveries = due();
        schema::Delivered delivered{.through = ~0ULL};
        for (const auto& item : deliveries[0].message.items) {
            delivered.refused.push_back({.id = item.event_id, .error_reason = "AccessDenied"});
        }
        answer(deliveries[0], delivered);
        refused += deliveries[0].message.items.size();
    }
    ASSERT_GT(refused, undelivered_kept_max);
    EXPECT_EQ(state_of(queue_a).undelivered, undelivered_kept_max);
    EXPECT_FALSE(*store.get("notifier", undelivered_key(queue_a, delivery_number(1, 0))));
    EXPECT_TRUE(*store.get("notifier", undelivered_key(queue_a, delivery_number(refused, 0))));
}

// The number of destinations is full of queue_a0, queue_a1 ...
void DeliveriesTest::fill_destinations() {
    for (std::size_t i = 0; i < options.deliveries.destinations_max; i += owed_per_event_max) {
        std::vector<schema::OwedDestination> owed;
        for (std::size_t k = i;
             k < std::min(i + owed_per_event_max, options.deliveries.destinations_max); ++k) {
            owed.push_back(owe(queue_a + std::to_string(k)));
        }
        append_durably(owed);
    }
}

TEST_F(DeliveriesTest, a_destination_too_many_concerns_only_the_event_that_names_it) {
    fill_destinations();
    deliver_all();
    const std::vector<std::uint64_t> numbers{last_number + 1, last_number + 2, last_number + 3};
    last_number += 3;
    const auto appended =
        try_append(numbers, {event({owe(queue_a + "0")}), event({owe(queue_b), owe(queue_a + "1")}),
                             event({owe(queue_a + "2")})});
    ASSERT_TRUE(appended);
    EXPECT_EQ(appended->through, last_number);
    sync();
    EXPECT_EQ(deliver_all().size(), 3u);
    EXPECT_EQ(state_of(std::string(overflow_name)).undelivered, 1u);
    ASSERT_EQ(undeliverable.size(), 1u);
    EXPECT_NE(undeliverable[0].error.find(queue_b), std::string::npos);
    // The story of the event says why.
    const auto record = schema::decode<schema::ObjectEvent>(published[published.size() - 2].body);
    EXPECT_NE(record->owed[0].withheld, "");
    EXPECT_EQ(record->owed[1].withheld, "");
    // More than one page of rows.
    crash();
    EXPECT_EQ(core->list_destinations().destinations.size(),
              options.deliveries.destinations_max + 1);
}

TEST_F(DeliveriesTest, destinations_that_sleep_are_not_looked_at) {
    fill_destinations();
    for (const auto& delivery : due()) reject(delivery, ErrorCode::not_found);
    for (const auto& delivery : due()) reject(delivery, ErrorCode::not_found);
    EXPECT_TRUE(due().empty());
    // None is ready, so that the next turn is that of the trim, or of the first retry.
    EXPECT_GT(core->next_wakeup(now), now - 1s);
    EXPECT_TRUE(due().empty());
    now += refused_delay_max;
    EXPECT_EQ(due().size(), options.deliveries.destinations_max);
}

TEST_F(DeliveriesTest, a_dead_destination_is_forgotten_with_what_it_did_not_get) {
    append_durably({owe(queue_a)});
    fail_times(queue_a, give_up_failures_min, ErrorCode::not_found);
    pass(options.deliveries.undelivered_age_max + 1h);
    EXPECT_EQ(state_of(queue_a).undelivered, 1u);
    pass(undelivered_kept_age_max - 1h);
    EXPECT_EQ(state_of(queue_a).undelivered, 1u);
    pass(2h);
    EXPECT_TRUE(core->list_destinations().destinations.empty());
    EXPECT_TRUE(store.scan("notifier", store::Range::of_prefix("u/"), 10)->empty());
    sync();
    crash();
    EXPECT_TRUE(core->list_destinations().destinations.empty());
}

TEST_F(DeliveriesTest, a_damaged_journal_is_noticed_when_it_is_needed) {
    append_durably({owe(queue_a)}, 2);
    crash();
    store::Batch batch{"notifier"};
    batch.remove(journal_key(1));
    batch.remove(journal_key(2));
    ASSERT_TRUE(store.commit(std::move(batch)));
    EXPECT_EQ(core->due(now).error().code, ErrorCode::corruption);
}

TEST_F(DeliveriesTest, metrics_tell_attempts_debt_and_lag_per_destination) {
    append_durably({owe(queue_a)});
    now += 2s;
    reject(due()[0], ErrorCode::unavailable);
    accept(due()[0]);
    append_durably({owe(queue_a)});
    std::map<std::string, double> metrics;
    for (const auto& metric : core->metrics(now + 3s)) metrics[metric.name] = metric.value;
    const std::string target = "target=\"" + queue_a + "\"";
    EXPECT_EQ(metrics["onput_delivery_attempts_total{" + target + ",outcome=\"failed\"}"], 1);
    EXPECT_EQ(metrics["onput_delivery_attempts_total{" + target + ",outcome=\"delivered\"}"], 1);
    EXPECT_EQ(metrics["onput_delivery_owed{" + target + "}"], 1);
    EXPECT_EQ(metrics["onput_delivery_lag_seconds{" + target + "}"], 2);
    EXPECT_EQ(metrics["onput_delivery_oldest_seconds{" + target + "}"], 3);
    EXPECT_EQ(metrics["onput_journal_appended_total{type=\"s3.ObjectCreated.Put\"}"], 2);
    EXPECT_EQ(metrics["onput_journal_records"], 2);
    EXPECT_EQ(escape_label("a\"b\\c\nd"), "a\\\"b\\\\c d");
}

}  // namespace
}  // namespace onput::notifier
