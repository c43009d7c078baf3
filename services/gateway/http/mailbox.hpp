// Mailbox<T>: how another thread hands results to a coroutine that waits on a connection's thread.
//
//     auto answers = exchange.make_mailbox<Reply>();
//     requests.send(request, [answers](Result<Reply> reply) { answers.put(std::move(reply)); });
//     const auto reply = co_await exchange.receive(answers, 30s);
//
// One put serves as a completion; many, as a stream of pieces in the order they were put. Copies
// share the same box. put() may be called from any thread at any time: after the exchange, the
// connection or the server has ended the item is dropped, so nobody needs to be told to stop.
// The box itself has no limit: whoever puts many items is held back by credit of the protocol.
#pragma once

#include <coroutine>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "common/base/check.hpp"
#include "common/base/result.hpp"
#include "common/base/unique_function.hpp"

namespace onput::http {

// The thread of a connection, as others see it.
class Executor {
public:
    Executor() = default;
    Executor(const Executor&) = delete;
    Executor& operator=(const Executor&) = delete;
    virtual ~Executor() = default;

    // Runs the job on the executor's thread, in the order of posting; never inside this call.
    // Any thread. Once the executor has stopped the job is destroyed without being run.
    virtual void post(UniqueFunction<void()> job) = 0;
};

// Where the one coroutine of a connection sleeps. Whoever changes something it may wait for calls
// signal(), on its thread; the coroutine then looks again at all it waits for.
class Wakeup {
public:
    void signal() {
        signalled_ = true;
        if (waiting_) std::exchange(waiting_, nullptr).resume();
    }

    [[nodiscard]] bool await_ready() const noexcept { return signalled_; }
    void await_suspend(std::coroutine_handle<> coroutine) noexcept {
        ONPUT_CHECK(!waiting_);
        waiting_ = coroutine;
    }
    void await_resume() noexcept { signalled_ = false; }

private:
    bool signalled_ = false;
    std::coroutine_handle<> waiting_;
};

// What a waiting connection needs to know of a mailbox. Only its executor's thread touches one.
struct MailboxState {
    std::size_t items_waiting = 0;
    Wakeup* waiter = nullptr;  // The coroutine in receive(), if any.
};

template <typename T>
class Mailbox {
public:
    explicit Mailbox(std::shared_ptr<Executor> executor)
        : executor_(std::move(executor)), state_(std::make_shared<State>()) {}

    // Any thread. A failure is an item like any other: put(fail(...)).
    void put(Result<T> item) const {
        executor_->post([state = state_, item = std::move(item)]() mutable {
            state->items.push_back(std::move(item));
            ++state->items_waiting;
            if (state->waiter) state->waiter->signal();
        });
    }

    // The next item if one is there already. On the executor's thread only.
    std::optional<Result<T>> take() const {
        State& state = *state_;
        if (state.items_waiting == 0) return std::nullopt;
        std::optional<Result<T>> item(std::move(state.items[state.next++]));
        if (--state.items_waiting == 0) {
            state.items.clear();
            state.next = 0;
        }
        return item;
    }

    [[nodiscard]] MailboxState& state() const { return *state_; }

private:
    struct State : MailboxState {
        std::vector<Result<T>> items;
        std::size_t next = 0;  // The first item not taken.
    };

    // Shared: the sender on the other thread may outlive the connection, and the other way round.
    std::shared_ptr<Executor> executor_;
    std::shared_ptr<State> state_;
};

}  // namespace onput::http
