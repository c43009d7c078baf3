#include "common/base/age_clock.hpp"

#include <gtest/gtest.h>

namespace onput {
namespace {

using namespace std::chrono_literals;

class AgeClockTest : public testing::Test {
protected:
    // True time passes, second by second; the wall is off by `offset`.
    void pass(Duration time) {
        for (Duration passed{}; passed < time; passed += 1s) {
            elapsed += 1s;
            clock.observe(wall(), elapsed);
        }
    }
    [[nodiscard]] Timestamp wall() const { return started + elapsed + offset; }
    [[nodiscard]] Timestamp truth() const { return started + elapsed; }

    Timestamp started = from_seconds(1'800'000'000);
    Duration elapsed{};
    Duration offset{};
    AgeClock clock;
};

TEST_F(AgeClockTest, it_is_the_wall_clock_while_nobody_sets_that) {
    pass(1h);
    EXPECT_EQ(clock.at(wall()), wall());
    EXPECT_EQ(clock.stamp(wall()), wall());
}

TEST_F(AgeClockTest, what_the_wall_was_set_by_while_nobody_looked_is_known_if_time_went_on) {
    pass(10s);
    offset = 5s;
    pass(1s);
    const AgeClock::State state = clock.state();
    const AgeClock::Reading then{.wall = wall(), .monotonic = elapsed};
    elapsed += 1h;
    offset = 120h;
    clock = AgeClock();
    clock.resume(state, then);
    clock.observe(wall(), elapsed);
    EXPECT_EQ(clock.set_by(), 120h);
    EXPECT_EQ(clock.steady(wall()), truth());
    EXPECT_LE(clock.at(wall()), truth() + 1h + 5s) << "as if it had been up";
    EXPECT_GE(clock.at(wall()), truth());
}

TEST_F(AgeClockTest, a_jump_forward_moves_it_no_faster_than_twice_the_time) {
    pass(10s);
    offset = 120h;
    pass(66s);
    EXPECT_EQ(clock.at(wall()), truth() + 66s);
    offset = 0s;
    pass(1s);
    EXPECT_EQ(clock.at(wall()), truth());
}

TEST_F(AgeClockTest, what_is_made_while_the_wall_is_behind_is_not_old_afterwards) {
    pass(10s);
    offset = -120h;
    pass(66s);
    EXPECT_EQ(clock.at(wall()), wall());
    EXPECT_GE(clock.stamp(wall()), truth() - 60s);
}

TEST_F(AgeClockTest, a_wall_clock_that_stands_by_its_time_is_believed) {
    pass(10s);
    offset = 1000h;
    pass(AgeClock::ahead_belief - 10s);
    EXPECT_LT(clock.at(wall()), truth() + 48h);
    pass(20s);
    EXPECT_EQ(clock.at(wall()), wall());
    offset = 0s;
    pass(AgeClock::behind_belief + 10s);
    EXPECT_EQ(clock.stamp(wall()), wall());
}

TEST_F(AgeClockTest, a_restart_in_a_jump_does_not_help_it_forward) {
    pass(10s);
    const auto state = clock.state();
    clock = AgeClock();
    clock.restore(state);
    offset = 120h;
    pass(60s);
    EXPECT_LE(clock.at(wall()), truth() + 60s);
}

TEST_F(AgeClockTest, it_tells_by_how_much_the_wall_was_set) {
    pass(10s);
    EXPECT_EQ(clock.jump(), 0s);
    offset = -5min;
    pass(1s);
    EXPECT_EQ(clock.jump(), -5min);
    pass(1s);
    EXPECT_EQ(clock.jump(), 0s);
}

TEST_F(AgeClockTest, it_adds_up_over_restarts_by_how_much_the_wall_was_set) {
    pass(10s);
    offset = 72h;
    pass(1s);
    const auto state = clock.state();
    clock = AgeClock();
    pass(1s);
    clock.restore(state);
    offset = 70h;
    pass(1s);
    EXPECT_EQ(clock.set_by(), 70h);
}

}  // namespace
}  // namespace onput
