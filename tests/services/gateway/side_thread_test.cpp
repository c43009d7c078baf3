// Two halves of one work at the same moment.
#include "services/gateway/side_thread.hpp"

#include <semaphore>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace onput::gateway {
namespace {

TEST(SideThreadTest, each_half_runs_while_the_other_does) {
    SideThread side;
    std::binary_semaphore beside_began{0};
    std::binary_semaphore here_began{0};
    // Neither ends before the other began: one after the other they would wait for ever.
    side.run_both(
        [&] {
            beside_began.release();
            here_began.acquire();
        },
        [&] {
            here_began.release();
            beside_began.acquire();
        });
}

TEST(SideThreadTest, both_have_ended_when_it_returns) {
    SideThread side;
    int beside = 0;
    int here = 0;
    for (int i = 1; i <= 10'000; ++i) {
        side.run_both([&] { ++beside; }, [&] { ++here; });
        ASSERT_EQ(beside, i);
        ASSERT_EQ(here, i);
    }
}

TEST(SideThreadTest, several_callers_are_all_served) {
    SideThread side;
    std::vector<int> done(4);
    {
        std::vector<std::jthread> callers;
        for (int& count : done) {
            callers.emplace_back([&side, &count] {
                for (int i = 0; i < 5'000; ++i) {
                    int beside = 0;
                    side.run_both([&] { beside = 1; }, [&] { ++count; });
                    count += beside;
                }
            });
        }
    }
    EXPECT_EQ(done, std::vector<int>(4, 10'000));
}

TEST(SideThreadTest, one_that_was_never_used_ends) {
    const SideThread side;
}

}  // namespace
}  // namespace onput::gateway
