// A reader of the bus that never dies, such as `onput tail`: the real BusSequencer.
#pragma once

#include <optional>
#include <vector>

#include "common/transport/bus_sequencer.hpp"
#include "tests/sim/changes.hpp"
#include "tests/sim/network.hpp"

namespace onput::sim {

class NotifierNode;

class ReaderNode : public Node {
public:
    ReaderNode(World& world, Network& network, Changes& changes)
        : Node(world, "reader"), network_(network), changes_(changes) {}
    void connect(NotifierNode& notifier) { notifier_ = &notifier; }

    void on_live(const std::string& epoch, const schema::JournalRecord& record);
    void on_heartbeat(const schema::BusHead& head);

private:
    using Sequencer = transport::BusSequencer;

    void on_start() override;
    void on_crash() override { sequencer_.reset(); }

    void take(const std::vector<Sequencer::Step>& steps);
    void ask();
    void refused(const Error& error);

    Network& network_;
    Changes& changes_;
    NotifierNode* notifier_ = nullptr;
    std::optional<Sequencer> sequencer_;
    bool is_waiting_ = false;  // After a refusal.
};

}  // namespace onput::sim
