// LeaseTable: the leases that a worker holds, its free places, and what it sends to the queue about
// them. Pure; owned by the worker's loop.
//
//     granted ──> waiting ──start_next──> running ──succeed, fail──> gone: acked or nacked
//                    └──drain──> gone: given back, not counted as an attempt
//
// The queue sends no more grants than there are places, and one small job when large ones have them
// all, so no more than `places` and one are here. A grant that comes twice, or that was meant for
// an earlier start of this worker, is ignored.
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
    std::string arn = {};
    schema::FunctionHandler handler = {};
    std::string version = {};  // Of the function: "1"; empty: $LATEST.
};

struct LaneIdentity {
    std::string worker_id;
    std::uint64_t epoch = 0;
    std::string endpoint;
    std::string worker;               // Kind.
    std::vector<std::string> queues;  // Plain queues it consumes.
    std::string account;
    std::string call_endpoint;  // Empty: it takes no calls.
    std::uint32_t call_places = 0;
};

class LeaseTable {
public:
    // `places`: leases that it takes at a time, 1 to lane_credit_max.
    LeaseTable(LaneIdentity identity, std::uint32_t places);

    // Grants for this worker, since its present start, join those that wait.
    void on_grants(schema::LaneGrants grants);

    // The oldest waiting job, now running; nothing when none waits or after drain().
    std::optional<LaneJob> start_next();

    // The ack or nack that ends a running lease. A lease that does not run is a bug of the caller.
    schema::LaneAck succeed(std::uint64_t lease, schema::JobOutcome outcome);
    struct Failure {
        std::string code;
        std::string message;
        bool is_permanent = false;
        bool is_counted = true;
        std::string disposition;
        bool is_settled = false;
        std::string response = {};
    };
    schema::LaneNack fail(std::uint64_t lease, Failure failure);

    // Ends a running lease likewise: its job goes on as parts.
    schema::LaneSplit split(std::uint64_t lease, schema::LaneSplit parts);

    // Where the queue sends grants after the next hello.
    void set_endpoint(std::string endpoint) { identity_.endpoint = std::move(endpoint); }
    // Where gateways find it after the next hello.
    void set_calls(std::string endpoint, std::uint32_t places) {
        identity_.call_endpoint = std::move(endpoint);
        identity_.call_places = places;
    }

    // Starts no more jobs, and gives back those that wait, and those whose grants are on their way:
    // whatever is not said to run.
    schema::LaneBye drain();

    [[nodiscard]] schema::LaneHello hello() const;
    // Extends every lease held to `visibility` from now. Names no leases when none is held.
    [[nodiscard]] schema::LaneExtend extend(Duration visibility) const;

    [[nodiscard]] std::size_t running() const { return running_.size(); }
    [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
    [[nodiscard]] bool is_draining() const { return is_draining_; }

private:
    [[nodiscard]] std::vector<std::uint64_t> leases_held() const;

    LaneIdentity identity_;
    std::uint32_t places_;
    std::uint64_t grants_received_ = 0;
    std::deque<LaneJob> waiting_;
    std::map<std::uint64_t, std::string> running_;  // Lease to message id.
    bool is_draining_ = false;
};

}  // namespace onput::worker
