// Random puts, deletions, retentions, time and crashes, against these promises:
//   1. What is counted is what is there, and no limit is exceeded once a turn has ended.
//   2. Within a group the oldest go: nothing is kept that is older than something that has gone.
//   3. Nothing is there that was not put, or that was deleted.
#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "common/base/random.hpp"
#include "services/queue/logs/log_reader.hpp"
#include "tests/services/queue/station.hpp"

namespace onput::queue {
namespace {

constexpr LogLimits limits{.group_bytes = 4'000, .all_bytes = 6'000};
constexpr int rounds = 60;

class RandomLogs {
public:
    explicit RandomLogs(std::uint64_t seed)
        : random_(seed), station_(CoreOptions{.log_limits = limits}) {}

    void run() {
        for (int round = 0; round < rounds; ++round) {
            step();
            station_.pass(std::chrono::seconds(random_.below(120)));
            check();
            if (testing::Test::HasFailure()) return;
        }
    }

private:
    std::string any_group() { return fmt::format("g{}", random_.below(3)); }
    std::string any_stream() { return fmt::format("s{}", random_.below(4)); }

    void step() {
        switch (random_.below(12)) {
            case 0: return remove({.group = any_group()});
            case 1: return remove({.group = any_group(), .stream = any_stream()});
            case 2: return keep_for(random_.below(2) == 0 ? 1 : 0);
            case 3: return station_.restart();
            case 4: return station_.pass(std::chrono::hours(random_.below(30)));
            default: return put();
        }
    }

    void put() {
        const std::string group = any_group();
        const std::string stream = any_stream();
        std::vector<schema::LogEvent> events;
        Timestamp time = station_.now - std::chrono::seconds(random_.below(3'600));
        for (std::uint64_t i = 0; i <= random_.below(8); ++i) {
            events.push_back({.time = time, .message = fmt::format("m{}", ++last_message_)});
            time =
                std::min<Timestamp>(time + std::chrono::seconds(random_.below(60)), station_.now);
        }
        const auto done = station_.ask(schema::PutLogEvents{
            .group = group, .stream = stream, .events = events, .creates = true});
        ASSERT_TRUE(done) << done.error().message;
        for (const auto& event : events)
            groups_[group].events[event.message] = {.time = event.time, .stream = stream};
    }
    void remove(const schema::DeleteLogStream& request) {
        const auto done = station_.ask(request);
        if (!done) return;
        auto& group = groups_[request.group];
        if (request.stream.empty()) {
            groups_.erase(request.group);
        } else {
            std::erase_if(group.events,
                          [&](const auto& entry) { return entry.second.stream == request.stream; });
        }
    }
    void keep_for(std::uint32_t days) {
        const std::string group = any_group();
        if (station_.ask(schema::SetLogGroup{.name = group, .retention_days = days}))
            groups_[group].days = days;
    }

    void check() {
        // Retention is looked at once a minute; rows go some at a time.
        station_.pass(expiry_interval + std::chrono::seconds(1));
        const auto list = station_.ask(schema::ListLogGroups{});
        std::uint64_t all = 0;
        for (const auto& group : list->groups) {
            all += group.bytes;
            EXPECT_LE(group.bytes, limits.group_bytes);
            check(group);
        }
        EXPECT_LE(all, limits.all_bytes);
        EXPECT_EQ(station_.metric("onput_queue_log_bytes"), static_cast<double>(all));
        EXPECT_EQ(list->groups.size(), groups_.size());
    }

    void check(const schema::LogGroup& group) {
        auto& model = groups_[group.name];
        const auto page = station_.ask(schema::FilterLogEvents{.group = group.name});
        ASSERT_TRUE(page);
        std::uint64_t bytes = 0;
        std::set<std::string> kept;
        for (const auto& event : page->events) {
            bytes += event.message.size() + schema::log_event_bytes_more;
            kept.insert(event.message);
            const auto known = model.events.find(event.message);
            ASSERT_TRUE(known != model.events.end()) << event.message << " was not put";
            EXPECT_EQ(known->second.time, event.time);
            if (model.days > 0) {
                EXPECT_GE(event.time + std::chrono::days(model.days) + std::chrono::seconds(1),
                          station_.now - std::chrono::seconds(120));
            }
        }
        EXPECT_EQ(bytes, group.bytes);
        std::int64_t newest_gone = -1;
        for (const auto& [message, put] : model.events) {
            if (!kept.contains(message)) newest_gone = std::max(newest_gone, to_seconds(put.time));
        }
        for (const auto& event : page->events)
            EXPECT_GE(to_seconds(event.time), newest_gone) << event.message;
        std::erase_if(model.events,
                      [&kept](const auto& entry) { return !kept.contains(entry.first); });
    }

    struct Put {
        Timestamp time;
        std::string stream;
    };
    struct Group {
        std::map<std::string, Put> events;
        std::uint32_t days = 0;
    };

    Random random_;
    Station station_;
    std::map<std::string, Group> groups_;
    std::uint64_t last_message_ = 0;
};

TEST(RandomLogsTest, what_is_kept_is_the_newest_within_the_limits) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        SCOPED_TRACE(fmt::format("seed {}", seed));
        RandomLogs(seed).run();
        if (HasFailure()) return;
    }
}

}  // namespace
}  // namespace onput::queue
