// A core on rows of which each in turn cannot be read, and on what a repair leaves of them.
#include <gtest/gtest.h>

#include "tests/services/storage/harness.hpp"

namespace onput::storage {
namespace {

class DamageTest : public testing::Test, public Harness {
protected:
    DamageTest() {
        EXPECT_TRUE(create_bucket("other"));
        EXPECT_TRUE(create_bucket("photos"));
        EXPECT_TRUE(put("small", "bytes"));
        EXPECT_TRUE(put_blob("large", {.segment = 1, .id = 1, .length = 9'000}));
        EXPECT_TRUE(put_blob("large", {.segment = 1, .id = 2, .length = 9'000}));
        sync();
        sound = store;
    }

    // One life of the process on `sound` without the row, which may still be in the way.
    template <typename Look>
    void live(const std::string& row, Look look) {
        for (const bool is_repaired : {false, true}) {
            SCOPED_TRACE(row + (is_repaired ? ", repaired" : ", damaged"));
            store = sound;
            store.damage(partition, row);
            if (is_repaired) store.repair();
            start();
            look();
        }
    }

    support::MemoryStore sound;
};

TEST_F(DamageTest, starts_whatever_row_is_damaged_and_takes_more) {
    for (const auto& row : sound.keys(partition)) {
        live(row, [&] {
            if (row != bucket_row("photos")) {
                EXPECT_TRUE(put("new", "bytes"));
            }
            if (row != bucket_row("other")) {
                EXPECT_TRUE(core->head_bucket({.name = "other"}, caller()));
            }
            sync();
            crash();
        });
    }
}

TEST_F(DamageTest, a_bucket_whose_row_is_damaged_is_neither_absent_nor_to_be_had) {
    store.damage(partition, bucket_row("photos"));
    start();
    EXPECT_EQ(head("small").error().code, ErrorCode::corruption);
    EXPECT_EQ(create_bucket("photos").error().code, ErrorCode::corruption);
    EXPECT_EQ(reason_of(core->head_bucket({.name = "nobodys"}, caller())), "no_such_bucket");
}

TEST_F(DamageTest, an_error_of_a_damaged_row_names_its_object) {
    const std::string named = "s3://photos/small";
    for (const auto& row : {object_row("photos", "small"), data_row("photos", "small")}) {
        SCOPED_TRACE(row);
        store = sound;
        store.damage(partition, row);
        start();
        const auto got = core->get_object({.bucket = "photos", .key = "small"}, caller());
        ASSERT_FALSE(got);
        EXPECT_EQ(got.error().code, ErrorCode::corruption);
        EXPECT_TRUE(got.error().message.contains(named)) << got.error().message;
    }
    store.damage(partition, object_row("photos", "small"));
    start();
    const auto again = put("small", "bytes");
    ASSERT_FALSE(again);
    EXPECT_TRUE(again.error().message.contains(named)) << again.error().message;
    EXPECT_TRUE(head("small").error().message.contains(named));
}

// Numbers that were given to events may be among those that are gone: the notifier would take new
// events under them for old ones.
TEST_F(DamageTest, events_after_damage_are_of_another_source) {
    const std::string before = core->source();
    live(outbox_row(core->last_number()), [&] { EXPECT_NE(core->source(), before); });
    store = sound;
    start();
    EXPECT_EQ(core->source(), before);
}

TEST_F(DamageTest, without_its_own_row_the_outbox_begins_at_its_oldest_event) {
    auto waiting = *core->outbox().next(store, now);
    core->outbox().on_appended(1, now);
    Effects effects;
    core->purge(effects);
    commit(effects);
    store.sync();
    sound = store;
    live(std::string(store_key), [&] {
        EXPECT_EQ(core->outbox().removed_through(), 1U);
        waiting = *core->outbox().next(*readable, now);
        ASSERT_TRUE(waiting);
        EXPECT_EQ(waiting->numbers, (std::vector<std::uint64_t>{2, 3}));
    });
}

TEST_F(DamageTest, an_event_that_cannot_be_read_does_not_hold_up_those_behind_it) {
    live(outbox_row(2), [&] {
        const auto waiting = core->outbox().next(*readable, now);
        ASSERT_TRUE(waiting && *waiting);
        EXPECT_EQ((*waiting)->numbers, (std::vector<std::uint64_t>{1, 3}));
    });
}

}  // namespace
}  // namespace onput::storage
