#include "services/notifier/schedules/time_zone.hpp"

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "common/base/check.hpp"
#include "common/base/time.hpp"
#include "services/notifier/schedules/schedule_expression.hpp"

namespace onput::notifier {
namespace {

using std::chrono::local_seconds;
using std::chrono::seconds;
using std::chrono::sys_seconds;

std::string file_of(const std::string& zone) {
    std::ifstream file("/usr/share/zoneinfo/" + zone, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

TimeZone zone_of(const std::string& name) {
    auto zone = TimeZone::parse(file_of(name));
    ONPUT_CHECK(zone.has_value());
    return *std::move(zone);
}

sys_seconds at(const std::string& text) {
    const auto time = parse_iso8601(text + "Z");
    ONPUT_CHECK(time.has_value());
    return std::chrono::floor<seconds>(*time);
}

local_seconds local(const std::string& text) {
    return local_seconds(at(text).time_since_epoch());
}

std::string shown(std::optional<sys_seconds> time) {
    return time ? format_iso8601_millis(*time).substr(0, 16) : "never";
}

TEST(TimeZone, a_local_time_is_a_moment) {
    const TimeZone vienna = zone_of("Europe/Vienna");
    EXPECT_EQ(shown(vienna.to_utc(local("2026-01-15T12:00:00"))), "2026-01-15T11:00");
    EXPECT_EQ(shown(vienna.to_utc(local("2026-07-15T12:00:00"))), "2026-07-15T10:00");
    const TimeZone sydney = zone_of("Australia/Sydney");
    EXPECT_EQ(shown(sydney.to_utc(local("2026-01-15T12:00:00"))), "2026-01-15T01:00");
    EXPECT_EQ(shown(sydney.to_utc(local("2026-07-15T12:00:00"))), "2026-07-15T02:00");
    EXPECT_EQ(shown(TimeZone().to_utc(local("2026-07-15T12:00:00"))), "2026-07-15T12:00");
    EXPECT_EQ(shown(zone_of("Asia/Kolkata").to_utc(local("2026-07-15T12:00:00"))),
              "2026-07-15T06:30");
}

TEST(TimeZone, years_beyond_the_file_follow_its_rule) {
    const TimeZone vienna = zone_of("Europe/Vienna");
    EXPECT_EQ(shown(vienna.to_utc(local("2150-01-15T12:00:00"))), "2150-01-15T11:00");
    EXPECT_EQ(shown(vienna.to_utc(local("2150-07-15T12:00:00"))), "2150-07-15T10:00");
    const TimeZone sydney = zone_of("Australia/Sydney");
    EXPECT_EQ(shown(sydney.to_utc(local("2150-01-15T12:00:00"))), "2150-01-15T01:00");
    // 29 March 2150 is the last Sunday.
    EXPECT_EQ(shown(vienna.to_utc(local("2150-03-29T02:30:00"))), "never");
}

TEST(TimeZone, a_time_that_clocks_skip_never_is_and_one_shown_twice_is_the_first) {
    const TimeZone vienna = zone_of("Europe/Vienna");
    EXPECT_EQ(shown(vienna.to_utc(local("2026-03-29T02:30:00"))), "never");
    EXPECT_EQ(shown(vienna.to_utc(local("2026-03-29T03:00:00"))), "2026-03-29T01:00");
    EXPECT_EQ(shown(vienna.to_utc(local("2026-10-25T02:30:00"))), "2026-10-25T00:30");
    EXPECT_EQ(shown(vienna.to_utc(local("2026-10-25T03:00:00"))), "2026-10-25T02:00");
}

// By the days around the changes: what comes after 01:30 of the day before.
std::vector<std::string> daily(const std::string& cron, const std::string& after) {
    const auto expression = ScheduleExpression::parse(cron);
    ONPUT_CHECK(expression.has_value());
    const TimeZone vienna = zone_of("Europe/Vienna");
    std::vector<std::string> times;
    Timestamp time = at(after);
    for (int i = 0; i < 3; ++i) {
        time = expression->next_after(time, {.zone = vienna, .anchor = {}}).value_or(Timestamp());
        times.push_back(format_iso8601_millis(time).substr(0, 16));
    }
    return times;
}

TEST(TimeZone, a_daily_schedule_leaves_the_skipped_time_out) {
    EXPECT_EQ(
        daily("cron(30 2 * * ? *)", "2026-03-27T12:00:00"),
        (std::vector<std::string>{"2026-03-28T01:30", "2026-03-30T00:30", "2026-03-31T00:30"}));
}

TEST(TimeZone, a_daily_schedule_runs_once_when_clocks_go_back) {
    EXPECT_EQ(
        daily("cron(30 2 * * ? *)", "2026-10-24T12:00:00"),
        (std::vector<std::string>{"2026-10-25T00:30", "2026-10-26T01:30", "2026-10-27T01:30"}));
    // Within the second showing.
    EXPECT_EQ(daily("cron(0/30 2 * * ? *)", "2026-10-25T01:10:00")[0], "2026-10-26T01:00");
}

TEST(TimeZone, every_zone_of_the_database_is_understood) {
    std::ifstream table("/usr/share/zoneinfo/tzdata.zi");
    std::size_t zones = 0;
    for (std::string line; std::getline(table, line);) {
        if (!line.starts_with("Z ")) continue;
        const std::string name = line.substr(2, line.find(' ', 2) - 2);
        EXPECT_TRUE(is_zone_name(name)) << name;
        const auto zone = TimeZone::parse(file_of(name));
        EXPECT_TRUE(zone) << name << ": " << zone.error().message;
        ++zones;
    }
    EXPECT_GT(zones, 300u);
}

TEST(TimeZone, a_damaged_file_is_an_error) {
    const std::string whole = file_of("Europe/Vienna");
    for (std::size_t size = 0; size + 1 < whole.size(); ++size) {
        EXPECT_FALSE(TimeZone::parse(std::string_view(whole).substr(0, size))) << size;
    }
    // Any byte may be any other: no crash.
    for (std::size_t i = 0; i < whole.size(); ++i) {
        std::string damaged = whole;
        damaged[i] = static_cast<char>(damaged[i] ^ 0xFF);
        const auto zone = TimeZone::parse(damaged);
        if (zone) static_cast<void>(zone->to_utc(local("2026-10-25T02:30:00")));
    }
    EXPECT_FALSE(TimeZone::parse(std::string(zone_file_bytes_max + 1, 'T')));
}

TEST(TimeZone, a_name_leads_out_of_no_folder) {
    EXPECT_TRUE(is_zone_name("America/Argentina/Buenos_Aires"));
    EXPECT_TRUE(is_zone_name("Etc/GMT+5"));
    for (const std::string name : {"", "/etc/passwd", "../x", "a/../b", "a//b", "a/", "a b", "."}) {
        EXPECT_FALSE(is_zone_name(name)) << name;
    }
    EXPECT_FALSE(is_zone_name(std::string(51, 'a')));
}

}  // namespace
}  // namespace onput::notifier
