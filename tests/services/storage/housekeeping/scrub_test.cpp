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
