#include "services/queue/lanes/workers.hpp"

#include <algorithm>

#include "common/base/check.hpp"
#include "common/schema/lane.hpp"

namespace onput::queue {

bool Worker::serves(const Queue& queue) const {
    if (queue.function) return !kind.empty() && queue.function->function.worker == kind;
    return queue.account == account && std::ranges::find(queues, queue.name) != queues.end();
}

void Worker::free_place() {
    const bool was_beside = places > 0 && held > places;
    if (!was_beside) credit = std::min(credit + 1, schema::lane_credit_max);
}

Worker* Workers::find(std::string_view id) {
    const auto found = by_id_.find(std::string(id));
    return found == by_id_.end() ? nullptr : found->second;
}
Worker* Workers::find(WorkerNumber number) {
    const auto found = workers_.find(number);
    return found == workers_.end() ? nullptr : found->second.get();
}

Worker& Workers::add(std::string id, std::uint64_t epoch, Timestamp now) {
    auto worker = std::make_unique<Worker>();
    worker->number = WorkerNumber(++last_number_);
    worker->id = std::move(id);
    worker->epoch = epoch;
    worker->heard_at = now;
    Worker& added = *worker;
    const bool is_new = by_id_.emplace(added.id, worker.get()).second;
    ONPUT_CHECK(is_new);
    workers_.emplace(added.number, std::move(worker));
    return added;
}

void Workers::remove(WorkerNumber number) {
    const auto found = workers_.find(number);
    ONPUT_CHECK(found != workers_.end());
    ONPUT_CHECK(found->second->held == 0);
    by_id_.erase(found->second->id);
    workers_.erase(found);
}

void Workers::begin_lease(LeaseId lease, const LaneLease& held) {
    Worker* worker = find(held.worker);
    ONPUT_CHECK(worker != nullptr);
    const bool is_new = leases_.emplace(lease, held).second;
    ONPUT_CHECK(is_new);
    ++worker->held;
    if (held.size != JobSize::small) ++worker->held_large;
    if (held.size == JobSize::part) ++worker->held_parts;
}

const LaneLease* Workers::find_lease(LeaseId lease) const {
    const auto found = leases_.find(lease);
    return found == leases_.end() ? nullptr : &found->second;
}

void Workers::end_lease(LeaseId lease) {
    const auto found = leases_.find(lease);
    if (found == leases_.end()) return;
    count_ended(found->second);
    leases_.erase(found);
}

void Workers::count_ended(const LaneLease& lease) {
    Worker* worker = find(lease.worker);
    ONPUT_CHECK(worker != nullptr && worker->held > 0);
    --worker->held;
    if (lease.size == JobSize::small) return;
    ONPUT_CHECK(worker->held_large > 0);
    --worker->held_large;
    if (lease.size != JobSize::part) return;
    ONPUT_CHECK(worker->held_parts > 0);
    --worker->held_parts;
}

void Workers::end_leases_of(QueueNumber queue) {
    for (auto entry = leases_.begin(); entry != leases_.end();) {
        if (entry->second.queue != queue) {
            ++entry;
            continue;
        }
        count_ended(entry->second);
        entry = leases_.erase(entry);
    }
}

void Workers::restart_silence(Timestamp now) {
    for (const auto& [number, worker] : workers_) worker->heard_at = now;
    for (auto& [lease, held] : leases_) {
        if (held.sent_at) held.sent_at = now;
    }
}

void Workers::mark_sent(LeaseId lease, Timestamp now) {
    const auto found = leases_.find(lease);
    if (found != leases_.end()) found->second.sent_at = now;
}

std::vector<std::pair<LeaseId, LaneLease>> Workers::leases_of(WorkerNumber worker) const {
    std::vector<std::pair<LeaseId, LaneLease>> held;
    for (const auto& [lease, lane_lease] : leases_) {
        if (lane_lease.worker == worker) held.emplace_back(lease, lane_lease);
    }
    std::ranges::sort(held, {}, [](const auto& entry) { return entry.first; });
    return held;
}

}  // namespace onput::queue
