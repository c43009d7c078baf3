#include "services/notifier/schedules/schedule_expression.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "common/base/check.hpp"

namespace onput::notifier {
namespace {

Timestamp at(const std::string& text) {
    const auto time = parse_iso8601(text + "Z");
    ONPUT_CHECK(time.has_value());
    return *time;
}

// The due times after a moment, in UTC.
std::vector<std::string> due(const std::string& expression, const std::string& after,
                             std::size_t count = 3) {
    const auto parsed = ScheduleExpression::parse(expression);
    EXPECT_TRUE(parsed) << expression;
    std::vector<std::string> times;
    if (!parsed) return times;
    const TimeZone utc;
    Timestamp time = at(after);
    const ScheduleExpression::Frame frame{.zone = utc, .anchor = time};
    while (times.size() < count) {
        const auto next = parsed->next_after(time, frame);
        if (!next) break;
        time = *next;
        times.push_back(format_iso8601_millis(time).substr(0, 16));
    }
    return times;
}

using Times = std::vector<std::string>;

TEST(ScheduleExpression, a_list_a_range_and_steps_are_minutes_and_hours) {
    EXPECT_EQ(
        due("cron(15,45 9-10 * * ? *)", "2026-11-30T00:00:00", 4),
        (Times{"2026-11-30T09:15", "2026-11-30T09:45", "2026-11-30T10:15", "2026-11-30T10:45"}));
    EXPECT_EQ(due("cron(0/20 */12 * * ? *)", "2026-11-30T00:30:00"),
              (Times{"2026-11-30T00:40", "2026-11-30T12:00", "2026-11-30T12:20"}));
}

TEST(ScheduleExpression, a_moment_that_is_due_is_followed_by_the_next) {
    EXPECT_EQ(due("cron(0 12 * * ? *)", "2026-11-30T12:00:00", 1), (Times{"2026-12-01T12:00"}));
    EXPECT_EQ(due("cron(0 12 * * ? *)", "2026-11-30T11:59:59", 1), (Times{"2026-11-30T12:00"}));
}

TEST(ScheduleExpression, sunday_is_the_first_day_of_the_week) {
    EXPECT_EQ(due("cron(0 0 ? * 1 *)", "2026-11-30T00:00:00", 1), (Times{"2026-12-06T00:00"}));
    EXPECT_EQ(due("cron(0 0 ? * mon-Fri *)", "2026-12-04T00:00:00", 1),
              (Times{"2026-12-07T00:00"}));
    EXPECT_EQ(due("cron(0 0 ? * L *)", "2026-11-30T00:00:00", 1), (Times{"2026-12-05T00:00"}));
}

TEST(ScheduleExpression, the_last_day_of_a_month_follows_the_calendar) {
    EXPECT_EQ(due("cron(0 0 L * ? *)", "2028-02-01T00:00:00", 2),
              (Times{"2028-02-29T00:00", "2028-03-31T00:00"}));
    EXPECT_EQ(due("cron(0 0 31 * ? *)", "2026-02-01T00:00:00", 2),
              (Times{"2026-03-31T00:00", "2026-05-31T00:00"}));
}

TEST(ScheduleExpression, a_nearest_weekday_stays_in_its_month) {
    // 1 August 2026 is a Saturday, 31 May 2026 a Sunday.
    EXPECT_EQ(due("cron(0 0 1W 8 ? 2026)", "2026-01-01T00:00:00"), (Times{"2026-08-03T00:00"}));
    EXPECT_EQ(due("cron(0 0 31W 5 ? 2026)", "2026-01-01T00:00:00"), (Times{"2026-05-29T00:00"}));
    EXPECT_EQ(due("cron(0 0 LW 5 ? 2026)", "2026-01-01T00:00:00"), (Times{"2026-05-29T00:00"}));
}

TEST(ScheduleExpression, the_second_tuesday_and_the_last_friday_are_days) {
    EXPECT_EQ(due("cron(0 0 ? * 3#2 *)", "2026-11-30T00:00:00", 2),
              (Times{"2026-12-08T00:00", "2027-01-12T00:00"}));
    EXPECT_EQ(due("cron(0 0 ? * TUE#5 *)", "2026-11-30T00:00:00", 1), (Times{"2026-12-29T00:00"}));
    EXPECT_EQ(due("cron(0 0 ? * 6L *)", "2026-11-30T00:00:00", 2),
              (Times{"2026-12-25T00:00", "2027-01-29T00:00"}));
}

TEST(ScheduleExpression, years_end) {
    EXPECT_EQ(due("cron(0 0 1 JAN ? 2026-2027)", "2026-06-01T00:00:00"),
              (Times{"2027-01-01T00:00"}));
    EXPECT_EQ(due("cron(59 23 31 12 ? 2199)", "2026-06-01T00:00:00"), (Times{"2199-12-31T23:59"}));
    EXPECT_EQ(due("cron(0 0 30 2 ? *)", "2026-06-01T00:00:00"), Times());
    EXPECT_EQ(due("cron(* * * * ? *)", "9999-06-01T00:00:00"), Times());
}

TEST(ScheduleExpression, a_rate_counts_from_its_anchor) {
    EXPECT_EQ(due("rate(5 minutes)", "2026-11-30T08:03:00"),
              (Times{"2026-11-30T08:08", "2026-11-30T08:13", "2026-11-30T08:18"}));
    EXPECT_EQ(due("rate(1 day)", "2026-11-30T08:03:00", 1), (Times{"2026-12-01T08:03"}));
}

TEST(ScheduleExpression, a_moment_comes_once) {
    EXPECT_EQ(due("at(2026-12-01T08:00:30)", "2026-11-30T00:00:00"), (Times{"2026-12-01T08:00"}));
    EXPECT_EQ(due("at(2026-11-01T08:00:30)", "2026-11-30T00:00:00"), Times());
}

TEST(ScheduleExpression, what_is_no_expression_is_refused_in_eventbridges_words) {
    for (const std::string text : {"",
                                   "cron",
                                   "cron()",
                                   "rate()",
                                   "at()",
                                   "rate(0 minutes)",
                                   "rate(1 minutes)",
                                   "rate(2 minute)",
                                   "rate(5 seconds)",
                                   "rate(-5 minutes)",
                                   "rate(5  minutes)",
                                   "rate(5 minutes) ",
                                   "rate(99999999999999999999 days)",
                                   "cron(0 12 * * * *)",
                                   "cron(0 12 ? * ? *)",
                                   "cron(0 12 * * ?)",
                                   "cron(0 12 * * ? * *)",
                                   "cron(60 12 * * ? *)",
                                   "cron(0 24 * * ? *)",
                                   "cron(0 12 0 * ? *)",
                                   "cron(0 12 32 * ? *)",
                                   "cron(0 12 * 13 ? *)",
                                   "cron(0 12 ? * 0 *)",
                                   "cron(0 12 ? * 8 *)",
                                   "cron(0 12 ? * 1/2 *)",
                                   "cron(0 12 ? * 3#6 *)",
                                   "cron(0 12 ? * 3#0 *)",
                                   "cron(0 12 * * ? 1969)",
                                   "cron(0 12 * * ? 2200)",
                                   "cron(5-1 12 * * ? *)",
                                   "cron(0/0 12 * * ? *)",
                                   "cron(, 12 * * ? *)",
                                   "cron(a 12 * * ? *)",
                                   "cron(0 12 W * ? *)",
                                   "cron(0 12 40W * ? *)",
                                   "cron(0 L * * ? *)",
                                   "at(2026-13-01T00:00:00)",
                                   "at(2026-12-01T00:00:00Z)",
                                   "at(2026-12-01)",
                                   "every(5 minutes)",
                                   "rate(5 minutes",
                                   "RATE(5 minutes)"}) {
        const auto parsed = ScheduleExpression::parse(text);
        ASSERT_FALSE(parsed) << text;
        EXPECT_EQ(parsed.error().message, "Parameter ScheduleExpression is not valid.") << text;
        EXPECT_EQ(parsed.error().reason, "ValidationException");
    }
    EXPECT_FALSE(ScheduleExpression::parse("cron(" + std::string(300, '1') + " * * * ? *)"));
}

}  // namespace
}  // namespace onput::notifier
