// ONPUT_CO_TRY: ONPUT_TRY (common/base/result.hpp) for coroutines that return a Result:
//
//     Task<Result<Size>> measure(Name name) {
//         ONPUT_CO_TRY(auto object, co_await download(name));   // Declares `object`, or ends with
//         ONPUT_CO_TRY_VOID(check(object));                     // the error.
//         co_return object.size;
//     }
//
// GCC 12: no value in braces and no lambda inside the awaited expression; name them first.
#pragma once

#include "common/base/result.hpp"

#define ONPUT_CO_TRY_(result, declaration, ...)                        \
    auto result = (__VA_ARGS__);                                       \
    if (!result) co_return std::unexpected(std::move(result).error()); \
    declaration = *std::move(result)

// ONPUT_CO_TRY(auto value, co_await call()): declares `value`, or ends this coroutine with the
// error.
#define ONPUT_CO_TRY(declaration, ...) \
    ONPUT_CO_TRY_(ONPUT_CONCAT(try_result_, __LINE__), declaration, __VA_ARGS__)

// The same for what yields Result<void>.
#define ONPUT_CO_TRY_VOID(...)                                                       \
    do {                                                                             \
        auto try_result_ = (__VA_ARGS__);                                            \
        if (!try_result_) co_return std::unexpected(std::move(try_result_).error()); \
    } while (false)
