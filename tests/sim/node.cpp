#include "tests/sim/node.hpp"

#include <utility>

#include "common/base/check.hpp"

namespace onput::sim {

void Node::start() {
    if (is_up_) return;
    is_up_ = true;
    is_failing_ = false;
    ++life_;
    world_.note(name_ + " starts, life " + std::to_string(life_));
    on_start();
    // Its first turn ends, in any case.
    post([] {});
}

void Node::crash() {
    if (!is_up_) return;
    world_.note(name_ + " crashes");
    is_up_ = false;
    has_turn_ = false;
    inbox_.clear();
    timers_.clear();
    on_crash();
    for (const auto& work : std::exchange(at_crash_, {})) work();
}

void Node::post(std::function<void()> work) {
    add(inbox_, std::move(work));
}

void Node::add(std::vector<std::function<void()>>& list, std::function<void()> work) {
    if (!is_up_ || is_failing_) return;
    list.push_back(std::move(work));
    if (std::exchange(has_turn_, true)) return;
    const bool is_stopped = world_.chance(world_.faults.stall_permille);
    const Duration delay = is_stopped ? world_.between(milliseconds(100), seconds(6))
                                      : world_.between(Duration(1), milliseconds(1));
    world_.after(delay, [this, life = life_] {
        if (is_up_ && life == life_) begin_turn();
    });
}

void Node::begin_turn() {
    has_turn_ = false;
    auto turn = std::exchange(inbox_, {});
    for (auto& work : std::exchange(timers_, {})) turn.push_back(std::move(work));
    for (const auto& work : turn) {
        if (is_failing_) return;
        work();
    }
    if (!is_failing_) on_turn_end();
}

void Node::after(Duration delay, std::function<void()> work) {
    world_.after(std::max(delay, Duration(1)), [this, life = life_, work = std::move(work)] {
        if (is_up_ && life == life_) add(timers_, work);
    });
}

void Node::every(Duration period, std::function<void()> work) {
    after(period, [this, period, work] {
        work();
        every(period, work);
    });
}

void Node::fail(const std::string& why) {
    if (std::exchange(is_failing_, true)) return;
    world_.note(name_ + " fails: " + why);
    world_.after(Duration(1), [this, life = life_] {
        if (is_up_ && life == life_) crash();
    });
}

void DurableNode::on_start() {
    store_.connect({.on_durable =
                        [this](store::Ticket durable) {
                            post([this, durable] { gate_->on_durable(durable); });
                        },
                    .on_failed = [this](const Error& error) { Node::fail(error.message); }});
    gate_ = std::make_unique<runtime::ReplyGate>(store_);
    open();
}

void DurableNode::on_crash() {
    close();
    gate_.reset();
    // What was written may have reached the disk although nobody was told.
    const store::Ticket unsynced = store_.last_ticket() - store_.durable();
    const store::Ticket lucky = world_.chance(500) ? world_.random.below(unsynced + 1) : 0;
    const store::Ticket survives = store_.durable() + lucky;
    store_.crash_keeping(survives);
    on_survived(survives);
}

void DurableNode::commit(store::Batch batch) {
    const auto committed = store_.commit(std::move(batch));
    if (!committed) Node::fail(committed.error().message);
}

void DurableNode::sync() {
    if (world_.chance(world_.faults.sync_failure_permille)) {
        store_.fail_next_sync({.code = ErrorCode::internal,
                               .message = "fsync: input/output error",
                               .reason = {},
                               .details = {}});
    }
    store_.sync();
    arm_sync();
}

void DurableNode::arm_sync() {
    if (!store_.syncing() || syncing_life_ == life()) return;
    syncing_life_ = life();
    const Duration takes = world_.chance(world_.faults.slow_sync_permille)
                               ? world_.between(milliseconds(10), seconds(2))
                               : world_.between(Duration(50), milliseconds(10));
    if (world_.chance(world_.faults.sync_crash_permille)) {
        // Before its end, so that it is in vain, or just after it, when nobody has been told yet.
        world_.after(world_.between(Duration(1), takes + milliseconds(2)),
                     [this, now_living = life()] {
                         if (is_up() && life() == now_living) crash();
                     });
    }
    world_.after(takes, [this, now_living = life()] {
        if (!is_up() || life() != now_living) return;
        syncing_life_ = 0;
        store_.complete_sync();
        arm_sync();
    });
}

}  // namespace onput::sim
