// TaskGroup: tasks that run on their own until the group goes. It destroys those that have not
// ended, and their locals with them. On one thread.
#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <list>
#include <utility>

#include "common/async/task.hpp"

namespace onput {

class TaskGroup {
public:
    TaskGroup() = default;
    TaskGroup(const TaskGroup&) = delete;
    TaskGroup& operator=(const TaskGroup&) = delete;
    ~TaskGroup() {
        while (!running_.empty()) running_.front().destroy();
    }

    // Runs the task until its first wait; it goes on wherever what it waits for resumes it.
    void start(Task<void> task) { run(*this, std::move(task)); }

    [[nodiscard]] std::size_t running() const { return running_.size(); }

private:
    // Its frame is in the group's list for as long as it lives.
    struct Root {
        struct promise_type {  // NOLINT(readability-identifier-naming): the language names it.
            promise_type(TaskGroup& owner, Task<void>& /*task*/)
                : group(owner),
                  place(group.running_.insert(
                      group.running_.end(),
                      std::coroutine_handle<promise_type>::from_promise(*this))) {}
            promise_type(const promise_type&) = delete;
            promise_type& operator=(const promise_type&) = delete;
            ~promise_type() { group.running_.erase(place); }

            Root get_return_object() const noexcept { return {}; }
            std::suspend_never initial_suspend() const noexcept { return {}; }
            std::suspend_never final_suspend() const noexcept { return {}; }
            void return_void() const noexcept {}
            [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }

            TaskGroup& group;
            std::list<std::coroutine_handle<>>::iterator place;
        };
    };

    static Root run(TaskGroup& /*group*/, Task<void> task) { co_await task; }

    std::list<std::coroutine_handle<>> running_;
};

}  // namespace onput
