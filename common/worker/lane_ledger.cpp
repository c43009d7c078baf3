#include "common/worker/lane_ledger.hpp"

#include <algorithm>

#include "common/base/check.hpp"

namespace onput::worker {

LaneLedger::LaneLedger(LaneIdentity identity, std::uint32_t places)
    : identity_(std::move(identity)), places_(places) {
    ONPUT_CHECK(places_ >= 1 && places_ <= schema::lane_credit_max);
}

void LaneLedger::on_grants(schema::LaneGrants grants) {
    if (grants.worker_id != identity_.worker_id || grants.epoch != identity_.epoch) return;
    for (auto& grant : grants.grants) {
        // Counted even when ignored: the queue compares the count with what it has sent.
        ++grants_received_;
        const std::uint64_t lease = grant.lease;
        const bool is_known =
            running_.contains(lease) || std::ranges::any_of(waiting_, [lease](const LaneJob& job) {
                return job.grant.lease == lease;
            });
        if (is_known || is_draining_) continue;
        waiting_.push_back({.grant = std::move(grant),
                            .function = grants.function,
                            .account = grants.account,
                            .timeout_s = grants.timeout_s,
                            .environment = grants.environment,
                            .configuration = grants.configuration});
    }
}

std::optional<LaneJob> LaneLedger::start_next() {
    if (waiting_.empty() || is_draining_) return {};
    LaneJob job = std::move(waiting_.front());
    waiting_.pop_front();
    running_.emplace(job.grant.lease, job.grant.message_id);
    return job;
}

schema::LaneAck LaneLedger::succeed(std::uint64_t lease, schema::JobOutcome outcome) {
    ONPUT_CHECK(running_.erase(lease) == 1);
    schema::LaneAck ack{.worker_id = identity_.worker_id,
                        .epoch = identity_.epoch,
                        .leases = {lease},
                        .outcomes = {}};
    if (outcome != schema::JobOutcome{}) ack.outcomes.push_back(std::move(outcome));
    return ack;
}

schema::LaneNack LaneLedger::fail(std::uint64_t lease, Failure failure) {
    ONPUT_CHECK(running_.erase(lease) == 1);
    return {.worker_id = identity_.worker_id,
            .epoch = identity_.epoch,
            .lease = lease,
            .is_counted = failure.is_counted,
            .is_permanent = failure.is_permanent,
            .error_code = std::move(failure.code),
            .error_message = std::move(failure.message),
            .disposition = std::move(failure.disposition)};
}

schema::LaneBye LaneLedger::drain() {
    is_draining_ = true;
    schema::LaneBye bye{
        .worker_id = identity_.worker_id, .epoch = identity_.epoch, .unstarted = {}};
    for (const auto& job : waiting_) bye.unstarted.push_back(job.grant.lease);
    waiting_.clear();
    return bye;
}

std::vector<std::uint64_t> LaneLedger::leases_in_hand() const {
    std::vector<std::uint64_t> leases;
    leases.reserve(running_.size() + waiting_.size());
    for (const auto& [lease, message] : running_) leases.push_back(lease);
    for (const auto& job : waiting_) leases.push_back(job.grant.lease);
    return leases;
}

schema::LaneHello LaneLedger::hello() const {
    const std::size_t in_hand = running_.size() + waiting_.size();
    const std::size_t free = in_hand >= places_ || is_draining_ ? 0 : places_ - in_hand;
    return {.worker_id = identity_.worker_id,
            .epoch = identity_.epoch,
            .endpoint = identity_.endpoint,
            .worker = identity_.worker,
            .queues = identity_.queues,
            .account = identity_.account,
            .credit = static_cast<std::uint32_t>(free),
            .leases = leases_in_hand(),
            .grants_received = grants_received_};
}

schema::LaneExtend LaneLedger::extend(Duration visibility) const {
    return {.worker_id = identity_.worker_id,
            .epoch = identity_.epoch,
            .leases = leases_in_hand(),
            .visibility_ms = static_cast<std::uint32_t>(visibility / std::chrono::milliseconds(1))};
}

}  // namespace onput::worker
