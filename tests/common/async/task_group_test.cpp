#include "common/async/task_group.hpp"

#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "common/async/callback.hpp"
#include "common/base/unique_function.hpp"

namespace onput {
namespace {

// Something that answers by callback, when the test wants it to.
struct Clerk {
    void ask(UniqueFunction<void(int)> done) {
        if (answers_at_once) return done(7);
        waiting.push_back(std::move(done));
    }
    bool answers_at_once = false;
    std::vector<UniqueFunction<void(int)>> waiting;
};

Task<int> question(Clerk& clerk) {
    auto ask = [&clerk](auto done) { clerk.ask(std::move(done)); };
    co_return co_await answer_of<int>(ask);
}

Task<void> add_two(Clerk& clerk, int& sum, std::shared_ptr<int> held) {
    sum += co_await question(clerk);
    sum += co_await question(clerk);
    *held = sum;
}

class TaskGroupTest : public testing::Test {
protected:
    Clerk clerk;
    int sum = 0;
    std::shared_ptr<int> held = std::make_shared<int>(0);
    std::unique_ptr<TaskGroup> group = std::make_unique<TaskGroup>();
};

TEST_F(TaskGroupTest, a_callback_resumes_the_coroutine_that_awaits_it) {
    group->start(add_two(clerk, sum, held));
    EXPECT_EQ(group->running(), 1U);
    clerk.waiting[0](1);
    EXPECT_EQ(sum, 1);
    clerk.waiting[1](10);
    EXPECT_EQ(*held, 11);
    EXPECT_EQ(group->running(), 0U);
    EXPECT_EQ(held.use_count(), 1);
}

TEST_F(TaskGroupTest, a_callback_may_come_at_once) {
    clerk.answers_at_once = true;
    group->start(add_two(clerk, sum, held));
    EXPECT_EQ(*held, 14);
    EXPECT_EQ(group->running(), 0U);
}

TEST_F(TaskGroupTest, tasks_that_have_not_ended_end_with_the_group) {
    group->start(add_two(clerk, sum, held));
    group->start(add_two(clerk, sum, held));
    clerk.waiting[0](1);
    EXPECT_EQ(held.use_count(), 3);
    group.reset();
    EXPECT_EQ(held.use_count(), 1);
    EXPECT_EQ(sum, 1);
}

}  // namespace
}  // namespace onput
