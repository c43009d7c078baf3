// A core on rows of which each in turn cannot be read, and on what a repair leaves of them.
#include <algorithm>
#include <set>

#include "services/notifier/journal/journal.hpp"
#include "services/notifier/journal/records.hpp"
#include "services/notifier/topics/topic_records.hpp"
#include "tests/services/notifier/harness.hpp"

namespace onput::notifier {
namespace {

class DamageTest : public NotifierTest {
protected:
    DamageTest() {
        create_topic();
        webhook = subscribe_webhook("https://example.com/hook");
        subscribe("sqs", queue_b);
        append_durably({owe(queue_a)}, 3);
        deliver_all();
        publish("refused");
        sync();
        for (const auto& delivery : outbound_due()) fail_once(delivery);
        publish("waiting");
        append_durably({owe(queue_a)}, 3);
        sound = store;
    }

    // One life of the process on `sound` without the row, which may still be in the way.
    template <typename Look>
    void live(const std::string& row, Look look) {
        for (const bool is_repaired : {false, true}) {
            SCOPED_TRACE(row + (is_repaired ? ", repaired" : ", damaged"));
            core.reset();
            store = sound;
            store.damage(partition, row);
            if (is_repaired) store.repair();
            start();
            // What meets the damage later than a start ends the process: the next start knows.
            static_cast<void>(store.get(partition, row));
            crash();
            look();
        }
    }

    std::string webhook;
    MemoryStore sound;
};

TEST_F(DamageTest, starts_whatever_row_is_damaged_and_delivers_what_comes) {
    for (const auto& row : sound.keys(partition)) {
        live(row, [&] {
            ++last_number;
            const auto fresh = event({owe(queue_a)});
            append(fresh);
            sync();
            const auto delivered = deliver_all();
            EXPECT_TRUE(std::ranges::find(delivered, fresh.event_id) != delivered.end());
            for (int i = 0; i < 5; ++i) {
                for (const auto& delivery : outbound_due()) take(delivery);
                pass(std::chrono::seconds(60));
                sync();
            }
            EXPECT_EQ(state_of(queue_a).owed, 0U);
            EXPECT_EQ(state_of(webhook).owed, 0U);
            crash();
            pass(std::chrono::hours(24 * 30));
        });
    }
}

// What a repair may leave is corrected; the same in rows of which none is missing is a fault of
// ours, and must not pass in silence.
TEST_F(DamageTest, where_no_row_is_missing_nothing_is_corrected) {
    const auto row = store.get(partition, destination_key(webhook));
    auto record = *schema::decode<DestinationRecord>(**row);
    ASSERT_GT(record.owed_total, record.settled_total);
    record.owed_total = record.settled_total;
    store::Batch batch{std::string(partition)};
    batch.put(destination_key(webhook), schema::encode(record));
    ASSERT_TRUE(store.commit(std::move(batch)));
    sync();
    const MemoryStore less_owed_than_waits = store;
    EXPECT_DEATH(crash(), "known <= owed");

    store = less_owed_than_waits;
    store.repair();
    crash();
    EXPECT_GE(state_of(webhook).owed, 1U);
}

TEST_F(DamageTest, sequences_stay_without_a_hole) {
    const std::uint64_t head = core->head();
    for (std::uint64_t sequence = 1; sequence <= head; ++sequence) {
        live(journal_key(sequence), [&] {
            const auto page =
                core->fetch({.epoch = core->epoch(), .from_sequence = 1, .records_max = 100});
            ASSERT_TRUE(page);
            EXPECT_EQ(page->records.size(), head);
        });
    }
}

TEST_F(DamageTest, many_lost_records_are_filled_in_bounded_batches) {
    append_durably({}, 2'500);
    const Timestamp before = now;
    store::Batch lost{std::string(partition)};
    for (std::uint64_t sequence = 20; sequence < 2'300; ++sequence) {
        lost.remove(journal_key(sequence));
        if (lost.changes().size() == support::rados_batch_changes_max) {
            ASSERT_TRUE(store.commit(std::exchange(lost, store::Batch{std::string(partition)})));
        }
    }
    ASSERT_TRUE(store.commit(std::move(lost)));
    sync();
    store.repair();
    const std::uint64_t head = core->head();
    crash();  // The store refuses a batch of more than rados_batch_changes_max.
    const auto page = core->fetch({.from_sequence = 20, .records_max = 1'000});
    ASSERT_TRUE(page);
    EXPECT_EQ(page->records.size(), 1'000U);
    EXPECT_EQ(core->head(), head);
    EXPECT_LE(schema::decode<schema::JournalRecord>(page->records[0])->time, before);
    EXPECT_GT(schema::decode<schema::JournalRecord>(page->records[999])->time, Timestamp{});
}

// In the start that finds the holes and in the next one, which finds them filled. A start looks up
// what waits only there.
TEST_F(DamageTest, where_records_were_lost_is_known_for_good) {
    append_durably({}, 50);
    const std::uint64_t lost = core->head() - 20;
    for (const auto sequence : {lost, lost + 1, lost + 10})
        store.damage(partition, journal_key(sequence));
    store.repair();
    for (int start = 0; start < 2; ++start) {
        crash();
        Journal journal(store);
        std::vector<store::Batch> batches;
        ASSERT_TRUE(journal.restore("", batches));
        std::set<std::uint64_t> found;
        for (std::uint64_t sequence = 1; sequence <= journal.head(); ++sequence) {
            if (journal.may_be_lost(sequence)) found.insert(sequence);
        }
        EXPECT_EQ(found, (std::set<std::uint64_t>{lost, lost + 1, lost + 10}));
    }
}

TEST_F(DamageTest, without_the_journal_s_own_row_any_record_may_be_lost) {
    store.damage(partition, state_key());
    store.repair();
    crash();
    Journal journal(store);
    std::vector<store::Batch> batches;
    ASSERT_TRUE(journal.restore("", batches));
    EXPECT_TRUE(journal.may_be_lost(1));
}

TEST_F(DamageTest, the_journal_goes_on_behind_what_was_owed_without_its_own_row) {
    const std::uint64_t head = core->head();
    live(state_key(), [&] { EXPECT_GE(core->head(), head); });
}

TEST_F(DamageTest, what_is_owed_to_an_unknown_subscription_stays) {
    const std::uint64_t number = find_subscription(webhook)->number;
    const auto attempts = [this] {
        return store.scan_keys(partition, attempts_of(webhook), 10)->size();
    };
    ASSERT_EQ(attempts(), 1U);
    live(subscription_key(number), [&] {
        pass(std::chrono::hours(1));
        EXPECT_EQ(attempts(), 1U);
    });
}

}  // namespace
}  // namespace onput::notifier
