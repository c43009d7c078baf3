#include "tests/sim/node.hpp"

#include <utility>

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

void Node::post(UniqueFunction<void()> work) {
    add(inbox_, std::move(work));
}

void Node::add(std::vector<UniqueFunction<void()>>& list, UniqueFunction<void()> work) {
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
    try {
        run_turn();
    } catch (const ProcessEnds& ends) {
        fail(ends.why);
    }
}

void Node::run_turn() {
    auto turn = std::exchange(inbox_, {});
    for (auto& work : std::exchange(timers_, {})) turn.push_back(std::move(work));
    for (auto& work : turn) {
        if (is_failing_) return;
        work();
    }
    if (!is_failing_) on_turn_end();
}

void Node::after(Duration delay, UniqueFunction<void()> work) {
    world_.after(std::max(delay, Duration(1)),
                 [this, life = life_, work = std::move(work)]() mutable {
                     if (is_up_ && life == life_) add(timers_, std::move(work));
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

}  // namespace onput::sim
