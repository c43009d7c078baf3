// answer_of: awaits what an interface with callbacks answers.
//
//     auto ask = [&](auto done) { objects.inspect(name, context, std::move(done)); };
//     const auto info = co_await answer_of<Result<ObjectInfo>>(ask);
//
// `ask` is named first, as GCC 12 needs it. Its callback is called once, at once or later, on the
// coroutine's thread, and not after the coroutine was destroyed: destroy what calls back first.
#pragma once

#include <coroutine>
#include <optional>
#include <utility>

namespace onput {

template <typename T, typename Ask>
class [[nodiscard]] CallbackAwaiter {
public:
    explicit CallbackAwaiter(Ask& ask) : ask_(ask) {}

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> waiting) {
        ask_([this](T answer) {
            answer_.emplace(std::move(answer));
            if (waiting_) waiting_.resume();
        });
        if (answer_) return false;  // Answered at once.
        waiting_ = waiting;
        return true;
    }
    // Resumed by the answer only.
    T await_resume() { return *std::move(answer_); }  // NOLINT(bugprone-unchecked-optional-access)

private:
    Ask& ask_;
    std::coroutine_handle<> waiting_;
    std::optional<T> answer_;
};

template <typename T, typename Ask>
CallbackAwaiter<T, Ask> answer_of(Ask& ask) {
    return CallbackAwaiter<T, Ask>(ask);
}

}  // namespace onput
