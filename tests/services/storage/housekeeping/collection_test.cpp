// How fast the room of what was deleted comes back.
#include <gtest/gtest.h>

#include "tests/services/storage/harness.hpp"

namespace onput::storage {
namespace {

TEST(CollectionTest, a_burst_of_deletions_is_collected_within_a_second) {
    constexpr std::uint64_t objects = 2'000;
    Harness harness;
    harness.create_bucket("photos");
    for (std::uint64_t i = 0; i < objects; ++i) {
        ASSERT_TRUE(harness.put_blob("key-" + std::to_string(i),
                                     {.segment = 1, .id = 4096 * (i + 1), .length = 10'000}));
    }
    for (std::uint64_t i = 0; i < objects; ++i) {
        ASSERT_TRUE(harness.remove("key-" + std::to_string(i)));
    }
    harness.sync();
    ASSERT_EQ(harness.core->trash(), objects);
    const Timestamp begin = harness.now;
    std::size_t collected = 0;
    while (harness.core->trash() > 0 && harness.now - begin < std::chrono::minutes(5)) {
        Effects effects;
        ASSERT_TRUE(harness.core->end_turn(harness.now, effects));
        collected += effects.unused_blobs.size();
        EXPECT_LE(effects.unused_blobs.size(), trash_blobs_max);
        harness.commit(effects);
        harness.now = std::max(harness.now, harness.core->next_wakeup(harness.now));
    }
    EXPECT_EQ(collected, objects);
    EXPECT_LT(harness.now - begin, std::chrono::seconds(2));
    // Then it sleeps again.
    Effects effects;
    ASSERT_TRUE(harness.core->end_turn(harness.now, effects));
    EXPECT_GE(harness.core->next_wakeup(harness.now), harness.now + purge_period / 2);
}

}  // namespace
}  // namespace onput::storage
