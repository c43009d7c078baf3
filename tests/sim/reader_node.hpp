// A reader of the bus that never dies, such as `onput tail`: the real BusSequencer.
#pragma once

#include <optional>
#include <vector>

#include "common/transport/bus_sequencer.hpp"
#include "tests/sim/changes.hpp"
#include "tests/sim/requests.hpp"

namespace onput::sim {

class ReaderNode : public Node {
public:
    ReaderNode(World& world, Changes& changes) : Node(world, "reader"), changes_(changes) {}
    void connect(Requests& requests, Node& notifier) {
        notifier_ = requests.connect(*this, notifier);
    }

    void on_live(const std::string& epoch, const schema::JournalRecord& record);
    void on_heartbeat(const schema::BusHead& head);

private:
    using Sequencer = transport::BusSequencer;

    void on_start() override;
    void on_crash() override { sequencer_.reset(); }

    void take(const std::vector<Sequencer::Step>& steps);
    void ask();
    void find(const schema::FindJournal& request);
    void fetch(const schema::FetchJournal& request);
    void refused(const Error& error);

    Changes& changes_;
    std::unique_ptr<transport::RequestClient> notifier_;
    std::optional<Sequencer> sequencer_;
    bool is_waiting_ = false;  // After a refusal.
};

}  // namespace onput::sim
