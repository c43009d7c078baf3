#include "services/function/environments.hpp"

#include <gtest/gtest.h>

namespace onput::function {
namespace {

using namespace std::chrono_literals;

// The core, in a test's words. Environments are numbered in the order of their start.
class EnvironmentsTest : public testing::Test {
protected:
    void invoke(std::uint64_t id, const std::string& key, Duration timeout = 3s) {
        core.invoke({.id = InvocationId(id), .key = key, .timeout = timeout}, now, effects);
    }
    Verdict next(std::uint64_t environment) {
        return core.next(EnvironmentId(environment), now, effects);
    }
    Verdict answer(std::uint64_t environment, std::uint64_t invocation,
                   const std::string& payload = "1") {
        return core.answer(EnvironmentId(environment), InvocationId(invocation),
                           {.payload = payload}, now, effects);
    }
    void end(std::uint64_t environment, const std::string& how = "exit status 1") {
        core.ended(EnvironmentId(environment), how, now, effects);
    }
    void pass(Duration time) {
        now += time;
        core.tick(now, effects);
    }

    // What has been said since the last time, one word each: "start 1 a", "finish 7 timed_out".
    std::vector<std::string> said() {
        std::vector<std::string> words;
        for (const Effect& effect : effects) {
            if (const auto* start = std::get_if<Start>(&effect)) {
                words.push_back("start " + std::to_string(start->environment.get()) + " " +
                                start->key);
            } else if (const auto* send = std::get_if<Send>(&effect)) {
                words.push_back("send " + std::to_string(send->invocation.get()) + " to " +
                                std::to_string(send->environment.get()));
            } else if (const auto* stop = std::get_if<Stop>(&effect)) {
                words.push_back("stop " + std::to_string(stop->environment.get()));
            } else if (const auto* finish = std::get_if<Finish>(&effect)) {
                last = finish->ending;
                words.push_back("finish " + std::to_string(finish->invocation.get()));
            }
        }
        effects.clear();
        return words;
    }
    using Words = std::vector<std::string>;

