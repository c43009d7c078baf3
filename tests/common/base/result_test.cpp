#include "common/base/result.hpp"

#include <memory>
#include <set>

#include <gtest/gtest.h>

namespace onput {
namespace {

Result<int> half(int number) {
    if (number % 2 != 0) return fail(ErrorCode::invalid_argument, "odd", "is_odd");
    return number / 2;
}

Result<void> check_even(int number) {
    ONPUT_TRY_VOID(half(number));
    return {};
}

Result<int> quarter(int number) {
    ONPUT_TRY(const int first, half(number));
    ONPUT_TRY(const int second, half(first));
    return second;
}

Result<std::unique_ptr<int>> owned(int number) {
    ONPUT_TRY(const int value, half(number));
    return std::make_unique<int>(value);
}

TEST(Result, try_declares_the_value) {
    EXPECT_EQ(quarter(8).value(), 2);
}

TEST(Result, try_returns_the_first_error_unchanged) {
    const auto result = quarter(6);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error(),
              (Error{.code = ErrorCode::invalid_argument, .message = "odd", .reason = "is_odd"}));
}

TEST(Result, try_void_passes_errors_on) {
    EXPECT_TRUE(check_even(2));
    EXPECT_EQ(check_even(3).error().reason, "is_odd");
}

TEST(Result, a_value_that_can_only_be_moved_is_moved) {
    const auto call = []() -> Result<int> {
        ONPUT_TRY(const std::unique_ptr<int> value, owned(10));
        return *value;
    };
    EXPECT_EQ(call().value(), 5);
}

TEST(Error, context_is_put_in_front_and_nothing_else_changes) {
    Error error{
        .code = ErrorCode::timeout, .message = "late", .reason = "r", .details = {{"a", "b"}}};
    const Error with = Error(error).with_context("restore queue a");
    EXPECT_EQ(with.message, "restore queue a: late");
    error.message = with.message;
    EXPECT_EQ(with, error);
}

TEST(Error, every_code_has_its_own_name) {
    std::set<std::string_view> names;
    for (std::uint16_t code = 1; code <= 10; ++code) {
        names.insert(to_string(static_cast<ErrorCode>(code)));
    }
    EXPECT_EQ(names.size(), 10U);
    EXPECT_FALSE(names.contains("unknown"));
    EXPECT_EQ(to_string(static_cast<ErrorCode>(999)), "unknown");
}

TEST(Error, codes_keep_their_numbers_on_the_wire) {
    EXPECT_EQ(static_cast<int>(ErrorCode::invalid_argument), 1);
    EXPECT_EQ(static_cast<int>(ErrorCode::not_found), 2);
    EXPECT_EQ(static_cast<int>(ErrorCode::conflict), 3);
    EXPECT_EQ(static_cast<int>(ErrorCode::permission_denied), 4);
    EXPECT_EQ(static_cast<int>(ErrorCode::resource_exhausted), 5);
    EXPECT_EQ(static_cast<int>(ErrorCode::unavailable), 6);
    EXPECT_EQ(static_cast<int>(ErrorCode::timeout), 7);
    EXPECT_EQ(static_cast<int>(ErrorCode::corruption), 8);
    EXPECT_EQ(static_cast<int>(ErrorCode::unimplemented), 9);
    EXPECT_EQ(static_cast<int>(ErrorCode::internal), 10);
}

}  // namespace
}  // namespace onput
