// The queue process: its real core, driven as services/queue/service.cpp does.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>

#include "services/queue/core.hpp"
#include "tests/sim/handovers.hpp"
#include "tests/sim/network.hpp"
#include "tests/sim/relay_model.hpp"
#include "tests/sim/tellings.hpp"

namespace onput::sim {

class NotifierNode;
class WorkerNode;

class QueueNode : public DurableNode {
public:
    struct Parts {
        World& world;
        Network& network;
        Handovers& handovers;
        Tellings& tellings;
    };
    explicit QueueNode(const Parts& parts)
        : DurableNode(parts.world, "queue"),
          handovers_(parts.handovers),
          tellings_(parts.tellings),
          relay_({parts.network, *this, store_}) {}
    void connect(std::vector<WorkerNode*> workers, NotifierNode& notifier);

    void deliver(const schema::Deliver& message, Answer<schema::Delivered> answer);
    void receive(const schema::ReceiveMessages& request, Answer<schema::MessagesReceived> answer);
    void remove(const schema::RemoveMessages& request, Answer<schema::EntriesDone> answer);
    void control(const queue::Control& message);

    // Queues and the function, before the first turn.
    void set_up();
    // No message is anywhere, and nobody is still to be told.
    [[nodiscard]] bool is_idle() const;

private:
    void open() override;
    void close() override;
    void on_survived(store::Ticket survives) override;
    void on_turn_end() override;

    [[nodiscard]] queue::Caller caller() const;
    [[nodiscard]] double metric(const std::string& name) const;
    void apply(queue::Effects effects);
    void hand_on(const queue::Effects& effects);
    void follow(const queue::Effects& effects);
    void send(const schema::LaneGrants& grants);
    void tell_done(store::Ticket durable);
    void arm_timer();
    void follow_outbox();
    template <typename T>
    void check_store(const Result<T>& result) {
        if (!result && is_fault(result.error())) fail(result.error().message);
    }
    static bool is_fault(const Error& error);

    Handovers& handovers_;
    Tellings& tellings_;
    std::vector<WorkerNode*> workers_;
    std::unique_ptr<queue::Core> core_;
    RelayModel relay_;
    std::uint64_t followed_event_ = 0;
    std::map<queue::WaitId, Answer<schema::MessagesReceived>> waiting_;
    std::map<std::string, std::string> lanes_;  // Endpoints by worker.
    // Jobs whose acknowledgement is committed and not known to be durable.
    std::deque<std::pair<store::Ticket, std::string>> done_;
    Timestamp timer_at_ = Timestamp::max();
    std::uint64_t timer_ = 0;
    bool needs_sync_ = false;
};

}  // namespace onput::sim
