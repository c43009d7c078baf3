#include "common/transport/loop.hpp"

#include <algorithm>
#include <atomic>
#include <sys/eventfd.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "tests/common/transport/harness.hpp"

namespace onput::transport {
namespace {

class LoopTest : public testing::Test {
protected:
    Context context;
    Loop loop{context};
};

TEST_F(LoopTest, timers_run_in_the_order_in_which_they_are_due) {
    std::vector<int> order;
    loop.after(3ms, [&] {
        order.push_back(3);
        loop.stop();
    });
    loop.after(1ms, [&] { order.push_back(1); });
    loop.after(2ms, [&] { order.push_back(2); });
    loop.run();
    EXPECT_EQ(order, (std::vector{1, 2, 3}));
}

TEST_F(LoopTest, a_timer_does_not_run_early) {
    const auto start = std::chrono::steady_clock::now();
    loop.after(1500us, [&] { loop.stop(); });
    loop.run();
    EXPECT_GE(std::chrono::steady_clock::now() - start, 1500us);
}

TEST_F(LoopTest, a_cancelled_timer_does_not_run) {
    bool ran = false;
    const TimerId timer = loop.after(0ms, [&] { ran = true; });
    loop.cancel(timer);
    loop.after(1ms, [&] { loop.stop(); });
    loop.run();
    EXPECT_FALSE(ran);
}

TEST_F(LoopTest, a_timer_can_cancel_another_that_is_due_in_the_same_turn) {
    bool ran = false;
    TimerId second;
    loop.after(0ms, [&] { loop.cancel(second); });
    second = loop.after(0ms, [&] { ran = true; });
    loop.after(2ms, [&] { loop.stop(); });
    loop.run();
    EXPECT_FALSE(ran);
}

TEST_F(LoopTest, a_periodic_timer_runs_until_it_cancels_itself) {
    int runs = 0;
    TimerId timer;
    timer = loop.every(100us, [&] {
        if (++runs == 3) {
            loop.cancel(timer);
            loop.after(2ms, [&] { loop.stop(); });
        }
    });
    loop.run();
    EXPECT_EQ(runs, 3);
}

TEST_F(LoopTest, a_timer_started_by_a_timer_waits_for_the_next_turn) {
    std::vector<std::string> order;
    loop.at_turn_end([&] { order.emplace_back("end"); });
    loop.after(0ms, [&] {
        order.emplace_back("first");
        loop.after(0ms, [&] {
            order.emplace_back("second");
            loop.stop();
        });
    });
    loop.run();
    EXPECT_EQ(order, (std::vector<std::string>{"first", "end", "second", "end"}));
}

TEST_F(LoopTest, ten_thousand_timers_all_run) {
    int left = 10'000;
    for (int i = 0; i < 10'000; ++i) {
        loop.after(Duration(i % 977), [&] {
            if (--left == 0) loop.stop();
        });
    }
    loop.run();
    EXPECT_EQ(left, 0);
}

TEST_F(LoopTest, posted_work_runs_in_order_on_the_loops_thread) {
    const auto self = std::this_thread::get_id();
    std::vector<int> order;
    std::thread other([&] {
        for (int i = 0; i < 1000; ++i) {
            loop.post([&, i] {
                EXPECT_EQ(std::this_thread::get_id(), self);
                order.push_back(i);
            });
        }
        loop.post([&] { loop.stop(); });
    });
    loop.run();
    other.join();
    ASSERT_EQ(order.size(), 1000U);
    EXPECT_TRUE(std::ranges::is_sorted(order));
}

TEST_F(LoopTest, work_posted_by_work_runs_after_the_turn_has_ended) {
    std::vector<std::string> order;
    loop.at_turn_end([&] { order.emplace_back("end"); });
    loop.post([&] {
        order.emplace_back("first");
        loop.post([&] {
            order.emplace_back("second");
            loop.stop();
        });
    });
    loop.run();
    EXPECT_EQ(order, (std::vector<std::string>{"first", "end", "second", "end"}));
}

TEST_F(LoopTest, posting_from_many_threads_loses_nothing) {
    std::atomic<int> posted = 0;
    int ran = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 5000; ++i) {
                ++posted;
                loop.post([&] {
                    if (++ran == 20'000) loop.stop();
                });
            }
        });
    }
    loop.run();
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(ran, posted);
}

TEST_F(LoopTest, stop_before_run_ends_the_run_at_once_and_the_next_run_runs) {
    bool ran = false;
    loop.post([&] {
        ran = true;
        loop.stop();
    });
    loop.stop();
    loop.run();
    EXPECT_FALSE(ran);
    loop.run();
    EXPECT_TRUE(ran);
}

TEST_F(LoopTest, a_watched_descriptor_is_told_while_it_is_readable) {
    const int fd = ::eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);
    int told = 0;
    loop.watch(fd, [&] {
        std::uint64_t value = 0;
        EXPECT_EQ(::read(fd, &value, sizeof(value)), ssize_t{sizeof(value)});
        if (++told == 2) loop.stop();
    });
    loop.run();
    loop.unwatch(fd);
    ::close(fd);
    EXPECT_EQ(told, 2);
}

TEST_F(LoopTest, the_end_of_a_pipe_counts_as_readable) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    ::close(ends[1]);
    loop.watch(ends[0], [&] { loop.stop(); });
    loop.run();
    loop.unwatch(ends[0]);
    ::close(ends[0]);
}

TEST_F(LoopTest, a_handler_can_unwatch_another_that_is_ready_in_the_same_turn) {
    const std::array<int, 2> fds{::eventfd(1, 0), ::eventfd(1, 0)};
    int told = 0;
    for (const int fd : fds) {
        loop.watch(fd, [&] {
            ++told;
            for (const int any : fds) loop.unwatch(any);
            loop.after(1ms, [&] { loop.stop(); });
        });
    }
    loop.run();
    for (const int fd : fds) ::close(fd);
    EXPECT_EQ(told, 1);
}

TEST_F(LoopTest, now_stands_still_within_a_turn) {
    Timestamp first;
    loop.post([&] {
        first = loop.now();
        const auto start = std::chrono::steady_clock::now();
        while (std::chrono::steady_clock::now() - start < 1ms) {
        }
        EXPECT_EQ(loop.now(), first);
        loop.stop();
    });
    loop.run();
    EXPECT_LE(first, wall_now());
}

}  // namespace
}  // namespace onput::transport
