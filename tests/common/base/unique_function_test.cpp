#include "common/base/unique_function.hpp"

#include <array>
#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace onput {
namespace {

TEST(UniqueFunction, it_holds_what_cannot_be_copied) {
    UniqueFunction<int(int)> add = [held = std::make_unique<int>(40)](int more) {
        return *held + more;
    };
    EXPECT_EQ(add(2), 42);
}

TEST(UniqueFunction, arguments_that_cannot_be_copied_pass_through) {
    UniqueFunction<int(std::unique_ptr<int>)> take = [](std::unique_ptr<int> given) {
        return *given;
    };
    EXPECT_EQ(take(std::make_unique<int>(7)), 7);
}

TEST(UniqueFunction, a_call_may_change_what_is_held) {
    UniqueFunction<int()> count = [calls = 0]() mutable { return ++calls; };
    count();
    EXPECT_EQ(count(), 2);
}

template <std::size_t bytes>
void expect_one_owner() {
    const auto held = std::make_shared<int>(1);
    {
        UniqueFunction<int()> first = [held, filler = std::array<char, bytes>()] {
            return *held + filler[0];
        };
        UniqueFunction<int()> second = std::move(first);
        EXPECT_EQ(held.use_count(), 2);
        EXPECT_TRUE(second);
        EXPECT_EQ(second(), 1);
        first = std::move(second);
        EXPECT_EQ(held.use_count(), 2);
        EXPECT_EQ(first(), 1);
        first = [] { return 3; };
        EXPECT_EQ(held.use_count(), 1);
        EXPECT_EQ(first(), 3);
    }
    EXPECT_EQ(held.use_count(), 1);
}

TEST(UniqueFunction, small_and_large_objects_have_one_owner_and_end_with_it) {
    expect_one_owner<1>();
    expect_one_owner<100>();
}

TEST(UniqueFunction, nothing_is_empty) {
    EXPECT_FALSE(UniqueFunction<void()>());
    EXPECT_FALSE(UniqueFunction<void()>(nullptr));
    EXPECT_FALSE(UniqueFunction<void()>(std::function<void()>()));
    EXPECT_FALSE(UniqueFunction<void()>(static_cast<void (*)()>(nullptr)));
    EXPECT_TRUE(UniqueFunction<void()>([] {}));
    UniqueFunction<void()> given = [] {};
    const UniqueFunction<void()> taken = std::move(given);
    EXPECT_FALSE(given);  // NOLINT(bugprone-use-after-move): what is promised of it.
}

TEST(UniqueFunctionDeath, calling_an_empty_one_ends_the_process) {
    UniqueFunction<void()> empty;
    EXPECT_DEATH(empty(), "operations_ != nullptr");
}

}  // namespace
}  // namespace onput
