// What scrubbing looks at, in which order, and what it takes for damage.
#include "services/storage/housekeeping/scrub.hpp"

#include <gtest/gtest.h>

#include "tests/services/storage/harness.hpp"

namespace onput::storage {
namespace {

class ScrubTest : public testing::Test, public Harness {
protected:
    ScrubTest() {
        create_bucket("photos");
        scrub.restore(store, now);
    }
    // The rest of a pass, by name.
    std::vector<std::string> rest_of_pass() {
        std::vector<std::string> seen;
        while (const auto target = *scrub.next(store, now)) {
            seen.push_back(target->object);
            scrub.on_verified(*target, false);
        }
        return seen;
    }
    static store::BlobRef blob(std::uint64_t id) {
        return {.segment = 0, .id = id, .length = 100'000};
    }

    Scrub scrub;
};

TEST_F(ScrubTest, a_pass_sees_every_object_once_and_the_next_one_again) {
    std::vector<std::string> all;
    for (int i = 0; i < 250; ++i) {
        const std::string key = "key-" + std::to_string(1000 + i);
        ASSERT_TRUE(i % 2 == 0 ? put(key, "hello")
                               : put_blob(key, blob(static_cast<std::uint64_t>(i))));
        all.push_back("s3://photos/" + key);
    }
    EXPECT_EQ(rest_of_pass(), all);
    EXPECT_EQ(rest_of_pass(), all);
}

TEST_F(ScrubTest, a_restart_goes_on_where_it_was) {
    for (const auto* key : {"a", "b", "c"}) ASSERT_TRUE(put(key, "hello"));
    scrub.on_verified(**scrub.next(store, now), false);
    scrub.on_verified(**scrub.next(store, now), true);
    store::Batch kept{std::string(partition)};
    kept.put(std::string(schema::scrub_key), schema::encode(scrub.record()));
    ASSERT_TRUE(store.commit(std::move(kept)));
    scrub = Scrub();
    scrub.restore(store, now);
    EXPECT_EQ(rest_of_pass(), std::vector<std::string>{"s3://photos/c"});
    EXPECT_EQ(scrub.record().last_damaged, 1U);
    EXPECT_EQ(scrub.damaged(), 1U);
    EXPECT_EQ(rest_of_pass().size(), 3U);
    EXPECT_EQ(scrub.damaged(), 0U);
}

TEST_F(ScrubTest, bytes_beside_the_row_that_are_not_there_are_damage) {
    ASSERT_TRUE(put("a", "hello"));
    store::Batch loss{std::string(partition)};
    loss.remove(data_row("photos", "a"));
    ASSERT_TRUE(store.commit(std::move(loss)));
    const auto target = *scrub.next(store, now);
    ASSERT_TRUE(target && target->fault);
    EXPECT_TRUE(Scrub::still_refers(store, *target));
}

TEST_F(ScrubTest, what_was_replaced_or_deleted_meanwhile_is_no_damage) {
    ASSERT_TRUE(put_blob("replaced", blob(1)));
    ASSERT_TRUE(put_blob("removed", blob(2)));
    ASSERT_TRUE(put_blob("there", blob(3)));
    std::vector<Scrub::Target> targets;
    while (auto target = *scrub.next(store, now)) targets.push_back(*std::move(target));
    ASSERT_EQ(targets.size(), 3U);
    ASSERT_TRUE(put_blob("replaced", blob(4)));
    ASSERT_TRUE(remove("removed"));
    for (const auto& target : targets) {
        EXPECT_EQ(Scrub::still_refers(store, target), target.object == "s3://photos/there");
    }
}

TEST_F(ScrubTest, a_row_that_cannot_be_read_is_passed_over_and_told_of) {
    for (const auto* key : {"a", "b", "c"}) ASSERT_TRUE(put(key, "hello"));
    store.damage(partition, object_row("photos", "b"));
    int told = 0;
    const store::ReadableView readable_rows(store, [&told](const auto&) { ++told; });
    EXPECT_FALSE(scrub.next(store, now));
    std::vector<std::string> seen;
    while (const auto target = *scrub.next(readable_rows, now)) seen.push_back(target->object);
    EXPECT_EQ(seen, (std::vector<std::string>{"s3://photos/a", "s3://photos/c"}));
    EXPECT_EQ(told, 1);
}

TEST_F(ScrubTest, archived_bytes_are_verified_in_the_cold_directory) {
    ASSERT_TRUE(put_blob("a", blob(1)));
    const auto row = object_row("photos", "a");
    auto record = *schema::decode<ObjectRecord>(**store.get(partition, row));
    record.blob.clear();
    record.archive.blob = store::to_text(blob(2));
    record.archive.copy = store::to_text(blob(3));
    store::Batch moved{std::string(partition)};
    moved.put(row, schema::encode(record));
    ASSERT_TRUE(store.commit(std::move(moved)));
    const auto target = *scrub.next(store, now);
    ASSERT_TRUE(target);
    EXPECT_EQ(target->blobs, (std::vector<Scrub::Blob>{{.ref = blob(3), .is_cold = false},
                                                       {.ref = blob(2), .is_cold = true}}));
    EXPECT_TRUE(Scrub::still_refers(store, *target));
}

TEST_F(ScrubTest, a_read_that_the_system_refuses_is_a_finding_in_the_end) {
    for (const auto* key : {"a", "b"}) ASSERT_TRUE(put_blob(key, blob(1)));
    const auto failure = [this](ErrorCode code) { return scrub.on_failure({.code = code}); };
    ASSERT_TRUE(*scrub.next(store, now));
    EXPECT_EQ(failure(ErrorCode::corruption), Scrub::Failure::damaged);
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(failure(ErrorCode::resource_exhausted), Scrub::Failure::retry);
    }
    for (int object = 0; object < 2; ++object) {
        for (std::uint32_t attempt = 1; attempt < scrub_attempts_max; ++attempt) {
            EXPECT_EQ(failure(ErrorCode::unavailable), Scrub::Failure::retry);
        }
        EXPECT_EQ(failure(ErrorCode::unavailable), Scrub::Failure::damaged);
        static_cast<void>(scrub.next(store, now));
    }
}

TEST(ScrubPaceTest, the_slower_rate_counts_and_idle_time_is_not_caught_up) {
    using std::chrono::milliseconds;
    ScrubPace pace({.bytes_per_second = 1'000'000, .objects_per_second = 100});
    const Timestamp begin = from_seconds(1'800'000'000);
    EXPECT_EQ(pace.after(begin, 500'000, 1), begin + milliseconds(500));
    EXPECT_EQ(pace.after(begin, 100, 1), begin + milliseconds(10));
    const Timestamp later = begin + std::chrono::hours(1);
    EXPECT_EQ(pace.after(later, 1'000'000, 1), later + milliseconds(1000));
}

}  // namespace
}  // namespace onput::storage
