#include "common/async/task.hpp"

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "common/async/start.hpp"

namespace onput {
namespace {

// What a task waits for.
struct Wakeup {
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> coroutine) noexcept { waiting = coroutine; }
    void await_resume() const noexcept {}
    void signal() { std::exchange(waiting, nullptr).resume(); }

    std::coroutine_handle<> waiting = nullptr;
};

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

}  // namespace
}  // namespace onput
