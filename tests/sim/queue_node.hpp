// The queue process: the real service, its lanes as pipes, and what the checkers see of it: each
// lease when its row is committed, and when it leaves.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "services/queue/service.hpp"
#include "tests/sim/handovers.hpp"
#include "tests/sim/queue_checks.hpp"
#include "tests/sim/service_node.hpp"
#include "tests/sim/topic_checks.hpp"

namespace onput::sim {

class WorkerNode;

class QueueNode final : public ServiceNode {
public:
    struct Checkers {
        Handovers& handovers;
        QueueChecks& queue_checks;
        TopicChecks& topic_checks;
    };
    QueueNode(const Parts& parts, const Checkers& checkers);
    void connect(std::vector<WorkerNode*> workers, Node& notifier);

    // From its next life on.
    void limit_messages(std::size_t most) { messages_max_ = most; }
    void limit_in_flight(std::size_t most) { in_flight_max_ = most; }

    // From a worker, over its pipe.
    void control(const transport::LaneControl& message);

    // No message is anywhere, and nobody is still to be told.
    [[nodiscard]] bool is_idle() const;

private:
    class Hub;

    Result<std::unique_ptr<runtime::Service>> open_service() override;
    void check_turn() override;
    Node& peer(const std::string&) override { return *notifier_; }
    Result<std::unique_ptr<transport::LaneHub>> bind_lanes(
        const std::vector<std::string>& endpoints, transport::LaneHub::Handler handler) override;

    void on_commit(const store::Batch& batch, store::Ticket ticket) override;
    void on_durable(store::Ticket durable) override;
    void on_survived(store::Ticket survives) override;
    void on_request(const WireRequest& request);
    void on_reply(const WireRequest& request, const Result<WireReply>& reply);

    void read_rows();
    // Whether the store knows of what the wall clock was set by since the last life began.
    // As receivers know it: a receipt handle, or by its number for a worker.
    [[nodiscard]] std::string name_of(queue::MessageNumber number,
                                      const queue::LeaseRecord& record) const;
    void follow_lease(queue::MessageNumber number, const queue::LeaseRecord& record);
    void flush_sent();
    static queue::MessageNumber message_of(const std::string& receipt_handle);
    [[nodiscard]] double metric(const std::string& name) const;

    std::optional<std::size_t> messages_max_;  // Of all queues together.
    std::optional<std::size_t> in_flight_max_;
    Handovers& handovers_;
    QueueChecks& queue_checks_;
    TopicChecks& topic_checks_;
    std::vector<WorkerNode*> workers_;
    Node* notifier_ = nullptr;
    queue::QueueService* queue_ = nullptr;  // Of this life.
    transport::LaneHub::Handler handler_;

    struct Stored {
        queue::QueueNumber queue;
        std::string message_id;
    };
    std::map<queue::MessageNumber, Stored> stored_;
    std::map<std::uint64_t, queue::MessageNumber> numbers_;  // Of messages, by lease.
    std::set<std::string> leases_;                           // By name: those that this life knows.
    std::set<std::uint64_t> unsent_;  // Leases of grants that left in this turn.
    // Jobs whose acknowledgement is committed and not known to be durable.
    std::deque<std::pair<store::Ticket, std::string>> done_;
};

}  // namespace onput::sim
