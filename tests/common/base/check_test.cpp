#include "common/base/check.hpp"

#include <gtest/gtest.h>

namespace onput {
namespace {

TEST(CheckDeathTest, a_false_condition_ends_the_process_and_is_named) {
    const int apples = 3;
    EXPECT_DEATH(ONPUT_CHECK(apples == 4), "check failed: apples == 4 at .*check_test.cpp");
}

TEST(Check, a_true_condition_is_evaluated_once) {
    int calls = 0;
    ONPUT_CHECK(++calls == 1);
    EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace onput
