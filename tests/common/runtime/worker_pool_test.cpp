#include "common/runtime/worker_pool.hpp"

#include <atomic>
#include <latch>
#include <thread>

#include "tests/common/transport/harness.hpp"

namespace onput::runtime {
namespace {

using transport::TestLoop;

TEST(WorkerPool, a_job_runs_elsewhere_and_its_result_comes_back_to_the_loop) {
    TestLoop loop;
    WorkerPool pool(loop.get(), {});
    const auto self = std::this_thread::get_id();
    std::thread::id worked_on;
    bool is_done = false;
    ASSERT_TRUE(pool.run([&] { worked_on = std::this_thread::get_id(); },
                         [&] {
                             EXPECT_EQ(std::this_thread::get_id(), self);
                             is_done = true;
                         }));
    ASSERT_TRUE(loop.run_until([&] { return is_done; }));
    EXPECT_NE(worked_on, self);
}

TEST(WorkerPool, many_jobs_all_come_back) {
    TestLoop loop;
    WorkerPool pool(loop.get(), {.threads = 3, .jobs_max = 10'000});
    std::atomic<int> worked = 0;
    int done = 0;
    for (int i = 0; i < 10'000; ++i) {
        ASSERT_TRUE(pool.run([&] { ++worked; }, [&] { ++done; }));
        if (i % 1000 == 0) {
            ASSERT_TRUE(loop.run_until([&] { return done >= i / 2; }));
        }
    }
    ASSERT_TRUE(loop.run_until([&] { return done == 10'000; }));
    EXPECT_EQ(worked, 10'000);
}

TEST(WorkerPool, more_waiting_jobs_than_the_limit_are_refused) {
    TestLoop loop;
    std::latch go(1);
    std::latch running(1);
    WorkerPool pool(loop.get(), {.threads = 1, .jobs_max = 2});
    ASSERT_TRUE(pool.run(
        [&] {
            running.count_down();
            go.wait();
        },
        [] {}));
    running.wait();
    ASSERT_TRUE(pool.run([] {}, [] {}));
    ASSERT_TRUE(pool.run([] {}, [] {}));
    EXPECT_EQ(pool.run([] {}, [] {}).error().code, ErrorCode::resource_exhausted);
    go.count_down();
}

TEST(WorkerPool, ending_waits_for_the_running_job_and_drops_the_rest) {
    TestLoop loop;
    std::atomic<bool> has_finished = false;
    std::atomic<bool> has_run = false;
    bool is_done = false;
    {
        std::latch running(1);
        WorkerPool pool(loop.get(), {.threads = 1, .jobs_max = 10});
        ASSERT_TRUE(pool.run(
            [&] {
                running.count_down();
                std::this_thread::yield();
                has_finished = true;
            },
            [&] { is_done = true; }));
        running.wait();
    }
    EXPECT_TRUE(has_finished);
    bool is_over = false;
    loop.get().post([&] { is_over = true; });
    ASSERT_TRUE(loop.run_until([&] { return is_over; }));
    EXPECT_FALSE(is_done) << "a result came after the pool had gone";
}

TEST(WorkerPool, a_result_may_start_the_next_job) {
    TestLoop loop;
    WorkerPool pool(loop.get(), {});
    int rounds = 0;
    std::function<void()> again = [&] {
        if (++rounds < 100) {
            ASSERT_TRUE(pool.run([] {}, again));
        }
    };
    ASSERT_TRUE(pool.run([] {}, again));
    ASSERT_TRUE(loop.run_until([&] { return rounds == 100; }));
}

}  // namespace
}  // namespace onput::runtime
