// What has to happen in the world because of a command of the queue's core. Every command is one
// change at most: one atomic commit.
#pragma once

#include <string>
#include <vector>

#include "common/schema/events.hpp"
#include "common/schema/lane.hpp"
#include "common/schema/queue.hpp"
#include "common/service/caller.hpp"
#include "common/service/effects.hpp"
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

struct Effects : service::Effects<> {
    std::vector<Answer> answers;
    std::vector<schema::LaneGrants> grants;
    // In this order: lanes are closed, opened, and then sent to.
    std::vector<std::string> lanes_closed;  // Worker ids.
    std::vector<LaneOpening> lanes_opened;
    std::vector<schema::JobFailed> jobs_failed;  // For the log.

    // The change of this command, to be added to.
    store::Batch& batch() { return batch_of(partition); }
    [[nodiscard]] bool is_done() const {
        return answers.empty() && grants.empty() && lanes_closed.empty() && lanes_opened.empty() &&
               jobs_failed.empty();
    }
};

using service::Caller;

}  // namespace onput::queue
