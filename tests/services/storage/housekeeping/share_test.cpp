// How much of the loop's time the background takes.
#include "services/storage/housekeeping/share.hpp"

#include <gtest/gtest.h>

namespace onput::storage {
namespace {

using namespace std::chrono_literals;

TEST(BackgroundShareTest, who_is_alone_never_waits) {
    BackgroundShare share;
    share.note_requests(1s, 0);
    EXPECT_FALSE(share.is_shared(1s));
    share.end_slice(1s + 5ms, 5ms);
    EXPECT_EQ(share.wait(1s + 5ms), 0us);
}

TEST(BackgroundShareTest, while_requests_come_it_has_one_part_of_the_time) {
    BackgroundShare share;
    share.note_requests(1s, 1);
    EXPECT_TRUE(share.is_shared(1s));
    share.end_slice(1s + 2ms, 2ms);
    EXPECT_EQ(share.wait(1s + 2ms), 38ms);
    EXPECT_EQ(share.wait(1s + 40ms), 0us);
}

TEST(BackgroundShareTest, a_while_after_the_last_request_it_is_alone_again) {
    BackgroundShare share;
    share.note_requests(1s, 7);
    share.note_requests(1s + 99ms, 7);
    EXPECT_TRUE(share.is_shared(1s + 99ms));
    share.note_requests(1s + 100ms, 7);
    EXPECT_FALSE(share.is_shared(1s + 100ms));
    share.end_slice(1s + 110ms, 10ms);
    EXPECT_EQ(share.wait(1s + 110ms), 0us);
}

TEST(BackgroundShareTest, a_slow_slice_does_not_end_the_work) {
    BackgroundShare share;
    share.note_requests(1s, 1);
    share.note_requests(61s, 2);
    share.end_slice(61s, 60s);
    EXPECT_EQ(share.wait(61s), background_pause_max);
}

TEST(BackgroundShareTest, in_simulated_time_nothing_waits) {
    BackgroundShare share;
    share.note_requests(1s, 1);
    share.end_slice(1s, 0s);
    EXPECT_EQ(share.wait(1s), 0us);
}

}  // namespace
}  // namespace onput::storage
