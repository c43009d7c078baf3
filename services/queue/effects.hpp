// Effects: what has to happen in the world because of a command. The shell commits `writes` right
// after the command, as one atomic batch; the rest waits until that batch is durable.
#pragma once

#include <string>
#include <vector>

#include "common/schema/lane.hpp"
#include "common/schema/queue.hpp"
#include "common/store/store.hpp"
#include "services/queue/messages/ids.hpp"
#include "services/queue/messages/records.hpp"

namespace onput::queue {

// The answer to a receive, whether it had to wait or not.
struct Answer {
    WaitId wait;
    schema::MessagesReceived received;
};

struct LaneOpening {
    std::string worker_id;
    std::string endpoint;
};

struct Effects {
    store::Batch writes{std::string(partition)};
    std::vector<Answer> answers;
    std::vector<schema::LaneGrants> grants;
    // In this order: lanes are closed, opened, and then sent to.
    std::vector<std::string> lanes_closed;  // Worker ids.
    std::vector<LaneOpening> lanes_opened;
};

}  // namespace onput::queue
