// LaneLedger: what a worker knows of its lane: leases in hand, free places, what to tell the queue.
// Pure.
//
//     granted ──> waiting ──start──> running ──finish──> gone (acked or nacked)
//                    └── give_back_waiting (drain) ──> gone, uncounted
//
// The queue sends no more grants than there are places, so what waits here is bounded by `places`.
// A grant that came twice, or of another life of this worker, is ignored. Owned by the worker's
// loop.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/schema/lane.hpp"

namespace onput::worker {

// One lease and what is needed to run it.
struct LaneJob {
    schema::LaneGrant grant;
    std::string function;  // Empty for a message of a plain queue.
    std::string account;
    std::uint32_t timeout_s = 0;
    std::map<std::string, std::string> environment;
    std::string configuration;
};

struct LaneIdentity {
    std::string worker_id;
    std::uint64_t epoch = 0;
    std::string endpoint;
    std::string worker;               // Kind.
    std::vector<std::string> queues;  // Plain queues it consumes.
    std::string account;
};

class LaneLedger {
public:
    // `places`: leases that it takes at a time, 1 to lane_credit_max.
    LaneLedger(LaneIdentity identity, std::uint32_t places);

    // Grants addressed to this life of the worker join those that wait.
    void on_grants(schema::LaneGrants grants);

    // The oldest waiting job, now running; nothing when none waits or the ledger drains.
    std::optional<LaneJob> start_next();

    // The messages that end a running lease. Unknown leases are a bug of the caller.
    schema::LaneAck succeed(std::uint64_t lease, schema::JobOutcome outcome);
    struct Failure {
        std::string code;
        std::string message;
        bool is_permanent = false;
        bool is_counted = true;
        std::string disposition = {};
    };
    schema::LaneNack fail(std::uint64_t lease, Failure failure);

    // Where grants are to be sent from the next hello on.
    void move_to(std::string endpoint) { identity_.endpoint = std::move(endpoint); }

    // No more jobs are started; those that wait are given back.
    schema::LaneBye drain();

    [[nodiscard]] schema::LaneHello hello() const;
    // Keeps everything in hand leased for `visibility` from now on; nothing in hand: no leases in
    // it.
    [[nodiscard]] schema::LaneExtend extend(Duration visibility) const;

    [[nodiscard]] std::size_t running() const { return running_.size(); }
    [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
    [[nodiscard]] bool is_draining() const { return is_draining_; }

private:
    [[nodiscard]] std::vector<std::uint64_t> leases_in_hand() const;

    LaneIdentity identity_;
    std::uint32_t places_;
    std::uint64_t grants_received_ = 0;
    std::deque<LaneJob> waiting_;
    std::map<std::uint64_t, std::string> running_;  // Lease to message id.
    bool is_draining_ = false;
};

}  // namespace onput::worker
