#include "common/async/co_try.hpp"

#include <memory>
#include <optional>

#include <gtest/gtest.h>

#include "common/async/start.hpp"

namespace onput {
namespace {

Task<Result<std::unique_ptr<int>>> make(int value) {
    if (value < 0) co_return fail(ErrorCode::invalid_argument, "below zero", "negative");
    co_return std::make_unique<int>(value);
}

Task<Result<void>> check(int value) {
    if (value > 9) co_return fail(ErrorCode::resource_exhausted, "above nine");
    co_return Result<void>();
}

Task<Result<int>> add(int left, int right) {
    ONPUT_CO_TRY(const auto first, co_await make(left));
    ONPUT_CO_TRY(const auto second, co_await make(right));
    ONPUT_CO_TRY_VOID(co_await check(*first + *second));
    co_return *first + *second;
}

Task<void> keep(Task<Result<int>> task, std::optional<Result<int>>& result) {
    result = co_await task;
}

Result<int> result_of(Task<Result<int>> task) {
    std::optional<Result<int>> result;
    start(keep(std::move(task), result));
    return *result;
}

TEST(CoTry, values_are_moved_out) {
    EXPECT_EQ(result_of(add(3, 4)), 7);
}

TEST(CoTry, the_first_error_ends_the_coroutine_and_keeps_its_reason) {
    EXPECT_EQ(result_of(add(-1, -2)).error().reason, "negative");
    EXPECT_EQ(result_of(add(1, -2)).error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(result_of(add(5, 5)).error().code, ErrorCode::resource_exhausted);
}

}  // namespace
}  // namespace onput
