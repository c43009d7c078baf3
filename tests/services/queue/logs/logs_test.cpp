#include "services/queue/logs/logs.hpp"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/queue/logs/log_reader.hpp"
#include "tests/services/queue/station.hpp"

namespace onput::queue {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::seconds;

class LogsTest : public testing::Test {
protected:
    explicit LogsTest(LogLimits limits = {}) : station(CoreOptions{.log_limits = limits}) {}

    void create(const std::string& group, const std::string& stream = {}) {
        ASSERT_TRUE(station.ask(schema::CreateLogStream{.group = group, .stream = stream}));
    }
    Result<schema::LogEventsPut> put(const std::string& stream,
                                     std::vector<schema::LogEvent> events) {
        return station.ask(schema::PutLogEvents{
            .group = group_name, .stream = stream, .events = std::move(events), .creates = true});
    }
    void say(const std::string& stream, const std::string& message, Duration ago = {}) {
        ASSERT_TRUE(put(stream, {{.time = station.now - ago, .message = message}}));
    }
    schema::LogGroup group() {
        const auto list = station.ask(schema::ListLogGroups{.prefix = group_name});
        return list->groups.at(0);
    }
    std::vector<std::string> streams(schema::ListLogStreams request = {}) {
        request.group = group_name;
        std::vector<std::string> names;
        const auto list = station.ask(request);
        for (const auto& stream : list->streams) names.push_back(stream.name);
        return names;
    }
    schema::LogEventsPage get(schema::GetLogEvents request) {
        request.group = group_name;
        if (request.stream.empty()) request.stream = "s";
        auto page = station.ask(request);
        EXPECT_TRUE(page) << (page ? "" : page.error().message);
        return page ? *page : schema::LogEventsPage{};
    }
    schema::LogEventsPage filter(schema::FilterLogEvents request) {
        request.group = group_name;
        auto page = station.ask(request);
        EXPECT_TRUE(page) << (page ? "" : page.error().message);
        return page ? *page : schema::LogEventsPage{};
    }
    static std::string words(const schema::LogEventsPage& page) {
        std::string all;
        for (const auto& event : page.events) all += (all.empty() ? "" : " ") + event.message;
        return all;
    }
    // All pages of a filter.
    std::string all_words(schema::FilterLogEvents request) {
        std::string all;
        while (true) {
            const auto page = filter(request);
            if (!page.events.empty()) all += (all.empty() ? "" : " ") + words(page);
            if (page.forward.empty()) return all;
            request.after = page.forward;
        }
    }
    std::string reason(const Result<schema::LogEventsPut>& result) {
        return result ? std::string() : result.error().reason;
    }

