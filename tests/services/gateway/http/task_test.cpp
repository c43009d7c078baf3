#include "services/gateway/http/task.hpp"

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "services/gateway/http/mailbox.hpp"

namespace onput::http {
namespace {

// Runs a task to its first wait, and keeps it.
struct Started {
    struct promise_type {
        Started get_return_object() { return {}; }
        std::suspend_never initial_suspend() const noexcept { return {}; }
        std::suspend_never final_suspend() const noexcept { return {}; }
        void return_void() const noexcept {}
        void unhandled_exception() const noexcept { std::terminate(); }
    };
};

Started start(Task<void> task) {
    co_await task;
}

Task<int> at_once(int value) {
    co_return value;
}

Task<int> after(Wakeup& wakeup, int value) {
    co_await wakeup;
    co_return value;
}

Task<void> add(Wakeup& wakeup, int& sum) {
    sum += co_await at_once(1);
    sum += co_await after(wakeup, 10);
    sum += co_await after(wakeup, 100);
}

TEST(Task, a_task_goes_on_where_it_waited) {
    Wakeup wakeup;
    int sum = 0;
    start(add(wakeup, sum));
    EXPECT_EQ(sum, 1);
    wakeup.signal();
    EXPECT_EQ(sum, 11);
    wakeup.signal();
    EXPECT_EQ(sum, 111);
}

Task<void> add_often(int& sum) {
    for (int i = 0; i < 1'000'000; ++i) sum += co_await at_once(1);
}

TEST(Task, a_million_tasks_that_never_wait_do_not_grow_the_stack) {
    int sum = 0;
    start(add_often(sum));
    EXPECT_EQ(sum, 1'000'000);
}

Task<std::size_t> measure(std::string text) {
    co_return text.size();
}

Task<void> hold(Wakeup& wakeup, std::shared_ptr<int> held) {
    // A temporary that lives through the wait, and is to be destroyed once.
    const std::size_t size = co_await measure(std::string(100, 'x'));
    EXPECT_EQ(size, 100U);
    co_await wakeup;
    *held += 1;
}

TEST(Task, locals_end_with_the_task) {
    Wakeup wakeup;
    const auto held = std::make_shared<int>(0);
    start(hold(wakeup, held));
    EXPECT_GT(held.use_count(), 1);
    wakeup.signal();
    EXPECT_EQ(held.use_count(), 1);
    EXPECT_EQ(*held, 1);
}

TEST(Task, a_task_that_is_not_awaited_does_nothing) {
    int sum = 0;
    {
        const Task<void> never = add_often(sum);
    }
    EXPECT_EQ(sum, 0);
}

Task<void> wait_once(Wakeup& wakeup, int& woken) {
    co_await wakeup;
    ++woken;
}

TEST(Wakeup, a_signal_before_the_wait_is_not_lost) {
    Wakeup wakeup;
    int woken = 0;
    wakeup.signal();
    start(wait_once(wakeup, woken));
    EXPECT_EQ(woken, 1);
    start(wait_once(wakeup, woken));
    EXPECT_EQ(woken, 1);
    wakeup.signal();
    EXPECT_EQ(woken, 2);
}

// Runs jobs when told to.
struct Queue final : Executor {
    void post(Job job) override { jobs.push_back(std::move(job)); }
    void run() {
        for (Job& job : std::exchange(jobs, {})) job();
    }
    std::vector<Job> jobs;
};

TEST(Mailbox, items_come_out_in_the_order_they_were_put) {
    const auto queue = std::make_shared<Queue>();
    const Mailbox<std::unique_ptr<int>> box(queue);
    box.put(std::make_unique<int>(1));
    box.put(fail(ErrorCode::not_found, "nothing"));
    EXPECT_FALSE(box.take());
    queue->run();
    EXPECT_EQ(**box.take().value(), 1);
    EXPECT_EQ(box.take()->error().code, ErrorCode::not_found);
    EXPECT_FALSE(box.take());
    box.put(std::make_unique<int>(3));
    queue->run();
    EXPECT_EQ(**box.take().value(), 3);
}

TEST(Mailbox, an_item_wakes_the_waiter) {
    const auto queue = std::make_shared<Queue>();
    const Mailbox<int> box(queue);
    Wakeup wakeup;
    int woken = 0;
    box.state().waiter = &wakeup;
    start(wait_once(wakeup, woken));
    box.put(7);
    EXPECT_EQ(woken, 0);
    queue->run();
    EXPECT_EQ(woken, 1);
}

}  // namespace
}  // namespace onput::http
