// Archives and replays on the whole core: what is kept, what comes again, and that it comes once.
#include <algorithm>
#include <map>

#include "tests/services/notifier/harness.hpp"

namespace onput::notifier {
namespace {

using namespace std::chrono_literals;
using schema::ReplayState;

const std::string bus = "arn:aws:events:us-east-1:000000000000:event-bus/default";
const std::string archive_arn = "arn:aws:events:us-east-1:000000000000:archive/a";
const std::string rule_arn = "arn:aws:events:us-east-1:000000000000:rule/";

class ArchivesTest : public NotifierTest {
protected:
    void create(schema::CreateArchive request = {}) {
        request.name = "a";
        request.bus_arn = bus;
        const auto answer = apply(request);
        ASSERT_TRUE(answer) << answer.error().message;
    }
    void put(const std::string& source = "shop", std::optional<Timestamp> time = {}) {
        const auto answer = apply(schema::PutEvents{
            .entries = {{.source = source, .detail_type = "Order", .detail = "{}", .time = time}}});
        ONPUT_CHECK(answer.has_value() && answer->results[0].code.empty());
    }
    void rule_to(const std::string& name, const std::string& arn) {
        ASSERT_TRUE(apply(schema::PutRule{.name = name, .pattern = R"({"source":["shop"]})"}));
        ASSERT_TRUE(apply(schema::PutTargets{.rule = name, .targets = {{.id = "t", .arn = arn}}}));
    }
    [[nodiscard]] schema::StartReplay replay_all() const {
        return {.name = "r",
                .archive_arn = archive_arn,
                .bus_arn = bus,
                .events_from = now - 24h,
                .events_to = now + 1s};
    }
    void start(const schema::StartReplay& request) {
        const auto answer = apply(request);
        ASSERT_TRUE(answer) << answer.error().message;
        sync();
    }
    [[nodiscard]] schema::ReplayInfo replay(const std::string& name = "r") const {
        return core->archives().get_replay({.name = name}, owner()).value();
    }
    [[nodiscard]] ReplayState state() const { return static_cast<ReplayState>(replay().state); }
    [[nodiscard]] schema::ArchiveInfo archive() const {
        return core->archives().get({.name = "a"}, owner()).value();
    }
    template <typename M>
    std::string refusal(const M& request) {
        const auto answer = apply(request);
        EXPECT_FALSE(answer);
        return answer ? "" : answer.error().reason + ": " + answer.error().message;
    }
    // Until nothing is on its way; what each queue was sent.
    std::map<std::string, std::vector<schema::DeliverItem>> drain() {
        std::map<std::string, std::vector<schema::DeliverItem>> items;
        pass(1s);
        sync();
        for (auto deliveries = due(); !deliveries.empty(); deliveries = due()) {
            for (const auto& delivery : deliveries) {
                auto& held = items[delivery.message.destination_arn];
                held.insert(held.end(), delivery.message.items.begin(),
                            delivery.message.items.end());
                accept(delivery);
            }
        }
        return items;
    }
};

TEST_F(ArchivesTest, an_archive_keeps_what_its_pattern_matches) {
    create({.pattern = R"({"source":["shop"]})"});
    put();
    put("elsewhere");
    EXPECT_EQ(archive().events, 1u);
    EXPECT_GT(archive().bytes, 0u);
    sync();
    crash();
    EXPECT_EQ(archive().events, 1u);
}

TEST_F(ArchivesTest, a_replay_puts_events_on_the_bus_again_under_its_name) {
    create();
    const Timestamp put_at = now;
    put();
    put();
    rule_to("late", queue_a);
    start(replay_all());
    EXPECT_EQ(state(), ReplayState::starting);
    const auto items = drain().at(queue_a);
    ASSERT_EQ(items.size(), 2u);
    EXPECT_TRUE(items[0].body.contains(R"("replay-name":"r")")) << items[0].body;
    EXPECT_EQ(state(), ReplayState::completed);
    EXPECT_EQ(replay().events, 2u);
    EXPECT_EQ(replay().last_replayed, put_at);
    EXPECT_GE(replay().ended_at, replay().started_at);
    // What is replayed is in the archive already.
    EXPECT_EQ(archive().events, 2u);
}

TEST_F(ArchivesTest, a_replayed_event_is_another_message_of_the_same_event) {
    create();
    rule_to("early", queue_a);
    put();
    sync();
    const auto first = drain().at(queue_a);
    start(replay_all());
    const auto again = drain().at(queue_a);
    ASSERT_EQ(first.size(), 1u);
    ASSERT_EQ(again.size(), 1u);
    EXPECT_EQ(first[0].event_id, again[0].event_id);
    EXPECT_NE(first[0].message_id, again[0].message_id);
}

TEST_F(ArchivesTest, a_replay_has_the_events_of_its_time_alone) {
    create();
    rule_to("late", queue_a);
    put("x", now - 3h);
    put("shop", now - 2h);
    put("shop", now - 1h);
    drain();
    auto request = replay_all();
    request.events_from = now - 2h - 30min;
    request.events_to = now - 1h - 30min;
    start(request);
    EXPECT_EQ(drain().at(queue_a).size(), 1u);
    EXPECT_EQ(replay().events, 1u);
}

TEST_F(ArchivesTest, a_replay_goes_to_the_rules_that_it_names) {
    create();
    put();
    rule_to("one", queue_a);
    rule_to("two", queue_b);
    auto request = replay_all();
    request.filter_arns = {rule_arn + "two"};
    start(request);
    const auto items = drain();
    EXPECT_FALSE(items.contains(queue_a));
    EXPECT_EQ(items.at(queue_b).size(), 1u);
}

TEST_F(ArchivesTest, a_replay_goes_on_after_a_crash_and_misses_and_repeats_nothing) {
    create();
    for (int i = 0; i < 175; ++i) put("shop", now - std::chrono::seconds(i));
    rule_to("late", queue_a);
    start(replay_all());
    std::map<std::string, int> journaled_by_id;
    const auto count = [&] {
        for (const auto& event : journaled<schema::BusEvent>()) {
            if (!event.replay_name.empty()) ++journaled_by_id[event.event_id];
        }
        published.clear();
    };
    published.clear();
    // One step at a time; every second one is forgotten.
    for (int i = 0; i < 40 && state() != ReplayState::completed; ++i) {
        Effects effects;
        ASSERT_TRUE(ready().on_time(now, effects));
        commit(std::move(effects));
        if (i % 2 == 0) {
            published.clear();
            crash();
        } else {
            sync();
            count();
        }
    }
    EXPECT_EQ(state(), ReplayState::completed);
    EXPECT_EQ(journaled_by_id.size(), 175u);
    for (const auto& [id, times] : journaled_by_id) EXPECT_EQ(times, 1) << id;
    EXPECT_EQ(replay().events, 175u);
}

TEST_F(ArchivesTest, a_replay_can_be_cancelled_while_it_runs) {
    create();
    for (int i = 0; i < 120; ++i) put();
    start(replay_all());
    Effects effects;
    ASSERT_TRUE(ready().on_time(now, effects));
    commit(std::move(effects));
    EXPECT_EQ(state(), ReplayState::running);
    ASSERT_TRUE(apply(schema::CancelReplay{.name = "r"}));
    EXPECT_EQ(state(), ReplayState::cancelling);
    sync();
    crash();
    drain();
    EXPECT_EQ(state(), ReplayState::cancelled);
    EXPECT_LT(replay().events, 120u);
    EXPECT_TRUE(refusal(schema::CancelReplay{.name = "r"}).starts_with("IllegalStatusException"));
}

TEST_F(ArchivesTest, a_replay_whose_archive_is_deleted_fails) {
    create();
    put();
    start(replay_all());
    ASSERT_TRUE(apply(schema::DeleteArchive{.name = "a"}));
    create();  // One of the same name is another one.
    drain();
    EXPECT_EQ(state(), ReplayState::failed);
    EXPECT_EQ(replay().state_reason, "The archive was deleted.");
}

TEST_F(ArchivesTest, a_deleted_archives_events_go) {
    create();
    for (int i = 0; i < 250; ++i) put();
    ASSERT_TRUE(apply(schema::DeleteArchive{.name = "a"}));
    sync();
    crash();
    drain();
    const auto rows =
        readable->scan(std::string(partition), store::Range::of_prefix("E/"), {10, 1 << 20});
    ASSERT_TRUE(rows);
    EXPECT_TRUE(rows->empty());
    create();
    EXPECT_EQ(archive().number, 2u);
}

TEST_F(ArchivesTest, events_older_than_the_retention_go) {
    create({.retention_days = 2});
    put();
    pass(25h);
    put();
    pass(24h);
    for (int i = 0; i < 5; ++i) pass(1h);
    EXPECT_EQ(archive().events, 1u);
    for (int i = 0; i < 30; ++i) pass(1h);
    EXPECT_EQ(archive().events, 0u);
    EXPECT_EQ(archive().bytes, 0u);
}

TEST_F(ArchivesTest, what_is_too_old_goes_as_fast_as_the_turns_come) {
    create({.retention_days = 1});
    for (int i = 0; i < 500; ++i) put();
    for (int i = 0; i < 30; ++i) pass(1h);
    put();
    for (int i = 0; i < 10; ++i) pass(1s);
    EXPECT_EQ(archive().events, 1u);
}

TEST_F(ArchivesTest, an_archive_for_ever_keeps_all) {
    create();
    put();
    for (int i = 0; i < 100; ++i) pass(24h);
    EXPECT_EQ(archive().events, 1u);
}

TEST_F(ArchivesTest, a_clock_that_jumps_ahead_removes_nothing) {
    create({.retention_days = 2});
    put();
    jump(std::chrono::days(400));
    for (int i = 0; i < 5; ++i) pass(1h);
    EXPECT_EQ(archive().events, 1u);
}

TEST_F(ArchivesTest, what_cannot_be_is_refused_in_eventbridges_words) {
    create();
    EXPECT_EQ(refusal(schema::CreateArchive{.name = "a", .bus_arn = bus}),
              "ResourceAlreadyExistsException: Archive a already exists.");
    EXPECT_EQ(refusal(schema::CreateArchive{.name = "b", .bus_arn = bus + "x"}),
              "ResourceNotFoundException: Event bus " + bus + "x does not exist.");
    EXPECT_TRUE(refusal(schema::CreateArchive{.name = "b", .bus_arn = bus, .pattern = "{"})
                    .starts_with("InvalidEventPatternException"));
    EXPECT_EQ(refusal(schema::UpdateArchive{.name = "b"}),
              "ResourceNotFoundException: Archive b does not exist.");
    ASSERT_TRUE(apply(schema::CreateBus{.name = "own"}));
    auto request = replay_all();
    request.bus_arn = "arn:aws:events:us-east-1:000000000000:event-bus/own";
    EXPECT_EQ(refusal(request),
              "ValidationException: Parameter Destination.Arn is not valid. Reason: Cross event "
              "bus replay is not permitted.");
    request = replay_all();
    request.events_to = request.events_from;
    EXPECT_EQ(refusal(request),
              "ValidationException: Parameter EventEndTime is not valid. Reason: EventStartTime "
              "must be before EventEndTime.");
    request = replay_all();
    request.filter_arns = {rule_arn + "none"};
    EXPECT_EQ(refusal(request),
              "ResourceNotFoundException: Rule " + rule_arn + "none does not exist.");
}

TEST_F(ArchivesTest, a_bus_has_so_many_archives_and_no_more) {
    schema::CreateArchive request{.bus_arn = bus};
    for (std::size_t i = 0; i < archives_per_bus_max; ++i) {
        request.name = std::string(i + 1, 'a');
        ASSERT_TRUE(apply(request));
    }
    request.name = "another";
    EXPECT_TRUE(refusal(request).starts_with("LimitExceededException"));
    put();
    EXPECT_EQ(archive().events, 1u);
}

TEST_F(ArchivesTest, there_are_so_many_archives_and_open_replays_and_no_more) {
    options.archives.archives_per_account_max = 1;
    options.archives.replays_open_per_account_max = 1;
    restart_with(options);
    create();
    EXPECT_TRUE(refusal(schema::CreateArchive{.name = "b", .bus_arn = bus})
                    .starts_with("LimitExceededException"));
    start(replay_all());
    auto request = replay_all();
    request.name = "second";
    EXPECT_TRUE(refusal(request).starts_with("LimitExceededException"));
    drain();
    start(request);
}

TEST_F(ArchivesTest, an_archive_is_changed_in_what_is_named) {
    create({.description = "d", .retention_days = 3});
    ASSERT_TRUE(apply(schema::UpdateArchive{.name = "a", .pattern = R"({"source":["x"]})"}));
    put();
    put("x");
    EXPECT_EQ(archive().events, 1u);
    EXPECT_EQ(archive().description, "d");
    EXPECT_EQ(archive().retention_days, 3u);
}

TEST_F(ArchivesTest, without_room_a_replay_waits) {
    create();
    put();
    options.free_bytes_min = 100;
    restart_with(options);
    start(replay_all());
    ready().room().observe(10);
    drain();
    EXPECT_EQ(state(), ReplayState::starting);
    ready().room().observe(1000);
    drain();
    EXPECT_EQ(state(), ReplayState::completed);
}

}  // namespace
}  // namespace onput::notifier
