// ReplyGate: nothing is acknowledged that a crash could undo. Work that tells the outside what
// happened is held until the store is durable up to the ticket that it depends on, then runs in the
// order in which it was held. Shut, it holds everything until it is opened: a backup's moment.
// Loop thread only.
#pragma once

#include <deque>

#include "common/base/unique_function.hpp"
#include "common/store/store.hpp"

namespace onput::runtime {

class ReplyGate {
public:
    explicit ReplyGate(const store::Store& store) : store_(store) {}

    // Runs `work` once everything committed so far is durable: at once when it already is and
    // nothing waits before it.
    void when_durable(UniqueFunction<void()> work);
    // The same for work that depends on the commits up to `ticket` alone: it may pass what waits
    // for later ones, and runs at once where nothing keeps it.
    void when_durable(store::Ticket ticket, UniqueFunction<void()> work);

    // The store's on_durable, posted to the loop.
    void on_durable(store::Ticket durable);

    void shut() { is_shut_ = true; }
    void open();

    [[nodiscard]] std::size_t held() const { return held_.size(); }

private:
    struct Held {
        store::Ticket ticket;
        UniqueFunction<void()> work;
    };
    const store::Store& store_;
    std::deque<Held> held_;
    bool is_shut_ = false;
};

}  // namespace onput::runtime
