// Node: one simulated process. It has lives; what it was told in one is gone in the next. Work that
// arrives is done in turns, as the loop of the real process does it.
//
// DurableNode: a process with a store. Its commits survive a crash from their sync on, or by luck.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/runtime/reply_gate.hpp"
#include "tests/sim/world.hpp"
#include "tests/support/memory_store.hpp"

namespace onput::sim {

class Node {
public:
    Node(World& world, std::string name) : world_(world), name_(std::move(name)) {}
    virtual ~Node() = default;
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    void start();
    void crash();

    // In a coming turn of this life; lost when the process is down, or goes down before.
    void post(std::function<void()> work);
    // The same, not before `delay` has passed.
    void after(Duration delay, std::function<void()> work);
    void every(Duration period, std::function<void()> work);

    [[nodiscard]] bool is_up() const { return is_up_; }
    [[nodiscard]] std::uint64_t life() const { return life_; }
    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] World& world() const { return world_; }

    // Called once when this life ends, after its state is gone.
    void at_crash(std::function<void()> work) { at_crash_.push_back(std::move(work)); }

protected:
    virtual void on_start() = 0;
    virtual void on_crash() = 0;
    virtual void on_turn_end() {}

    // This life is over: nothing more happens in this turn. For what must end the process.
    void fail(const std::string& why);
    [[nodiscard]] bool is_failing() const { return is_failing_; }

    World& world_;

private:
    void add(std::vector<std::function<void()>>& list, std::function<void()> work);
    void begin_turn();

    std::string name_;
    std::uint64_t life_ = 0;
    bool is_up_ = false;
    bool is_failing_ = false;
    bool has_turn_ = false;
    std::vector<std::function<void()>> inbox_;
    std::vector<std::function<void()>> timers_;  // In a turn, after all that arrived.
    std::vector<std::function<void()>> at_crash_;
};

class DurableNode : public Node {
public:
    using Node::Node;

    [[nodiscard]] const support::MemoryStore& store() const { return store_; }

protected:
    // Core and shell of a new life.
    virtual void open() = 0;
    virtual void close() = 0;
    // Commits up to this ticket survived the crash.
    virtual void on_survived(store::Ticket) {}

    // Nothing when the store has failed: then the process ends.
    void commit(store::Batch batch);
    void sync();
    void when_durable(std::function<void()> work) { gate_->when_durable(std::move(work)); }
    [[nodiscard]] std::size_t held() const { return gate_->held(); }

    support::MemoryStore store_{{.sync = support::MemoryStoreOptions::Sync::manual}};

private:
    void on_start() final;
    void on_crash() final;
    void arm_sync();

    std::unique_ptr<runtime::ReplyGate> gate_;
    std::uint64_t syncing_life_ = 0;
};

}  // namespace onput::sim
