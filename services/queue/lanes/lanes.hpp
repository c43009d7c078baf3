// Lanes: what workers say (common/schema/lane.hpp) and what follows for their leases.
//
//   hello, first or with a new epoch   the lane is opened; leases of an older epoch are returned at
//                                      once, their attempts counted as lost
//   hello, again                       heartbeat. Its credit replaces ours, less the grants that
//                                      are still on their way. A lease we know and it does not was
//                                      lost on the way: returned, uncounted. While grants are on
//                                      their way that is known only of grants sent longer ago
//                                      than `lane_silence`.
//   no word for `lane_silence`         the worker is dead: its leases are returned at once, their
//                                      attempts counted as lost
//   ack, nack, extend                  by lease id, from the lease's present holder only; anything
//                                      else is stale: ignored and counted
//   split                              the job goes on as parts (messages.hpp)
//   bye                                unstarted leases are returned uncounted, those included
//                                      whose grants are on their way; it gets nothing more and
//                                      finishes what it has
//
// After a restart of the queue a worker's leases stay with it: its acks are good at once, and it
// has `lane_silence` to say hello and list those that it still holds.
//
// A job of a function whose last attempt ends is dead-lettered; before that it is tried again after
// the function's retry delay, doubled each time, or at once when its worker died.
#pragma once

#include <optional>

#include "common/schema/lane.hpp"
#include "services/queue/lanes/dispatcher.hpp"
#include "services/queue/messages/messages.hpp"

namespace onput::queue {

inline constexpr Duration lane_silence = schema::lane_heartbeat * schema::lane_silent_heartbeats;

// Before a plain queue's message that a worker refused is handed out again.
inline constexpr Duration nack_delay = std::chrono::seconds(1);

// A job whose worker died is tried again without a failure being counted: workers contain their
// jobs, so the job is rarely the cause. One that has lost so many workers is dead-lettered all the
// same.
inline constexpr std::uint32_t worker_losses_max = 10;

// What an extension may ask for.
inline constexpr std::uint32_t extension_ms_max = visibility_s_max * 1000;

// Of what a worker says about a failure.
inline constexpr std::size_t failure_code_bytes_max = 128;
inline constexpr std::size_t failure_message_bytes_max = 4096;
inline constexpr std::size_t failure_disposition_bytes_max = 2048;

struct LaneStats {
    std::uint64_t acks = 0;
    std::uint64_t nacks = 0;
    std::uint64_t stale = 0;         // Acks, nacks, extensions of leases that had ended.
    std::uint64_t workers_lost = 0;  // Fell silent.
    std::uint64_t grants_lost = 0;   // Never reached their worker.
};

class Lanes {
public:
    Lanes(Messages& messages, Catalogue& catalogue, Workers& workers, Dispatcher& dispatcher)
        : messages_(messages), catalogue_(catalogue), workers_(workers), dispatcher_(dispatcher) {}

    Result<void> hello(const schema::LaneHello& message, Timestamp now, Effects& effects);
    Result<void> credit(const schema::LaneCredit& message, Timestamp now, Effects& effects);
    Result<void> ack(const schema::LaneAck& message, Timestamp now, Effects& effects);
    Result<void> nack(const schema::LaneNack& message, Timestamp now, Effects& effects);
    Result<void> split(const schema::LaneSplit& message, Timestamp now, Effects& effects);
    Result<void> extend(const schema::LaneExtend& message, Timestamp now, Effects& effects);
    Result<void> bye(const schema::LaneBye& message, Timestamp now, Effects& effects);

    // These go out over the lane now: only from here on can they be lost on the way.
    void sent(const schema::LaneGrants& grants, Timestamp now);

    // Buries the silent.
    Result<void> on_time(Timestamp now, Effects& effects);
    // Nobody looked at the clock for so long (a suspended process, a clock that was set) that
    // silence proves nothing: everyone is taken as heard now. Nor does a hello that waited so long
    // prove that a grant was lost: every grant is taken as sent now.
    void restart_silence(Timestamp now);
    // The lane of a worker could not be opened: it gets nothing until its next hello.
    void lane_failed(std::string_view worker_id);
    [[nodiscard]] std::optional<Timestamp> next_time() const;

    [[nodiscard]] const LaneStats& stats() const { return stats_; }

private:
    // The worker that speaks, or nothing when it is unknown or not of this epoch.
    Worker* speaker(const std::string& id, std::uint64_t epoch, Timestamp now);
    // The lease, if this worker is its holder; else it is counted as stale.
    const LaneLease* held_lease(const Worker& worker, LeaseId lease);
    // The lease that a worker's word about it ends, if it holds it; its place is free now.
    struct Answered {
        LaneLease lease;
        Queue* queue;
    };
    std::optional<Answered> take_answer(const auto& message, Timestamp now);

    void register_worker(Worker& worker, const schema::LaneHello& message, Effects& effects);
    Result<void> reconcile(Worker& worker, const schema::LaneHello& message, Timestamp now,
                           Effects& effects);
    // Returns the leases that got lost on the way; how many may still be on it.
    Result<std::uint32_t> return_lost(Worker& worker, const schema::LaneHello& message,
                                      Timestamp now, Effects& effects);
    // Ends an attempt that a leaving worker does not begin.
    Result<void> give_back(const Worker& leaving, const LaneLease& lease, Timestamp now,
                           Effects& effects);
    // Ends an attempt that will not be acknowledged.
    Result<void> end_attempt(const LaneLease& lease, const Messages::Return& back,
                             Effects& effects);
    Result<void> return_all(const Worker& worker, const Failure& failure, Timestamp now,
                            Effects& effects);

    Messages& messages_;
    Catalogue& catalogue_;
    Workers& workers_;
    Dispatcher& dispatcher_;
    LaneStats stats_;
};

}  // namespace onput::queue
