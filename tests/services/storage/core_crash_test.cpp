// Crashes at every commit: an object and its event are both there or both not, numbers and
// sequencers go on, and no blob in use is lost or removed.
#include <algorithm>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "tests/services/storage/harness.hpp"

namespace onput::storage {
namespace {

class CrashTest : public testing::TestWithParam<std::uint64_t>, public Harness {
protected:
    CrashTest() {
        create_bucket("photos");
        sync();
    }

    static std::string name(std::string_view key, std::string_view sequencer) {
        return std::string(key) + "@" + std::string(sequencer);
    }

    void act(Random& random) {
        const std::string key = "k" + std::to_string(random.below(4));
        switch (random.below(8)) {
            case 0:
            case 1: put(key, std::string(1 + random.below(100), 'x')); break;
            case 2: {
                const store::BlobRef blob{.segment = 1, .id = ++blobs_made, .length = 9'000};
                blobs.insert(blob.id);
                put_blob(key, blob);
                break;
            }
            case 3: remove(key); break;
            case 4: sync(); break;
            case 5: relay(random); break;
            case 6: purge(); break;
            default: now += std::chrono::seconds(random.below(20)) - std::chrono::seconds(10);
        }
    }

    // The notifier: it keeps what it answered for, and drops what it has.
    void relay(Random& random) {
        const auto hand_over = core->outbox().next(store, now);
        ASSERT_TRUE(hand_over);
        if (!*hand_over) return;
        const auto& numbers = (*hand_over)->numbers;
        for (std::size_t i = 0; i < numbers.size(); ++i) {
            if (numbers[i] <= journal_through) continue;
            ASSERT_EQ(numbers[i], journal_through + 1);
            journal_through = numbers[i];
            const auto event = schema::decode<schema::ObjectEvent>((*hand_over)->events[i]);
            journal.push_back(*event);
        }
        if (random.chance(1, 3)) {
            core->outbox().on_failed(now);  // The answer was lost.
            now += outbox::relay_delay_max;
        } else {
            core->outbox().on_appended(journal_through, now);
        }
    }

    void purge() {
        Effects effects;
        core->purge(effects);
        commit(effects);
        for (const auto& blob : effects.unused_blobs) blobs.erase(blob.id);
    }

    void crash_somewhere(Random& random) {
        store.crash_keeping(store.durable() +
                            random.below(store.last_ticket() - store.durable() + 1));
        start();
        for (const auto& blob : unused_blobs) blobs.erase(blob.id);
    }

    // Every object has its event in the journal or the outbox, and all blobs exist.
    void check() {
        ASSERT_TRUE(core->check_rows());
        core->check_invariants();
        std::map<std::string, std::string> last;  // Key to the sequencer that its last event left.
        std::map<std::string, std::string> seen;
        auto all = journal;
        for (const auto& event : events()) {
            const bool is_known = std::ranges::any_of(
                journal, [&](const auto& old) { return old.event_id == event.event_id; });
            if (!is_known) all.push_back(event);
        }
        for (const auto& event : all) {
            ASSERT_GT(event.sequencer, seen[event.key]);
            seen[event.key] = event.sequencer;
            last[event.key] =
                event.event_name == "ObjectRemoved:Delete" ? std::string() : event.sequencer;
        }
        const auto list = core->list_objects(whole_bucket(), caller());
        std::set<std::string> expected;
        for (const auto& [key, sequencer] : last) {
            if (!sequencer.empty()) expected.insert(name(key, sequencer));
        }
        std::set<std::string> found;
        for (const auto& object : list->objects) {
            found.insert(name(object.key, head(object.key)->sequencer));
            const auto got = get(object.key);
            ASSERT_TRUE(got);
            if (got->stored.blob) {
                ASSERT_TRUE(blobs.contains(got->stored.blob->id));
            }
        }
        ASSERT_EQ(found, expected);
    }

    std::vector<schema::ObjectEvent> journal;
    std::uint64_t journal_through = 0;
    std::set<std::uint64_t> blobs;
    std::uint64_t blobs_made = 0;
};

TEST_P(CrashTest, object_and_event_are_both_there_or_both_not) {
    Random random(GetParam());
    for (int life = 0; life < 12; ++life) {
        for (auto steps = random.below(40); steps > 0; --steps) act(random);
        check();
        crash_somewhere(random);
        check();
        if (HasFatalFailure()) return;
    }
}

INSTANTIATE_TEST_SUITE_P(Seeds, CrashTest, testing::Range<std::uint64_t>(1, 41));

TEST(Crash, what_was_not_synced_is_gone_with_its_event) {
    Harness harness;
    harness.store = support::MemoryStore({.sync = support::MemoryStoreOptions::Sync::manual});
    harness.start();
    harness.create_bucket("photos");
    harness.store.sync();
    while (harness.store.complete_sync()) {
    }
    harness.put("k", "x");
    harness.store.crash();
    harness.start();
    EXPECT_EQ(reason_of(harness.get("k")), "no_such_key");
    EXPECT_TRUE(harness.events().empty());
    EXPECT_TRUE(harness.core->check_rows());
}

}  // namespace
}  // namespace onput::storage
