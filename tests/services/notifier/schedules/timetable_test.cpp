#include "services/notifier/schedules/timetable.hpp"

#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "common/base/check.hpp"
#include "common/base/random.hpp"

namespace onput::notifier {
namespace {

using namespace std::chrono_literals;

const std::string arn = "arn:aws:events:us-east-1:000000000000:rule/r";

TimePlan plan_of(const std::string& expression) {
    auto parsed = ScheduleExpression::parse(expression);
    ONPUT_CHECK(parsed.has_value());
    return {.expression = *std::move(parsed)};
}

class TimetableTest : public testing::Test {
protected:
    void apply(const store::Batch& batch) {
        for (const auto& change : batch.changes()) {
            if (change.value) {
                rows[change.key] = *change.value;
            } else {
                rows.erase(change.key);
            }
        }
    }
    void set(TimePlan plan) {
        store::Batch batch{"p"};
        table.set(arn, std::move(plan), now, batch);
        apply(batch);
    }
    std::vector<Timestamp> take() {
        store::Batch batch{"p"};
        std::vector<Timestamp> times;
        for (const auto& due : table.take_due(now, 100, batch)) times.push_back(due.due_at);
        apply(batch);
        table.check_invariants();
        return times;
    }
    std::size_t take_until(Timestamp end, Duration step = 1s) {
        std::size_t taken = 0;
        for (; now < end; now += step) taken += take().size();
        return taken;
    }
    void restart(TimePlan plan) {
        table = Timetable();
        std::vector<ScheduleCursor> cursors;
        for (const auto& [key, value] : rows) {
            auto cursor = schema::decode<ScheduleCursor>(value);
            ONPUT_CHECK(cursor.has_value());
            cursors.push_back(*std::move(cursor));
        }
        table.restore(std::move(cursors));
        table.set_restored(arn, std::move(plan), now);
        store::Batch batch{"p"};
        table.end_restore(batch);
        apply(batch);
        table.check_invariants();
    }

