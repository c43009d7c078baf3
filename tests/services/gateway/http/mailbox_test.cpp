#include "services/gateway/http/mailbox.hpp"

#include <memory>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "common/async/start.hpp"

namespace onput::http {
namespace {

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
    void post(UniqueFunction<void()> job) override { jobs.push_back(std::move(job)); }
    void run() {
        for (UniqueFunction<void()>& job : std::exchange(jobs, {})) job();
    }
    std::vector<UniqueFunction<void()>> jobs;
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
