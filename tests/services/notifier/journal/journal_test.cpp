#include "tests/services/notifier/harness.hpp"

namespace onput::notifier {
namespace {

using namespace std::chrono_literals;

class JournalTest : public NotifierTest {
protected:
    Result<FetchedPage> fetch(std::uint64_t from, std::uint32_t records_max = 2000) {
        return core->fetch({.from_sequence = from, .records_max = records_max});
    }
    [[nodiscard]] std::uint64_t journal_bytes() const {
        const auto metrics = core->metrics(now);
        const auto found = std::ranges::find(metrics, "onput_journal_bytes", &schema::Metric::name);
        return static_cast<std::uint64_t>(found->value);
    }
    std::uint64_t find(Timestamp since) { return core->find({.since = since})->sequence; }
};

TEST_F(JournalTest, sequences_rise_from_one_without_gaps_over_all_outboxes) {
    ASSERT_TRUE(try_append({5, 9}, {event(), event()}, "one"));
    ASSERT_TRUE(try_append({1}, {event()}, "two"));
    ASSERT_EQ(published.size(), 3u);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(published[i].sequence, i + 1);
    EXPECT_EQ(published[0].type, "s3.ObjectCreated.Put");
    EXPECT_EQ(published[0].topic, "s3.ObjectCreated.Put/b/k1");
}

TEST_F(JournalTest, rows_that_come_again_are_answered_but_not_appended) {
    const auto first = event();
    EXPECT_EQ(try_append({1}, {first})->through, 1u);
    EXPECT_EQ(try_append({1, 2}, {first, event()})->through, 2u);
    EXPECT_EQ(try_append({1}, {first})->through, 2u);
    EXPECT_EQ(core->head(), 2u);
}

TEST_F(JournalTest, an_outbox_is_recognised_after_a_restart) {
    const auto first = event();
    ASSERT_TRUE(try_append({1}, {first}));
    sync();
    crash();
    EXPECT_EQ(try_append({1}, {first})->through, 1u);
    EXPECT_EQ(core->head(), 1u);
}

TEST_F(JournalTest, what_was_not_synced_is_taken_again_after_a_crash) {
    const auto first = event();
    ASSERT_TRUE(try_append({1}, {first}));
    crash();
    EXPECT_EQ(core->head(), 0u);
    EXPECT_EQ(try_append({1}, {first})->through, 1u);
    EXPECT_EQ(core->head(), 1u);
}

TEST_F(JournalTest, the_epoch_stays_while_the_store_does) {
    const std::string epoch = core->epoch();
    EXPECT_EQ(epoch.size(), 32u);
    crash();
    EXPECT_EQ(core->epoch(), epoch);
}

TEST_F(JournalTest, an_append_that_makes_no_sense_takes_nothing) {
    const auto code = [this](std::vector<std::uint64_t> numbers,
                             std::vector<schema::ObjectEvent> events,
                             const std::string& source = "outbox") {
        return try_append(std::move(numbers), events, source).error().code;
    };
    EXPECT_EQ(code({1}, {}), ErrorCode::invalid_argument);
    EXPECT_EQ(code({2, 2}, {event(), event()}), ErrorCode::invalid_argument);
    EXPECT_EQ(code({2, 1}, {event(), event()}), ErrorCode::invalid_argument);
    EXPECT_EQ(code({1}, {event()}, ""), ErrorCode::invalid_argument);
    EXPECT_EQ(code({1}, {event()}, std::string(source_bytes_max + 1, 's')),
              ErrorCode::invalid_argument);
    EXPECT_EQ(core->head(), 0u);
}

TEST_F(JournalTest, an_event_that_cannot_be_taken_does_not_hold_up_the_others) {
    const auto result = try_append_bytes({1, 2}, {"garbage", schema::encode(event())});
    ASSERT_TRUE(result);
    EXPECT_EQ(result->through, 2u);
    // The failed attempt and the event; and what was refused is kept.
    EXPECT_EQ(core->head(), 2u);
    EXPECT_EQ(state_of(std::string(overflow_name)).undelivered, 1u);
}

TEST_F(JournalTest, more_events_than_one_append_may_hold_are_refused) {
    std::vector<std::uint64_t> numbers;
    std::vector<schema::ObjectEvent> events;
    for (std::size_t i = 0; i <= schema::append_events_max; ++i) {
        numbers.push_back(i + 1);
        events.push_back(event());
    }
    EXPECT_EQ(try_append(numbers, events).error().code, ErrorCode::invalid_argument);
    numbers.pop_back();
    events.pop_back();
    // The harness's store takes no batch above RADOS's limits: it was split.
    EXPECT_EQ(try_append(numbers, events)->through, schema::append_events_max);
}

TEST_F(JournalTest, an_outbox_too_many_takes_the_place_of_the_one_that_was_silent_longest) {
    for (std::size_t i = 0; i < sources_max; ++i) {
        now += 1s;
        ASSERT_TRUE(try_append({1}, {event()}, "outbox-" + std::to_string(i)));
    }
    ASSERT_TRUE(try_append({2}, {event()}, "outbox-0"));
    ASSERT_TRUE(try_append({1}, {event()}, "one more"));
    sync();
    crash();
    // What is known survives a restart, of all of them: nothing is journaled twice.
    const std::uint64_t head = core->head();
    EXPECT_EQ(try_append({2}, {event()}, "outbox-0")->through, 2u);
    EXPECT_EQ(try_append({1}, {event()}, "one more")->through, 1u);
    for (std::size_t i = 2; i < sources_max; ++i) {
        ASSERT_TRUE(try_append({1}, {event()}, "outbox-" + std::to_string(i)));
    }
    EXPECT_EQ(core->head(), head);
    EXPECT_TRUE(try_append({1}, {event()}, "outbox-1"));
    EXPECT_EQ(core->head(), head + 1);
}

TEST_F(JournalTest, a_row_that_cannot_be_taken_does_not_stop_those_behind_it) {
    auto owed_to_many = event();
    owed_to_many.owed.assign(owed_per_event_max + 1, owe(queue_a));
    const std::vector<std::string> rows{"no event at all",
                                        schema::encode(event({owe(queue_a)})),
                                        std::string(event_bytes_max + 1, 'x'),
                                        schema::encode(schema::ObjectEvent{}),
                                        schema::encode(owed_to_many),
                                        schema::encode(event({owe(std::string("a\0b", 3))})),
                                        schema::encode(schema::DeliveryAttempt{.event_id = "e"}),
                                        schema::encode(event({owe(queue_a)}))};
    const auto appended = try_append_bytes({1, 2, 3, 4, 5, 6, 7, 8}, rows);
    ASSERT_TRUE(appended);
    EXPECT_EQ(appended->through, 8u);
    sync();
    EXPECT_EQ(deliver_all().size(), 2u);
    EXPECT_EQ(undeliverable.size(), 6u);
    EXPECT_EQ(state_of(std::string(overflow_name)).undelivered, 6u);
    // Each is in the journal, and can be found there.
    EXPECT_EQ(core->head(), 8u);
    EXPECT_EQ(journaled<schema::DeliveryAttempt>().front().event_id, "outbox/1");
}

TEST_F(JournalTest, the_failure_of_a_job_is_journaled_and_published_once) {
    const schema::JobFailed failed{.event_id = "f1",
                                   .function = "speech",
                                   .bucket = "inbox",
                                   .key = "a.txt",
                                   .attempts = 3,
                                   .code = "text.empty",
                                   .reason = "nothing to speak"};
    const std::vector<std::string> rows{schema::encode(failed)};
    ASSERT_TRUE(try_append_bytes({1}, rows));
    ASSERT_TRUE(try_append_bytes({1}, rows));
    sync();
    EXPECT_EQ(core->head(), 1u);
    ASSERT_EQ(journaled<schema::JobFailed>().size(), 1u);
    EXPECT_EQ(journaled<schema::JobFailed>().front(), failed);
    EXPECT_EQ(bus_type_of(failed), "job.failed");
    EXPECT_EQ(bus_topic_of(failed), "job.failed/speech/inbox/a.txt");
    EXPECT_TRUE(undeliverable.empty());
}

TEST_F(JournalTest, how_far_a_job_has_come_is_journaled_and_owes_nothing) {
    const schema::JobProgress progress{.event_id = "p1",
                                       .function = "speech",
                                       .bucket = "inbox",
                                       .key = "a.txt",
                                       .parts_done = 3,
                                       .parts = 40};
    ASSERT_TRUE(try_append_bytes({1}, {schema::encode(progress)}));
    sync();
    ASSERT_EQ(journaled<schema::JobProgress>().size(), 1u);
    EXPECT_EQ(journaled<schema::JobProgress>().front(), progress);
    EXPECT_EQ(bus_type_of(progress), "job.progress");
    EXPECT_EQ(bus_topic_of(progress), "job.progress/speech/inbox/a.txt");
    EXPECT_TRUE(undeliverable.empty());
}

TEST_F(JournalTest, a_page_holds_the_records_asked_for) {
    append_durably({}, 1500);
    const auto page = fetch(3, 1200);
    ASSERT_TRUE(page);
    ASSERT_EQ(page->records.size(), 1200u);
    EXPECT_EQ(page->page.records, 1200u);
    EXPECT_EQ(page->page.head_sequence, 1500u);
    const auto first = schema::decode<schema::JournalRecord>(page->records.front());
    EXPECT_EQ(first->sequence, 3u);
    EXPECT_EQ(schema::decode<schema::ObjectEvent>(first->body)->event_id, "event-3");
    EXPECT_EQ(schema::decode<schema::JournalRecord>(page->records.back())->sequence, 1202u);
}

TEST_F(JournalTest, above_the_head_a_page_is_empty) {
    append_durably({});
    EXPECT_TRUE(fetch(2)->records.empty());
    EXPECT_TRUE(fetch(1'000'000)->records.empty());
}

TEST_F(JournalTest, a_page_ends_before_it_grows_too_large) {
    for (int i = 0; i < 100; ++i) {
        auto large = event();
        large.content_type = std::string(60'000, 'x');
        append(large);
        sync();
    }
    const auto page = fetch(1);
    EXPECT_LT(page->records.size(), 100u);
    EXPECT_GT(page->records.size(), fetch_bytes_max / 70'000);
}

TEST_F(JournalTest, another_epoch_is_named_in_the_refusal) {
    const auto result = core->fetch({.epoch = "another", .from_sequence = 1, .records_max = 1});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().reason, "wrong_epoch");
    EXPECT_EQ(result.error().details[0], std::pair(std::string("Epoch"), core->epoch()));
}

TEST_F(JournalTest, a_moment_is_found_by_time) {
    const Timestamp start = now;
    for (int i = 0; i < 10; ++i) {
        append_durably({});
        now += 1s;
    }
    EXPECT_EQ(find(start - 1s), 1u);
    EXPECT_EQ(find(start), 1u);
    EXPECT_EQ(find(start + 2500ms), 4u);
    EXPECT_EQ(find(start + 9s), 10u);
    EXPECT_EQ(find(start + 10s), 11u);
    EXPECT_EQ(core->find({.since = std::nullopt})->sequence, 11u);
}

TEST_F(JournalTest, a_clock_set_back_does_not_turn_the_journal_s_time) {
    append_durably({});
    const Timestamp before = now;
    now -= 1h;
    append_durably({});
    EXPECT_EQ(published[1].time, before);
    sync();
    crash();
    append_durably({});
    EXPECT_EQ(published[2].time, before);
    EXPECT_EQ(find(before + 1us), 4u);
}

TEST_F(JournalTest, old_records_go_and_readers_are_told) {
    append_durably({}, 700);
    now += 100h;
    append_durably({}, 5);
    pass(69h);
    EXPECT_EQ(core->fetch({.from_sequence = 700, .records_max = 1}).error().reason, "truncated");
    const auto refused = fetch(1);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::not_found);
    EXPECT_EQ(refused.error().details[0],
              (std::pair<std::string, std::string>("FirstSequence", "701")));
    EXPECT_EQ(fetch(701)->records.size(), 5u);
    sync();
    crash();
    EXPECT_EQ(fetch(701)->page.first_sequence, 701u);
}

TEST_F(JournalTest, a_clock_that_jumps_forward_trims_nothing) {
    append_durably({}, 3);
    jump(30 * 24h);
    pass(10min);
    sync();
    crash();
    pass(10min);
    EXPECT_EQ(core->fetch({.from_sequence = 1})->page.first_sequence, 1u);
    jump(-30 * 24h);
    pass(options.retention_age);
    EXPECT_EQ(core->find({})->first_sequence, 4u);
}

TEST_F(JournalTest, what_is_journaled_while_the_clock_is_behind_is_not_old_afterwards) {
    pass(1s);
    jump(-30 * 24h);
    append_durably({}, 3);
    pass(1min);
    jump(30 * 24h);
    pass(1min);
    EXPECT_EQ(core->find({})->first_sequence, 1u);
}

TEST_F(JournalTest, a_journal_may_become_empty_and_goes_on_counting) {
    append_durably({}, 3);
    pass(1000h);
    EXPECT_EQ(fetch(4)->page.first_sequence, 4u);
    sync();
    crash();
    append_durably({});
    EXPECT_EQ(core->head(), 4u);
    EXPECT_EQ(fetch(4)->records.size(), 1u);
}

TEST_F(JournalTest, records_above_the_count_go) {
    CoreOptions few;
    few.retention_records_max = 100;
    restart_with(few);
    append_durably({}, 450);
    pass(1s);
    EXPECT_EQ(fetch(351)->page.first_sequence, 351u);
    EXPECT_EQ(fetch(351)->records.size(), 100u);
}

TEST_F(JournalTest, records_above_the_bytes_go) {
    CoreOptions few;
    few.retention_bytes_max = 20'000;
    restart_with(few);
    append_durably({}, 450);
    pass(1s);
    const std::uint64_t bytes = journal_bytes();
    EXPECT_LE(bytes, 20'000u);
    EXPECT_GT(bytes, 19'000u) << "more went than had to";
    EXPECT_GT(core->find({})->first_sequence, 250u);
    // What a restart finds is counted still.
    sync();
    crash();
    EXPECT_EQ(journal_bytes(), bytes);
    append_durably({}, 450);
    pass(1s);
    EXPECT_LE(journal_bytes(), 20'000u);
    pass(1000h);
    EXPECT_EQ(journal_bytes(), 0u);
}

TEST_F(JournalTest, records_from_before_bytes_were_counted_go_uncounted) {
    append_durably({}, 10);
    const auto state = *schema::decode<JournalStateRecord>(**store.get("notifier", state_key()));
    store::Batch batch{"notifier"};
    batch.put(state_key(), schema::encode(JournalStateRecord{
                               .epoch = state.epoch, .head_sequence = state.head_sequence}));
    ASSERT_TRUE(store.commit(std::move(batch)));
    sync();
    crash();
    EXPECT_EQ(journal_bytes(), 0u);
    append_durably({}, 1);
    const std::uint64_t one = journal_bytes();
    EXPECT_GT(one, 0u);
    CoreOptions few;
    few.retention_records_max = 1;
    restart_with(few);
    pass(1s);
    EXPECT_EQ(journal_bytes(), one);
}

TEST_F(JournalTest, without_room_on_the_disk_nothing_is_taken_in_and_deliveries_go_on) {
    CoreOptions guarded;
    guarded.free_bytes_min = 1000;
    restart_with(guarded);
    append_durably({owe(queue_a)});
    core->room().observe(999);
    const auto refused = try_append({2}, {event()});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::resource_exhausted);
    EXPECT_EQ(refused.error().reason, "storage_full");
    EXPECT_EQ(core->head(), 1u);
    EXPECT_EQ(try_append({1}, {event()})->through, 1u) << "what is here takes no room";
    EXPECT_EQ(deliver_all().size(), 1u);
    core->room().observe(1000);
    EXPECT_EQ(try_append({2}, {event()})->through, 2u) << "the outbox has sent it again";
    EXPECT_EQ(core->head(), 2u);
}

TEST_F(JournalTest, trimming_leaves_no_rows_behind) {
    append_durably({owe(queue_a)}, 500);
    deliver_all();
    const std::size_t before = store.row_count("notifier");
    EXPECT_GT(before, 1000u);
    pass(1000h);
    // Step by step: a turn removes a bounded number of rows, and destinations after their records.
    for (int round = 0; round < 3; ++round) pass(trim_round_interval);
    // The state, the outbox's mark and the age clock.
    EXPECT_EQ(store.row_count("notifier"), 3u);
    EXPECT_TRUE(core->list_destinations().destinations.empty());
}

TEST_F(JournalTest, what_is_owed_is_kept_whatever_its_age) {
    append_durably({}, 10);
    append_durably({owe(queue_a)});
    append_durably({}, 10);
    pass(1000h);
    EXPECT_EQ(fetch(11)->page.first_sequence, 11u);
    deliver_all();
    pass(1s);
    EXPECT_EQ(fetch(22)->page.first_sequence, 22u);
}

TEST_F(JournalTest, damaged_rows_are_corruption) {
    append_durably({}, 3);
    store::Batch batch{"notifier"};
    batch.put(journal_key(2), "garbage");
    ASSERT_TRUE(store.commit(std::move(batch)));
    EXPECT_EQ(core->find({.since = now}).error().code, ErrorCode::corruption);
    store::Batch state{"notifier"};
    state.put(state_key(), schema::encode(JournalStateRecord{}));
    ASSERT_TRUE(store.commit(std::move(state)));
    Effects effects;
    NotifierCore other({}, store, Random(1), writer);
    EXPECT_EQ(other.restore({}, effects).error().code, ErrorCode::corruption);
}

TEST_F(JournalTest, keys_sort_by_their_numbers) {
    EXPECT_LT(journal_key(255), journal_key(256));
    EXPECT_LT(journal_key(1), journal_key(0x1'0000'0000));
    EXPECT_EQ(sequence_in(trace_key("t", 77)), 77u);
    EXPECT_EQ(source_in(source_key("outbox")), "outbox");
    EXPECT_EQ(sequence_of(delivery_number(9, 127)), 9u);
    EXPECT_EQ(position_of(delivery_number(9, 127)), 127u);
    EXPECT_LT(delivery_number(9, 127), delivery_number(10, 0));
}

}  // namespace
}  // namespace onput::notifier
