// QueueChecks: the promises about plain queues, told by the rows that the queue commits.
//
//   1. A message is deleted by whoever received it, or by its retention: not before half of that
//      has truly passed, whatever the clocks said (the age clock runs at most twice as fast).
//   2. What moves to a dead-letter queue was handed out by the queue that it leaves: so often as
//      that queue says, and not less because of queues before.
//   3. No message is there twice.
//   4. A message of grants is no larger than its bound, unless a single grant is.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/schema/lane.hpp"
#include "services/queue/messages/records.hpp"
#include "tests/sim/handovers.hpp"

namespace onput::sim {

class QueueChecks {
public:
    QueueChecks(World& world, Handovers& handovers) : world_(world), handovers_(handovers) {}

    void committed(const store::Batch& batch);
    // The queue starts, and has these messages: what else was committed, a crash took back.
    void restarted(const std::vector<queue::MessageNumber>& there);
    // Somebody who received it wants it deleted. False: it has moved, and is deleted by no receipt
    // of the queue that it left.
    bool removing(queue::MessageNumber number);
    void sending(const schema::LaneGrants& grants);

    [[nodiscard]] std::uint64_t expired() const { return expired_; }
    // To dead-letter queues; and by move tasks.
    [[nodiscard]] std::uint64_t moved() const { return moved_; }
    [[nodiscard]] std::uint64_t moved_by_tasks() const { return moved_by_tasks_; }

private:
    struct Queue {
        std::string name;
        Duration retention{};
        std::uint32_t receives_max = 0;
        bool is_function = false;
    };
    struct Message {
        queue::QueueNumber queue;
        std::string id;
        Duration sent_at{};        // In true time, to the first queue.
        std::uint32_t leases = 0;  // In this queue.
        bool has_moved = false;
    };

    void follow_queues(const store::Batch& batch);
    void add(queue::MessageNumber number, Message message, std::map<std::string, Message>& gone);
    void check_gone(const Message& message);

    World& world_;
    Handovers& handovers_;
    std::map<queue::QueueNumber, Queue> queues_;
    // What a crash took back stays here; its number may be given again.
    std::map<queue::MessageNumber, Message> messages_;
    std::set<std::string> removing_;
    std::uint64_t expired_ = 0;
    std::map<std::string, queue::MessageNumber> there_;  // By id.
    std::uint64_t moved_ = 0;
    std::uint64_t moved_by_tasks_ = 0;
};

}  // namespace onput::sim
