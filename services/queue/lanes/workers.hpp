// Workers: who takes jobs over lanes, how many more each can take, and which leases it holds. In
// memory; a restart learns the leases from their rows and the rest from the workers' hellos.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/base/time.hpp"
#include "services/queue/messages/ids.hpp"
#include "services/queue/messages/queue.hpp"

namespace onput::queue {

inline constexpr std::size_t workers_max = 4096;

struct Worker {
    WorkerNumber number;
    std::string id;
    std::uint64_t epoch = 0;
    std::string endpoint;  // Empty: has not said hello since the queue started.
    std::string kind;      // Takes jobs of functions with this `worker`.
    std::string account;   // Of the plain queues that it consumes.
    std::vector<std::string> queues;
    std::uint32_t credit = 0;       // Grants that may be sent now.
    std::uint64_t grants_sent = 0;  // In this epoch, as the worker counts them.
    std::uint32_t places = 0;       // Jobs at a time. 0: it does not say.
    std::string call_endpoint;      // Empty: it takes no calls.
    std::uint32_t call_places = 0;  // At a time.
    std::size_t held = 0;           // Leases.
    std::size_t held_large = 0;     // Of them, of large jobs and of parts.
    std::size_t held_parts = 0;     // Of them, of parts.
    Timestamp heard_at;
    bool is_leaving = false;  // Has said bye: finishes what it has, gets nothing more.

    [[nodiscard]] bool serves(const Queue& queue) const;
    [[nodiscard]] bool can_take() const { return credit > 0 && !is_leaving && !endpoint.empty(); }
    // Large jobs and parts have all its places: one small job more may run beside them.
    [[nodiscard]] bool can_take_small() const {
        return places > 0 && held == places && held_large == places && !is_leaving &&
               !endpoint.empty();
    }
    // The worker has said that one of its leases ends: its place is free, unless it ran beside all
    // places. Said before the lease ends here.
    void free_place();
};

// A lease over a lane. Leases of receives are known by their receipts only.
struct LaneLease {
    QueueNumber queue;
    MessageNumber message;
    WorkerNumber worker;
    JobSize size = JobSize::small;
    // When its grant went out over the lane. Nothing: it still waits to be durable.
    std::optional<Timestamp> sent_at;
};

class Workers {
public:
    [[nodiscard]] Worker* find(std::string_view id);
    [[nodiscard]] Worker* find(WorkerNumber number);
    // The id must be new.
    Worker& add(std::string id, std::uint64_t epoch, Timestamp now);
    // Its leases must have ended.
    void remove(WorkerNumber number);

    using ByNumber = std::map<WorkerNumber, std::unique_ptr<Worker>>;
    [[nodiscard]] const ByNumber& all() const { return workers_; }

    void begin_lease(LeaseId lease, const LaneLease& held);
    [[nodiscard]] const LaneLease* find_lease(LeaseId lease) const;
    // Harmless for a lease that is not of a lane.
    void end_lease(LeaseId lease);
    // Its grant goes out now. Harmless for a lease that has ended meanwhile.
    void mark_sent(LeaseId lease, Timestamp now);
    // Everyone is taken as heard now, and every grant as sent now.
    void restart_silence(Timestamp now);
    // Those of a queue that is emptied or deleted: what its workers say of them later is stale.
    void end_leases_of(QueueNumber queue);
    [[nodiscard]] std::size_t leases() const { return leases_.size(); }
    // All leases of a worker, in order of their ids. Goes through all leases of all workers.
    [[nodiscard]] std::vector<std::pair<LeaseId, LaneLease>> leases_of(WorkerNumber worker) const;

private:
    void count_ended(const LaneLease& lease);

    ByNumber workers_;
    std::unordered_map<std::string, Worker*> by_id_;
    std::unordered_map<LeaseId, LaneLease> leases_;
    std::uint32_t last_number_ = 0;
};

}  // namespace onput::queue