    const std::string group_name = "/aws/lambda/f";
    Station station;
};

TEST_F(LogsTest, a_group_is_made_once_and_kept_across_a_restart) {
    create(group_name);
    station.restart();
    const auto again = station.ask(schema::CreateLogStream{.group = group_name});
    EXPECT_EQ(again.error().reason, "ResourceAlreadyExists");
    EXPECT_EQ(group().arn, "arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/f");
    EXPECT_EQ(group().retention_days, 0U);
}

TEST_F(LogsTest, groups_are_of_one_account) {
    create(group_name);
    const auto list = station.ask(schema::ListLogGroups{}, "111111111111");
    EXPECT_TRUE(list->groups.empty());
}

TEST_F(LogsTest, groups_are_listed_page_by_page_by_prefix_or_part) {
    for (const std::string name : {"a/1", "a/2", "a/3", "b/1"}) create(name);
    auto page = station.ask(schema::ListLogGroups{.prefix = "a/", .groups_max = 2});
    ASSERT_EQ(page->groups.size(), 2U);
    page = station.ask(schema::ListLogGroups{.prefix = "a/", .after = page->next});
    ASSERT_EQ(page->groups.size(), 1U);
    EXPECT_EQ(page->groups[0].name, "a/3");
    EXPECT_EQ(page->next, "");
    page = station.ask(schema::ListLogGroups{.part = "/1"});
    EXPECT_EQ(page->groups.size(), 2U);
}

TEST_F(LogsTest, names_that_logs_does_not_take_are_refused) {
    for (const std::string name : {"", "aws/x", "a b", "a:b"}) {
        const auto made = station.ask(schema::CreateLogStream{.group = name});
        EXPECT_EQ(made.error().reason, "InvalidParameter") << name;
    }
    create(group_name);
    const auto made = station.ask(schema::CreateLogStream{.group = group_name, .stream = "a:b"});
    EXPECT_EQ(made.error().reason, "InvalidParameter");
}

TEST_F(LogsTest, streams_are_listed_by_name_or_by_their_last_event) {
    say("b", "1");
    station.pass(seconds(5));
    say("a", "2");
    say("c", "3", seconds(60));
    using Names = std::vector<std::string>;
    EXPECT_EQ(streams(), (Names{"a", "b", "c"}));
    EXPECT_EQ(streams({.prefix = "b"}), (Names{"b"}));
    EXPECT_EQ(streams({.descending = true}), (Names{"c", "b", "a"}));
    EXPECT_EQ(streams({.by_last_event = true}), (Names{"c", "b", "a"}));
    const auto first = station.ask(schema::ListLogStreams{
        .group = group_name, .by_last_event = true, .descending = true, .streams_max = 2});
    EXPECT_EQ(first->streams.size(), 2U);
    EXPECT_EQ(streams({.by_last_event = true, .descending = true, .after = first->next}),
              (Names{"c"}));
}

TEST_F(LogsTest, events_need_a_group_and_a_stream) {
    schema::PutLogEvents request{.group = group_name, .stream = "s"};
    request.events = {{.time = station.now, .message = "a"}};
    EXPECT_EQ(station.ask(request).error().reason, "ResourceNotFound");
    create(group_name);
    EXPECT_EQ(station.ask(request).error().reason, "ResourceNotFound");
    create(group_name, "s");
    EXPECT_TRUE(station.ask(request));
}

TEST_F(LogsTest, a_batch_beyond_the_limits_of_logs_is_refused) {
    EXPECT_EQ(reason(put("s", {})), "InvalidParameter");
    EXPECT_EQ(reason(put("s", {{.time = station.now, .message = ""}})), "InvalidParameter");
    EXPECT_EQ(reason(put("s", {{.time = station.now, .message = "a"},
                               {.time = station.now - seconds(1), .message = "b"}})),
              "InvalidParameter");
    EXPECT_EQ(reason(put("s", {{.time = station.now - hours(25), .message = "a"},
                               {.time = station.now, .message = "b"}})),
              "InvalidParameter");
    const std::string large(schema::log_put_bytes_max - schema::log_event_bytes_more, 'a');
    EXPECT_EQ(reason(put("s", {{.time = station.now, .message = large + "a"}})),
              "InvalidParameter");
    EXPECT_EQ(reason(put("s", {{.time = station.now, .message = large}})), "");
    std::vector<schema::LogEvent> many(schema::log_put_events_max + 1,
                                       {.time = station.now, .message = "a"});
    EXPECT_EQ(reason(put("s", many)), "InvalidParameter");
}

TEST_F(LogsTest, events_too_new_too_old_or_expired_are_left_out_and_said) {
    auto done = put("s", {{.time = station.now, .message = "a"},
                          {.time = station.now + hours(2), .message = "b"},
                          {.time = station.now + hours(3), .message = "c"}});
    EXPECT_EQ(done->too_new_from, 2U);
    EXPECT_FALSE(done->too_old_to);
    done = put("s", {{.time = station.now - days(15), .message = "x"}});
    EXPECT_EQ(done->too_old_to, 1U);
    ASSERT_TRUE(station.ask(schema::SetLogGroup{.name = group_name, .retention_days = 1}));
    done = put("s", {{.time = station.now - hours(30), .message = "y"},
                     {.time = station.now - hours(23), .message = "z"}});
    EXPECT_EQ(done->expired_to, 1U);
    EXPECT_EQ(words(get({.from_head = true})), "z a b");
}

TEST_F(LogsTest, events_are_read_forward_page_by_page_until_the_token_stays) {
    for (int i = 0; i < 5; ++i) {
        say("s", fmt::format("m{}", i));
        station.pass(seconds(1));
    }
    station.restart();
    auto page = get({.from_head = true, .events_max = 2});
    EXPECT_EQ(words(page), "m0 m1");
    page = get({.token = page.forward, .events_max = 2});
    EXPECT_EQ(words(page), "m2 m3");
    const auto third = get({.token = page.forward, .events_max = 2});
    EXPECT_EQ(words(third), "m4");
    const auto end = get({.token = third.forward, .events_max = 2});
    EXPECT_EQ(words(end), "");
    EXPECT_EQ(end.forward, third.forward);
    say("s", "m5");
    EXPECT_EQ(words(get({.token = end.forward})), "m5");
    EXPECT_EQ(words(get({.token = page.backward})), "m0 m1");
}

TEST_F(LogsTest, the_newest_page_comes_first_and_older_ones_behind_the_backward_token) {
    for (int i = 0; i < 5; ++i) say("s", fmt::format("m{}", i), seconds(10 - i));
    auto page = get({.events_max = 2});
    EXPECT_EQ(words(page), "m3 m4");
    page = get({.token = page.backward, .events_max = 2});
    EXPECT_EQ(words(page), "m1 m2");
    const auto last = get({.token = page.backward, .events_max = 2});
    EXPECT_EQ(words(last), "m0");
    const auto end = get({.token = last.backward, .events_max = 2});
    EXPECT_EQ(words(end), "");
    EXPECT_EQ(end.backward, last.backward);
    EXPECT_EQ(words(get({.token = end.forward, .events_max = 1})), "m0");
}

TEST_F(LogsTest, the_time_window_has_its_start_and_not_its_end) {
    for (int i = 0; i < 4; ++i) say("s", fmt::format("m{}", i), seconds(10 - i));
    const Timestamp from = station.now - seconds(9);
    const Timestamp to = station.now - seconds(7);
    EXPECT_EQ(words(get({.from = from, .to = to, .from_head = true})), "m1 m2");
    EXPECT_EQ(words(get({.from = from, .to = to})), "m1 m2");
    EXPECT_EQ(words(filter({.from = from, .to = to})), "m1 m2 m3");
}

TEST_F(LogsTest, a_token_that_is_none_is_refused) {
    say("s", "a");
    for (const std::string token : {"f", "f/1/s", "x/0/s", "f//s",
                                    "b/12345678901234567890123456789012345678901234567890123a/s"}) {
        const auto page =
            station.ask(schema::GetLogEvents{.group = group_name, .stream = "s", .token = token});
        ASSERT_FALSE(page) << token;
        EXPECT_EQ(page.error().reason, "InvalidParameter");
    }
}

TEST_F(LogsTest, a_filter_merges_streams_by_time_and_chooses_among_them) {
    say("a/1", "m1", seconds(9));
    say("b", "m2", seconds(8));
    say("a/2", "m3", seconds(7));
    say("a/1", "m4", seconds(6));
    EXPECT_EQ(words(filter({})), "m1 m2 m3 m4");
    EXPECT_EQ(words(filter({.streams = {"a/1"}})), "m1 m4");
    EXPECT_EQ(words(filter({.stream_prefix = "a/"})), "m1 m3 m4");
    EXPECT_EQ(words(filter({.pattern = "?m2 ?m4"})), "m2 m4");
    EXPECT_EQ(all_words({.events_max = 1}), "m1 m2 m3 m4");
    const auto unknown =
        station.ask(schema::FilterLogEvents{.group = group_name, .streams = {"none"}});
    EXPECT_EQ(unknown.error().reason, "ResourceNotFound");
}

TEST_F(LogsTest, events_of_one_page_are_in_the_order_of_their_times) {
    ASSERT_TRUE(put("a", {{.time = from_micros(to_seconds(station.now) * 1'000'000 + 500'000),
                           .message = "m2"}}));
    ASSERT_TRUE(
        put("b", {{.time = from_micros(to_seconds(station.now) * 1'000'000), .message = "m1"}}));
    EXPECT_EQ(words(filter({})), "m1 m2");
}

TEST_F(LogsTest, every_event_has_an_id_of_its_own) {
    ASSERT_TRUE(
        put("s", {{.time = station.now, .message = "a"}, {.time = station.now, .message = "a"}}));
    say("t", "a");
    const auto page = filter({});
    ASSERT_EQ(page.events.size(), 3U);
    EXPECT_NE(page.events[0].id, page.events[1].id);
    EXPECT_NE(page.events[1].id, page.events[2].id);
    EXPECT_EQ(page.events[0].id.size(), 56U);
}

TEST_F(LogsTest, a_filter_ends_a_page_after_so_much_that_was_looked_at) {
    for (std::size_t i = 0; i < log_filter_rows_max / 100 + 1; ++i) {
        std::vector<schema::LogEvent> events;
        for (int second = 0; second < 100; ++second)
            events.push_back({.time = station.now - seconds(100 - second), .message = "noise"});
        ASSERT_TRUE(put("s", std::move(events)));
    }
    say("s", "wanted");
    const auto page = filter({.pattern = "wanted"});
    EXPECT_TRUE(page.events.empty());
    EXPECT_NE(page.forward, "");
    EXPECT_EQ(all_words({.pattern = "wanted"}), "wanted");
}

TEST_F(LogsTest, a_deleted_stream_and_its_rows_are_gone_across_a_crash) {
    say("s", "a");
    say("t", "b");
    const std::uint64_t bytes = group().bytes;
    ASSERT_TRUE(station.ask(schema::DeleteLogStream{.group = group_name, .stream = "s"}));
    station.restart();
    station.pass(seconds(1));
    EXPECT_EQ(words(filter({})), "b");
    EXPECT_EQ(group().bytes, bytes / 2);
    EXPECT_EQ(
        station.ask(schema::DeleteLogStream{.group = group_name, .stream = "s"}).error().reason,
        "ResourceNotFound");
}

TEST_F(LogsTest, a_deleted_group_is_empty_when_it_is_made_again) {
    say("s", "a");
    ASSERT_TRUE(station.ask(schema::DeleteLogStream{.group = group_name}));
    create(group_name);
    station.pass(seconds(1));
    EXPECT_EQ(group().bytes, 0U);
    EXPECT_TRUE(streams().empty());
    EXPECT_EQ(words(filter({})), "");
    EXPECT_EQ(station.metric("onput_queue_log_bytes"), 0);
}

TEST_F(LogsTest, retention_removes_events_and_their_streams) {
    ASSERT_TRUE(station.ask(schema::PutLogEvents{.group = group_name,
                                                 .stream = "old",
                                                 .events = {{.time = station.now, .message = "a"}},
                                                 .creates = true}));
    ASSERT_TRUE(station.ask(schema::SetLogGroup{.name = group_name, .retention_days = 3}));
    station.pass(days(2));
    say("new", "b");
    EXPECT_EQ(words(filter({})), "a b");
    station.pass(hours(25));
    EXPECT_EQ(words(filter({})), "b");
    EXPECT_EQ(streams(), (std::vector<std::string>{"new"}));
    EXPECT_EQ(station.metric("onput_queue_log_expired_bytes_total"), 27);
    EXPECT_EQ(group().bytes, 27U);
}

TEST_F(LogsTest, a_clock_that_jumps_removes_nothing) {
    say("s", "a");
    ASSERT_TRUE(station.ask(schema::SetLogGroup{.name = group_name, .retention_days = 1}));
    station.jump(days(30));
    station.pass(seconds(100));
    station.jump(-days(30));
    station.pass(seconds(100));
    EXPECT_EQ(words(filter({})), "a");
}

TEST_F(LogsTest, settings_that_logs_does_not_take_are_refused) {
    create(group_name);
    const auto set = station.ask(schema::SetLogGroup{.name = group_name, .retention_days = 2});
    EXPECT_EQ(set.error().reason, "InvalidParameter");
    schema::SetLogGroup tags{.name = group_name};
    for (std::size_t i = 0; i <= log_tags_max; ++i) tags.tags[fmt::format("t{}", i)] = "";
    EXPECT_EQ(station.ask(tags).error().reason, "TooManyTags");
    ASSERT_TRUE(station.ask(schema::SetLogGroup{.name = group_name, .tags = {{"a", "1"}}}));
    ASSERT_TRUE(station.ask(schema::SetLogGroup{.name = group_name, .removed_tags = {"a"}}));
    EXPECT_TRUE(group().tags.empty());
}

// Limits small enough to reach.
class LogLimitsTest : public LogsTest {
protected:
    LogLimitsTest()
        : LogsTest({.group_bytes = 1'000, .all_bytes = 1'500, .streams = 2, .groups = 3}) {}
    // 100 bytes.
    void say_long(const std::string& stream, char letter) {
        say(stream, std::string(100 - schema::log_event_bytes_more, letter));
    }
};

TEST_F(LogLimitsTest, a_group_that_is_full_loses_its_oldest_events) {
    for (char letter = 'a'; letter < 'p'; ++letter) {
        say_long("s", letter);
        station.pass(seconds(1));
    }
    EXPECT_EQ(group().bytes, 1'000U);
    const auto page = filter({});
    ASSERT_EQ(page.events.size(), 10U);
    EXPECT_TRUE(page.events.front().message.starts_with('f'));
    EXPECT_EQ(station.metric("onput_queue_log_dropped_bytes_total"), 500);
    station.restart();
    EXPECT_EQ(filter({}).events.size(), 10U);
}

TEST_F(LogLimitsTest, all_groups_together_lose_the_oldest_event_of_any) {
    const auto say_to = [this](const std::string& to) {
        ASSERT_TRUE(station.ask(schema::PutLogEvents{
            .group = to,
            .stream = "s",
            .events = {{.time = station.now,
                        .message = std::string(100 - schema::log_event_bytes_more, 'x')}},
            .creates = true}));
        station.pass(seconds(1));
    };
    for (int i = 0; i < 9; ++i) say_to(group_name);
    for (int i = 0; i < 9; ++i) say_to("b");
    EXPECT_EQ(station.metric("onput_queue_log_bytes"), 1'500);
    EXPECT_EQ(group().bytes, 600U);
}

TEST_F(LogLimitsTest, more_groups_or_streams_are_refused_or_the_quietest_is_forgotten) {
    for (const auto& name : {group_name, std::string("b"), std::string("c")}) create(name);
    EXPECT_EQ(station.ask(schema::CreateLogStream{.group = "d"}).error().reason, "LimitExceeded");
    create(group_name, "1");
    create(group_name, "2");
    EXPECT_EQ(
        station.ask(schema::CreateLogStream{.group = group_name, .stream = "3"}).error().reason,
        "LimitExceeded");
    say("1", "a");
    station.pass(seconds(1));
    say("2", "b");
    say("3", "c");
    EXPECT_EQ(streams(), (std::vector<std::string>{"2", "3"}));
    EXPECT_EQ(words(filter({})), "a b c");
}

}  // namespace
}  // namespace onput::queue
