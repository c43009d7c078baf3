#include "services/queue/messages/job_log.hpp"

#include <optional>

#include <gtest/gtest.h>

#include "tests/support/memory_store.hpp"

namespace onput::queue {
namespace {

class JobLogTest : public testing::Test {
protected:
    support::MemoryStore store;
    AgeClock age;
    std::optional<JobLog> log{std::in_place, store, age};
    Timestamp now = from_seconds(1'000'000);

    template <typename Change>
    void commit(Change change) {
        store::Batch batch{std::string(partition)};
        change(batch);
        ASSERT_TRUE(store.commit(std::move(batch)));
    }
    void add(const std::string& trace_id, const std::string& what) {
        commit([&](store::Batch& batch) {
            log->add({.trace_id = trace_id, .time = now, .what = what}, batch);
        });
    }
    std::string tell(const std::string& trace_id) {
        schema::QueueTraceQuery query;
        query.trace_id = trace_id;
        std::string told;
        for (const auto& step : log->trace(query, {})->steps) told += step.what + " ";
        return told;
    }
};

TEST_F(JobLogTest, a_trace_is_told_in_order_and_without_others) {
    add("a", "queued");
    add("b", "queued");
    add("a", "leased");
    EXPECT_EQ(tell("a"), "queued leased ");
    EXPECT_EQ(tell("b"), "queued ");
    EXPECT_EQ(tell("c"), "");
}

TEST_F(JobLogTest, a_step_without_a_trace_is_not_kept) {
    add("", "queued");
    EXPECT_EQ(store.row_count("queue"), 0U);
}

TEST_F(JobLogTest, it_survives_a_restart) {
    add("a", "queued");
    log.emplace(store, age);
    ASSERT_TRUE(log->restore());
    add("a", "leased");
    EXPECT_EQ(tell("a"), "queued leased ");
}

TEST_F(JobLogTest, what_is_too_old_goes) {
    add("a", "queued");
    now += std::chrono::days(1);
    add("b", "queued");
    now += job_steps_age_max - std::chrono::days(1);
    commit([&](store::Batch& batch) { log->on_time(now, batch); });
    EXPECT_EQ(tell("a"), "");
    EXPECT_EQ(tell("b"), "queued ");
    EXPECT_EQ(store.row_count("queue"), 1U);
}

TEST_F(JobLogTest, a_step_that_was_logged_while_the_clock_was_behind_is_not_old_afterwards) {
    age.observe(now, std::chrono::hours(1));
    now -= 2 * job_steps_age_max;
    age.observe(now, std::chrono::hours(1));
    add("a", "queued");
    now += 2 * job_steps_age_max;
    age.observe(now, std::chrono::hours(1));
    commit([&](store::Batch& batch) { log->on_time(age.at(now), batch); });
    EXPECT_EQ(tell("a"), "queued ");
}

TEST_F(JobLogTest, it_keeps_a_bounded_number_of_steps) {
    commit([&](store::Batch& batch) {
        for (std::size_t i = 0; i < job_steps_max + 10; ++i) {
            log->add({.trace_id = "t" + std::to_string(i), .time = now, .what = "queued"}, batch);
        }
    });
    EXPECT_EQ(log->size(), job_steps_max);
    EXPECT_EQ(store.row_count("queue"), job_steps_max);
    EXPECT_EQ(tell("t9"), "");
    EXPECT_EQ(tell("t10"), "queued ");
}

}  // namespace
}  // namespace onput::queue