    Timetable table;
    std::map<std::string, std::string> rows;
    Timestamp now = from_seconds(1'796'025'600);  // 2026-11-30T08:00:00
};

TEST_F(TimetableTest, a_window_longer_than_the_interval_leaves_no_time_out) {
    TimePlan plan = plan_of("rate(5 minutes)");
    plan.window = 15min;
    set(std::move(plan));
    EXPECT_EQ(take_until(now + 10h + 5min, 10s), 120u);
}

TEST_F(TimetableTest, a_rate_is_due_after_its_first_interval) {
    set(plan_of("rate(5 minutes)"));
    EXPECT_EQ(take().size(), 0u);
    EXPECT_EQ(table.next_wakeup(), now + 5min);
    const Timestamp start = now;
    now += 5min;
    EXPECT_EQ(take(), std::vector{start + 5min});
    EXPECT_EQ(take().size(), 0u);
    EXPECT_EQ(take_until(start + 61min), 11u);
}

TEST_F(TimetableTest, a_rate_that_is_due_at_once_is_due_when_it_is_set) {
    auto plan = plan_of("rate(5 minutes)");
    plan.is_due_at_once = true;
    set(plan);
    EXPECT_EQ(take(), std::vector{now});
    now += 5min;
    EXPECT_EQ(take().size(), 1u);
}

TEST_F(TimetableTest, a_due_time_that_was_taken_is_not_taken_again_after_a_restart) {
    set(plan_of("rate(1 minute)"));
    now += 1min;
    EXPECT_EQ(take().size(), 1u);
    restart(plan_of("rate(1 minute)"));
    EXPECT_EQ(take().size(), 0u);
    EXPECT_EQ(table.next_wakeup(), now + 1min);
}

TEST_F(TimetableTest, what_was_missed_is_not_made_up_for) {
    set(plan_of("cron(0 * * * ? *)"));
    now += 3h + 10min;
    EXPECT_EQ(table.passed_over(), 0u);
    EXPECT_EQ(take().size(), 0u);
    EXPECT_EQ(table.next_wakeup(), now + 50min);
    EXPECT_EQ(table.passed_over(), 1u);
}

TEST_F(TimetableTest, what_is_late_by_less_than_a_minute_is_taken) {
    set(plan_of("cron(0 * * * ? *)"));
    now += 1h + 59s;
    restart(plan_of("cron(0 * * * ? *)"));
    EXPECT_EQ(table.passed_over(), 0u);
    EXPECT_EQ(take().size(), 1u);
    EXPECT_EQ(table.passed_over(), 0u);
    now += 3h;
    restart(plan_of("cron(0 * * * ? *)"));
    EXPECT_EQ(table.passed_over(), 1u) << "what was missed while it was down";
}

TEST_F(TimetableTest, one_moment_may_be_late_by_as_much_as_its_plan_says) {
    auto plan = plan_of("at(2026-11-30T09:00:00)");
    plan.late_max = 24h;
    set(plan);
    now += 20h;
    restart(plan);
    EXPECT_FALSE(table.is_over(arn));
    EXPECT_EQ(take().size(), 1u);
    EXPECT_TRUE(table.is_over(arn));
    EXPECT_EQ(table.next_wakeup(), std::nullopt);
}

TEST_F(TimetableTest, one_moment_that_is_missed_by_more_is_not_over) {
    auto plan = plan_of("at(2026-11-30T09:00:00)");
    set(plan);
    now += 48h;
    EXPECT_EQ(take().size(), 0u);
    EXPECT_FALSE(table.is_over(arn));
    // The clock was wrong: it comes after all.
    now -= 47h + 30min;
    EXPECT_EQ(take().size(), 0u);
    now += 31min;
    EXPECT_EQ(take().size(), 1u);
}

TEST_F(TimetableTest, a_clock_that_is_set_back_makes_nothing_due_again) {
    set(plan_of("rate(1 minute)"));
    const Timestamp start = now;
    EXPECT_EQ(take_until(start + 10min), 9u);
    now -= 5min;
    EXPECT_EQ(take_until(start + 10min), 0u);
    EXPECT_EQ(take_until(start + 12min), 2u);
}

TEST_F(TimetableTest, a_clock_that_was_far_ahead_silences_nothing) {
    set(plan_of("cron(* * * * ? *)"));
    const Timestamp start = now;
    now += std::chrono::days(365 * 70);
    EXPECT_EQ(take_until(now + 3min), 3u);
    now = start + 10s;
    EXPECT_EQ(take_until(start + 5min), 4u);
}

TEST_F(TimetableTest, what_a_clock_far_ahead_set_is_due_when_that_is_corrected) {
    now += std::chrono::days(365 * 70);
    set(plan_of("rate(1 minute)"));
    take();
    now -= std::chrono::days(365 * 70);
    EXPECT_EQ(take_until(now + 5min + 1s), 5u);
}

TEST_F(TimetableTest, start_and_end_are_kept) {
    auto plan = plan_of("rate(1 minute)");
    plan.start = now + 1h;
    plan.end = now + 1h + 3min;
    set(plan);
    EXPECT_EQ(table.next_wakeup(), now + 1h);
    EXPECT_EQ(take_until(now + 2h), 4u);
    EXPECT_TRUE(table.is_over(arn));
}

TEST_F(TimetableTest, a_window_puts_off_within_itself_always_by_the_same) {
    auto plan = plan_of("cron(0 * * * ? *)");
    plan.window = 10min;
    set(plan);
    const auto wakeup = table.next_wakeup();
    ASSERT_TRUE(wakeup);
    EXPECT_GT(*wakeup, now + 1h);
    EXPECT_LT(*wakeup, now + 1h + 10min);
    restart(plan);
    EXPECT_EQ(table.next_wakeup(), wakeup);
    const Timestamp due = now + 1h;
    now = *wakeup;
    EXPECT_EQ(take(), std::vector{due});
    EXPECT_EQ(take_until(due + 59min), 0u);
}

TEST_F(TimetableTest, a_long_pause_ends_for_what_has_a_window) {
    auto plan = plan_of("rate(1 minute)");
    plan.window = 24h;
    set(plan);
    now += std::chrono::days(30);
    EXPECT_LT(take().size(), 5u);
    EXPECT_GT(*table.next_wakeup(), now);
}

TEST_F(TimetableTest, what_is_removed_is_never_due) {
    set(plan_of("rate(1 minute)"));
    store::Batch batch{"p"};
    table.remove(arn, batch);
    apply(batch);
    EXPECT_TRUE(rows.empty());
    EXPECT_EQ(take_until(now + 5min), 0u);
}

TEST_F(TimetableTest, rows_of_nobody_are_removed_at_a_start) {
    set(plan_of("rate(1 minute)"));
    std::vector<ScheduleCursor> cursors{{.arn = "gone", .set_at = now}};
    table = Timetable();
    table.restore(std::move(cursors));
    store::Batch batch{"p"};
    table.end_restore(batch);
    ASSERT_EQ(batch.changes().size(), 1u);
    EXPECT_EQ(batch.changes()[0].key, "x/gone");
}

// Restarts that forget what was not committed, and clocks that jump, by seeds: no due time is taken
// twice, and while the clock is right and the process is up none is left out.
class TimetableSeeds : public TimetableTest, public testing::WithParamInterface<std::uint64_t> {};

TEST_P(TimetableSeeds, no_due_time_is_taken_twice) {
    static const std::vector<std::string> expressions{"rate(1 minute)", "rate(7 minutes)",
                                                      "cron(0/5 * * * ? *)", "cron(3 8-9 * * ? *)"};
    Random random(GetParam());
    auto plan = plan_of(expressions[random.below(expressions.size())]);
    if (random.below(3) == 0) plan.window = 3min;
    set(plan);
    std::map<Timestamp, int> taken;
    for (int i = 0; i < 400; ++i) {
        const auto committed = rows;
        const auto times = take();
        if (random.below(8) == 0) {
            // Killed before the commit: what was taken never happened.
            rows = committed;
            restart(plan);
        } else {
            for (const Timestamp time : times) ++taken[time];
        }
        switch (random.below(12)) {
            case 0: now += std::chrono::minutes(random.below(600)); break;
            case 1: now -= std::chrono::minutes(random.below(600)); break;
            case 2: restart(plan); break;
            default: now += std::chrono::seconds(random.below(55)); break;
        }
        for (const Timestamp time : times) EXPECT_LE(taken[time], 1);
    }
    // A quarter of an hour of a right clock, after all that happened.
    now += std::chrono::days(10);
    const ScheduleExpression::Frame frame{.zone = plan.zone, .anchor = {}};
    if (plan.expression.is_rate()) return;
    take();
    const Timestamp from = now;
    std::size_t expected = 0;
    for (auto due = plan.expression.next_after(from, frame); due && *due < from + 3h;
         due = plan.expression.next_after(*due, frame)) {
        ++expected;
    }
    if (plan.window == Duration::zero()) {
        EXPECT_EQ(take_until(from + 3h), expected) << "seed " << GetParam();
    }
}

INSTANTIATE_TEST_SUITE_P(seeds, TimetableSeeds, testing::Range<std::uint64_t>(1, 201));

}  // namespace
}  // namespace onput::notifier
