#include "common/runtime/reply_gate.hpp"

#include <algorithm>

#include "common/base/check.hpp"

namespace onput::runtime {

void ReplyGate::when_durable(UniqueFunction<void()> work) {
    const store::Ticket ticket = store_.last_ticket();
    ONPUT_CHECK(held_.empty() || held_.back().ticket <= ticket);
    // Not past what waits: these leave in the order in which their commands ran.
    if (!is_shut_ && held_.empty() && store_.durable() >= ticket) return work();
    held_.push_back({.ticket = ticket, .work = std::move(work)});
}

void ReplyGate::when_durable(store::Ticket ticket, UniqueFunction<void()> work) {
    if (!is_shut_ && store_.durable() >= ticket) return work();
    // What is held stays in the order of tickets, so it may wait for a little more than its own.
    if (!held_.empty()) ticket = std::max(ticket, held_.back().ticket);
    held_.push_back({.ticket = ticket, .work = std::move(work)});
}

void ReplyGate::on_durable(store::Ticket durable) {
    if (is_shut_) return;
    while (!held_.empty() && held_.front().ticket <= durable) {
        // Out of the queue first: the work may hold more.
        Held held = std::move(held_.front());
        held_.pop_front();
        held.work();
    }
}

void ReplyGate::open() {
    is_shut_ = false;
    on_durable(store_.durable());
}

}  // namespace onput::runtime
