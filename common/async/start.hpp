// start(task): runs a coroutine that nobody awaits. It runs at once until its first wait, goes on
// wherever what it waits for resumes it, and frees itself at its end. Whoever starts it makes sure
// that what it refers to outlives it.
#pragma once

#include <exception>
#include <utility>

#include "common/async/task.hpp"

namespace onput {

namespace detail {

// The return type of a coroutine that owns itself.
struct Started {
    struct promise_type {  // NOLINT(readability-identifier-naming): the language names it.
        Started get_return_object() const noexcept { return {}; }
        std::suspend_never initial_suspend() const noexcept { return {}; }
        std::suspend_never final_suspend() const noexcept { return {}; }
        void return_void() const noexcept {}
        [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }
    };
};

inline Started run(Task<void> task) {
    co_await task;
}

}  // namespace detail

inline void start(Task<void> task) {
    detail::run(std::move(task));
}

}  // namespace onput
