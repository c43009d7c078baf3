// The notifier as the queue sees it when it hands over what topics are told: a process that takes
// each number of a source once, durably.
#pragma once

#include <string>
#include <vector>

#include "common/schema/notifier.hpp"
#include "tests/sim/network.hpp"
#include "tests/sim/tellings.hpp"

namespace onput::sim {

class TopicsNode : public DurableNode {
public:
    TopicsNode(World& world, Tellings& tellings)
        : DurableNode(world, "topics"), tellings_(tellings) {}

    void append(const schema::AppendEvents& request, const std::vector<std::string>& events,
                Answer<schema::EventsAppended> answer);
    [[nodiscard]] bool is_idle() const { return is_up() && held() == 0; }

private:
    void open() override;
    void close() override {}
    void on_turn_end() override;

    Tellings& tellings_;
    std::string source_;
    std::uint64_t through_ = 0;
    store::Ticket synced_ = 0;
};

}  // namespace onput::sim
