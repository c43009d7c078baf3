// Buses with flapping targets, by seeds: random events, rules and targets that come and go, answers
// of every kind or none, crashes that forget what was not synced, time that passes.
//
//   1. An event whose put was durable reaches every target whose rule matched it then, or its
//      dead-letter queue, or is kept as undelivered, unless the target was removed.
//   2. A target gets no event that its rule does not match.
//   3. The core's invariants hold at every step.
#include <map>
#include <set>
#include <string>

#include "tests/services/notifier/harness.hpp"

namespace onput::notifier {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t rules = 4;
constexpr std::uint64_t seeds = 150;
constexpr int steps = 120;

std::string rule_name(std::uint64_t rule) {
    return "r" + std::to_string(rule);
}

std::string queue_of(std::uint64_t rule) {
    return "arn:aws:sqs:us-east-1:000000000000:q" + std::to_string(rule);
}

std::string dead_of(std::uint64_t rule) {
    return "arn:aws:sqs:us-east-1:000000000000:dead" + std::to_string(rule);
}

class RulesPropertyTest : public NotifierTest {
protected:
    struct Owed {
        std::uint64_t rule = 0;
        std::string event_id;
        friend auto operator<=>(const Owed&, const Owed&) = default;
    };

    void run(std::uint64_t seed) {
        random = Random(seed);
        for (std::uint64_t rule = 0; rule < rules; ++rule) {
            ASSERT_TRUE(apply(schema::PutRule{
                .name = rule_name(rule),
                .pattern = R"({"source":["s)" + std::to_string(rule) + R"(","all"]})"}));
        }
        sync();
        for (int i = 0; i < steps; ++i) step();
        drain();
        for (const auto& owed : promised) {
            EXPECT_TRUE(received.contains(owed) || ended.contains(owed))
                << "seed " << seed << ": event " << owed.event_id << " is lost to rule "
                << owed.rule;
        }
    }

private:
    void step() {
        switch (random.below(10)) {
            case 0:
            case 1:
            case 2: return put_event();
            case 3: return change_target();
            case 4:
            case 5:
            case 6: return deliver(Outcomes::any);
            case 7: return sync_all();
            case 8: return pass(std::chrono::seconds(random.below(300)));
            default: return random.below(3) == 0 ? crash_all() : sync_all();
        }
    }

    void put_event() {
        const std::uint64_t rule = random.below(rules + 1);
        const std::string source = rule == rules ? "all" : "s" + std::to_string(rule);
        const auto answer = apply(
            schema::PutEvents{.entries = {{.source = source, .detail_type = "d", .detail = "{}"}}});
        ASSERT_TRUE(answer);
        std::string id = answer->results[0].event_id;
        std::erase(id, '-');
        sources[id] = source;
        for (std::uint64_t one = 0; one < rules; ++one) {
            const bool matches = rule == rules || one == rule;
            if (matches && has_target(one)) unsynced.insert({.rule = one, .event_id = id});
        }
    }

    bool has_target(std::uint64_t rule) {
        const auto list = core->rules().list_targets({.rule = rule_name(rule)}, owner());
        return list && !list->targets.empty();
    }

    void change_target() {
        const std::uint64_t rule = random.below(rules);
        if (random.below(4) == 0) {
            ASSERT_TRUE(apply(schema::RemoveTargets{.rule = rule_name(rule), .ids = {"t"}}));
            std::erase_if(promised, [rule](const Owed& owed) { return owed.rule == rule; });
            std::erase_if(unsynced, [rule](const Owed& owed) { return owed.rule == rule; });
            return;
        }
        schema::EventTarget target{.id = "t", .arn = queue_of(rule)};
        if (rule % 2 == 0) target.dead_letter_arn = dead_of(rule);
        if (rule >= 2) target.retries_max = 1;
        ASSERT_TRUE(apply(schema::PutTargets{.rule = rule_name(rule), .targets = {target}}));
    }

    enum class Outcomes { any, good };
    void deliver(Outcomes outcomes) {
        for (const auto& delivery : due()) {
            const std::uint64_t kind = outcomes == Outcomes::good ? 0 : random.below(6);
            if (kind == 5) continue;  // It never comes.
            if (kind <= 2) take(delivery);
            if (kind == 3) reject(delivery, ErrorCode::unavailable);
            if (kind == 4) reject(delivery, ErrorCode::permission_denied);
        }
        collect_ended();
    }

    void take(const Delivery& delivery) {
        for (std::uint64_t rule = 0; rule < rules; ++rule) {
            for (const auto& item : delivery.message.items) {
                const std::string& source = sources[item.event_id];
                const std::string& to = delivery.message.destination_arn;
                if (to != queue_of(rule) && to != dead_of(rule)) continue;
                EXPECT_TRUE(source == "all" || source == "s" + std::to_string(rule));
                (to == dead_of(rule) ? dead : received)
                    .insert({.rule = rule, .event_id = item.event_id});
            }
        }
        accept(delivery);
    }

    // What ended without a dead-letter queue is over; with one, when that has it.
    void collect_ended() {
        for (; seen < published.size(); ++seen) {
            const auto attempt = schema::decode<schema::DeliveryAttempt>(published[seen].body);
            if (!attempt || attempt->rule_arn.empty()) continue;
            const auto rule = static_cast<std::uint64_t>(attempt->rule_arn.back() - '0');
            const Owed owed{.rule = rule, .event_id = attempt->event_id};
            if (attempt->dead_letter_arn.empty()) ending.insert(owed);
        }
    }

    void sync_all() {
        collect_ended();
        sync();
        promised.merge(unsynced);
        unsynced.clear();
        ended.merge(ending);
        ending.clear();
    }

    void crash_all() {
        collect_ended();
        crash();
        unsynced.clear();
        ending.clear();
        collect_ended();
    }

    void drain() {
        sync_all();
        crash_all();
        for (int i = 0; i < 50; ++i) {
            pass(5min);
            deliver(Outcomes::good);
            sync_all();
        }
        EXPECT_TRUE(due().empty());
        for (const auto& owed : dead) ended.insert(owed);
    }

    Random random{0};
    std::map<std::string, std::string> sources;  // Of events.
    std::set<Owed> unsynced;
    std::set<Owed> promised;
    std::set<Owed> received;
    std::set<Owed> dead;
    std::set<Owed> ending;  // Given up, not yet durable.
    std::set<Owed> ended;
    std::size_t seen = 0;  // Of published.
};

class RulesSeeds : public RulesPropertyTest, public testing::WithParamInterface<std::uint64_t> {};

TEST_P(RulesSeeds, nothing_that_was_promised_is_lost) {
    run(GetParam());
}

INSTANTIATE_TEST_SUITE_P(seeds, RulesSeeds, testing::Range<std::uint64_t>(1, seeds + 1));

}  // namespace
}  // namespace onput::notifier
