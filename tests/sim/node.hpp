// Node: one simulated process. It has lives; what it was told in one is gone in the next. Work that
// arrives is done in turns, as the loop of the real process does it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/sim/world.hpp"

namespace onput::sim {

// Thrown where a real process would end itself; the node's turn is over then, and its life soon.
struct ProcessEnds {
    std::string why;
};

class Node {
public:
    Node(World& world, std::string name) : world_(world), name_(std::move(name)) {}
    virtual ~Node() = default;
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    void start();
    void crash();

    // In a coming turn of this life; lost when the process is down, or goes down before.
    void post(UniqueFunction<void()> work);
    // The same, not before `delay` has passed.
    void after(Duration delay, UniqueFunction<void()> work);
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
    void add(std::vector<UniqueFunction<void()>>& list, UniqueFunction<void()> work);
    void begin_turn();
    void run_turn();

    std::string name_;
    std::uint64_t life_ = 0;
    bool is_up_ = false;
    bool is_failing_ = false;
    bool has_turn_ = false;
    std::vector<UniqueFunction<void()>> inbox_;
    std::vector<UniqueFunction<void()>> timers_;  // In a turn, after all that arrived.
    std::vector<std::function<void()>> at_crash_;
};

}  // namespace onput::sim