    EnvironmentLimits limits{.environments_max = 3, .per_function_max = 2};
    Environments core{limits};
    Duration now{1h};
    Effects effects;
    Ending last;  // Of the last finish that said() has seen.
};

TEST_F(EnvironmentsTest, an_invocation_starts_an_environment_and_is_sent_when_it_asks) {
    invoke(7, "a");
    EXPECT_EQ(said(), (Words{"start 1 a"}));
    now += 40ms;
    EXPECT_EQ(next(1), Verdict::accepted);
    EXPECT_EQ(said(), (Words{"send 7 to 1"}));
    now += 5ms;
    EXPECT_EQ(answer(1, 7, "42"), Verdict::accepted);
    EXPECT_EQ(said(), (Words{"finish 7"}));
    EXPECT_EQ(last, (Ending{.kind = Ending::Kind::answered,
                            .payload = "42",
                            .duration = 5ms,
                            .init_duration = 40ms}));
}

TEST_F(EnvironmentsTest, a_warm_environment_takes_the_next_one_and_has_no_start_to_tell) {
    invoke(1, "a");
    next(1);
    answer(1, 1);
    next(1);
    said();
    invoke(2, "a");
    EXPECT_EQ(said(), (Words{"send 2 to 1"}));
    answer(1, 2);
    EXPECT_EQ(said(), (Words{"finish 2"}));
    EXPECT_EQ(last.init_duration, 0s);
}

TEST_F(EnvironmentsTest, one_environment_has_one_invocation_and_others_wait_in_order) {
    for (std::uint64_t id = 1; id <= 4; ++id) invoke(id, "a");
    EXPECT_EQ(said(), (Words{"start 1 a", "start 2 a"}));
    next(1);
    next(2);
    EXPECT_EQ(said(), (Words{"send 1 to 1", "send 2 to 2"}));
    answer(2, 2);
    EXPECT_EQ(next(2), Verdict::accepted);
    EXPECT_EQ(said(), (Words{"finish 2", "send 3 to 2"}));
}

TEST_F(EnvironmentsTest, another_key_has_environments_of_its_own) {
    invoke(1, "a");
    next(1);
    answer(1, 1);
    next(1);
    said();
    invoke(2, "b");
    EXPECT_EQ(said(), (Words{"start 2 b"}));
}

TEST_F(EnvironmentsTest, the_one_idle_longest_makes_room) {
    for (const auto& [id, key] : {std::pair(1, "a"), {2, "b"}, {3, "c"}}) {
        invoke(static_cast<std::uint64_t>(id), key);
        next(static_cast<std::uint64_t>(id));
        answer(static_cast<std::uint64_t>(id), static_cast<std::uint64_t>(id));
        next(static_cast<std::uint64_t>(id));
        now += 1s;
    }
    said();
    invoke(4, "d");
    EXPECT_EQ(said(), (Words{"stop 1"}));
    end(1, "exit status 137");
    EXPECT_EQ(said(), (Words{"start 4 d"}));
}

TEST_F(EnvironmentsTest, a_busy_environment_does_not_make_room) {
    for (const auto& [id, key] : {std::pair(1, "a"), {2, "b"}, {3, "c"}}) {
        invoke(static_cast<std::uint64_t>(id), key);
        next(static_cast<std::uint64_t>(id));
    }
    said();
    invoke(4, "d");
    EXPECT_EQ(said(), Words{});
    answer(2, 2);
    next(2);
    EXPECT_EQ(said(), (Words{"finish 2", "stop 2"}));
}

TEST_F(EnvironmentsTest, one_that_takes_its_time_is_ended_and_killed) {
    invoke(1, "a", 3s);
    next(1);
    said();
    pass(2999ms);
    EXPECT_EQ(said(), Words{});
    EXPECT_EQ(core.next_deadline(), now + 1ms);
    pass(1ms);
    EXPECT_EQ(said(), (Words{"finish 1", "stop 1"}));
    EXPECT_EQ(last.kind, Ending::Kind::timed_out);
    EXPECT_EQ(last.duration, 3s);
    end(1);
    EXPECT_EQ(said(), Words{});
}

TEST_F(EnvironmentsTest, an_answer_that_comes_late_is_refused) {
    invoke(1, "a", 3s);
    next(1);
    pass(3s);
    EXPECT_NE(answer(1, 1), Verdict::accepted);
    EXPECT_EQ(said(), (Words{"start 1 a", "send 1 to 1", "finish 1", "stop 1"}));
}

TEST_F(EnvironmentsTest, the_second_answer_is_refused) {
    invoke(1, "a");
    next(1);
    EXPECT_EQ(answer(1, 1, "first"), Verdict::accepted);
    EXPECT_EQ(answer(1, 1, "second"), Verdict::wrong_state);
    said();
    EXPECT_EQ(last.payload, "first");
    next(1);
    EXPECT_EQ(answer(1, 1, "third"), Verdict::wrong_invocation);
}

TEST_F(EnvironmentsTest, an_answer_to_what_another_environment_has_is_refused) {
    invoke(1, "a");
    invoke(2, "a");
    next(1);
    next(2);
    EXPECT_EQ(answer(1, 2), Verdict::wrong_invocation);
}

TEST_F(EnvironmentsTest, who_asks_for_the_next_without_an_answer_is_refused) {
    invoke(1, "a");
    next(1);
    EXPECT_EQ(next(1), Verdict::wrong_state);
    EXPECT_EQ(answer(1, 1), Verdict::accepted);
}

TEST_F(EnvironmentsTest, one_whose_process_ends_has_failed_and_others_get_a_new_one) {
    invoke(1, "a");
    invoke(2, "a");
    invoke(3, "a");
    next(1);
    next(2);
    said();
    end(1, "exit status 3");
    EXPECT_EQ(said(), (Words{"finish 1", "start 3 a"}));
    EXPECT_EQ(last.kind, Ending::Kind::exited);
    EXPECT_EQ(last.how, "exit status 3");
}

TEST_F(EnvironmentsTest, an_answer_stands_when_its_process_ends_behind_it) {
    invoke(1, "a");
    next(1);
    answer(1, 1);
    said();
    end(1);
    EXPECT_EQ(said(), Words{});
    invoke(2, "a");
    EXPECT_EQ(said(), (Words{"start 2 a"}));
}

TEST_F(EnvironmentsTest, a_start_that_fails_is_the_failure_of_the_oldest_alone) {
    invoke(1, "a");
    invoke(2, "a");
    said();
    core.init_error(EnvironmentId(1), "{}", now, effects);
    EXPECT_EQ(said(), (Words{"finish 1", "stop 1"}));
    EXPECT_EQ(last.kind, Ending::Kind::init_failed);
    end(1);
    EXPECT_EQ(said(), Words{});
    next(2);
    EXPECT_EQ(said(), (Words{"send 2 to 2"}));
}

TEST_F(EnvironmentsTest, an_environment_that_cannot_be_made_fails_its_invocation) {
    invoke(1, "a");
    said();
    core.not_started(EnvironmentId(1), "no room", now, effects);
    EXPECT_EQ(said(), (Words{"finish 1"}));
    EXPECT_EQ(last.kind, Ending::Kind::not_started);
    EXPECT_EQ(core.alive(), 0U);
}

TEST_F(EnvironmentsTest, a_slow_start_is_made_again_within_the_time_of_the_invocation) {
    invoke(1, "a", 30s);
    said();
    pass(10s);
    EXPECT_EQ(said(), (Words{"stop 1", "start 2 a"}));
    end(1);
    pass(29s);
    EXPECT_EQ(said(), Words{});
    pass(1s);
    EXPECT_EQ(said(), (Words{"finish 1", "stop 2"}));
    EXPECT_EQ(last.kind, Ending::Kind::timed_out);
}

TEST_F(EnvironmentsTest, an_idle_one_goes_after_its_time) {
    invoke(1, "a");
    next(1);
    answer(1, 1);
    next(1);
    said();
    pass(limits.idle_max - 1s);
    EXPECT_EQ(said(), Words{});
    pass(1s);
    EXPECT_EQ(said(), (Words{"stop 1"}));
    end(1, "exit status 137");
    EXPECT_EQ(core.alive(), 0U);
    EXPECT_FALSE(core.next_deadline());
}

TEST_F(EnvironmentsTest, an_old_one_is_not_used_again) {
    invoke(1, "a");
    next(1);
    now += limits.age_max + 1s;
    answer(1, 1);
    said();
    EXPECT_EQ(next(1), Verdict::accepted);
    EXPECT_EQ(said(), (Words{"stop 1"}));
}

TEST_F(EnvironmentsTest, too_much_memory_ends_the_invocation_and_the_environment) {
    invoke(1, "a");
    next(1);
    said();
    core.exceeded_memory(EnvironmentId(1), now, effects);
    EXPECT_EQ(said(), (Words{"finish 1", "stop 1"}));
    EXPECT_EQ(last.kind, Ending::Kind::out_of_memory);
    core.exceeded_memory(EnvironmentId(1), now, effects);
    end(1, "exit status 137");
    EXPECT_EQ(said(), Words{});
}

TEST_F(EnvironmentsTest, one_that_waits_can_be_cancelled_and_one_that_runs_runs_on) {
    invoke(1, "a");
    core.cancel(InvocationId(1), effects);
    EXPECT_EQ(said(), (Words{"start 1 a", "finish 1"}));
    EXPECT_EQ(last.kind, Ending::Kind::cancelled);
    next(1);
    invoke(2, "a");
    core.cancel(InvocationId(2), effects);
    EXPECT_EQ(said(), (Words{"send 2 to 1"}));
    answer(1, 2);
    EXPECT_EQ(said(), (Words{"finish 2"}));
}

TEST_F(EnvironmentsTest, one_that_closes_its_waiting_connection_is_ended) {
    invoke(1, "a");
    next(1);
    core.abandoned(EnvironmentId(1), effects);
    EXPECT_EQ(said(), (Words{"start 1 a", "send 1 to 1"}));
    answer(1, 1);
    next(1);
    core.abandoned(EnvironmentId(1), effects);
    EXPECT_EQ(said(), (Words{"finish 1", "stop 1"}));
}

TEST_F(EnvironmentsTest, what_an_environment_says_after_its_end_is_refused) {
    invoke(1, "a");
    end(1);
    EXPECT_EQ(next(1), Verdict::wrong_state);
    EXPECT_EQ(answer(1, 1), Verdict::wrong_state);
    EXPECT_EQ(core.init_error(EnvironmentId(1), "", now, effects), Verdict::wrong_state);
}

// Random operations from a seed: each invocation is finished exactly once, no environment has two
// at a time, and the limits hold.
TEST_F(EnvironmentsTest, whatever_happens_each_invocation_ends_exactly_once) {
    std::uint64_t seed = 1;
    const auto random = [&seed](std::uint64_t below) {
        seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
        return (seed >> 33U) % below;
    };
    std::map<std::uint64_t, int> ends;
    std::map<std::uint64_t, std::uint64_t> in_hand;  // Environment to invocation; 0: none.
    std::uint64_t invocations = 0;
    const auto take_effects = [&] {
        for (std::size_t i = 0; i < effects.size(); ++i) {
            const Effect effect = effects[i];
            if (const auto* start = std::get_if<Start>(&effect)) {
                in_hand[start->environment.get()] = 0;
            } else if (const auto* send = std::get_if<Send>(&effect)) {
                EXPECT_EQ(in_hand[send->environment.get()], 0U);
                in_hand[send->environment.get()] = send->invocation.get();
            } else if (const auto* finish = std::get_if<Finish>(&effect)) {
                ++ends[finish->invocation.get()];
            }
        }
        effects.clear();
        EXPECT_LE(core.alive(), limits.environments_max);
    };
    for (int step = 0; step < 20'000; ++step) {
        now += Duration(random(100'000));
        if (random(4) == 0)
            invoke(++invocations, std::string(1, static_cast<char>('a' + random(5))), 2s);
        if (!in_hand.empty()) {
            auto entry = in_hand.begin();
            std::advance(entry, static_cast<std::ptrdiff_t>(random(in_hand.size())));
            const std::uint64_t id = entry->first;
            switch (random(5)) {
                case 0:
                    if (entry->second == 0) next(id);
                    break;
                case 1:
                case 2:
                    if (answer(id, entry->second) == Verdict::accepted) {
                        entry->second = 0;
                        take_effects();
                        next(id);
                    }
                    break;
                case 3:
                    if (random(10) == 0) {
                        in_hand.erase(entry);
                        end(id);
                    }
                    break;
                default: core.tick(now, effects);
            }
        }
        take_effects();
    }
    // All that is left ends.
    for (int step = 0; step < 10'000 && core.alive() > 0; ++step) {
        now += 1s;
        core.tick(now, effects);
        take_effects();
        if (in_hand.empty()) break;
        const std::uint64_t id = in_hand.begin()->first;
        in_hand.erase(in_hand.begin());
        end(id);
        take_effects();
    }
    EXPECT_GT(invocations, 1'000U);
    for (std::uint64_t id = 1; id <= invocations; ++id) EXPECT_EQ(ends[id], 1) << id;
}

}  // namespace
}  // namespace onput::function
