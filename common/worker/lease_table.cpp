#include "common/worker/lease_table.hpp"

#include <algorithm>

#include "common/base/check.hpp"

namespace onput::worker {

LeaseTable::LeaseTable(LaneIdentity identity, std::uint32_t places)
    : identity_(std::move(identity)), places_(places) {
    ONPUT_CHECK(places_ >= 1 && places_ <= schema::lane_credit_max);
}

void LeaseTable::on_grants(schema::LaneGrants grants) {
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
                            .configuration = grants.configuration,
                            .arn = grants.arn,
                            .handler = grants.handler,
                            .version = grants.version});
    }
}

std::optional<LaneJob> LeaseTable::start_next() {
    if (waiting_.empty() || is_draining_) return {};
    LaneJob job = std::move(waiting_.front());
    waiting_.pop_front();
    running_.emplace(job.grant.lease, job.grant.message_id);
    return job;
}

schema::LaneAck LeaseTable::succeed(std::uint64_t lease, schema::JobOutcome outcome) {
    ONPUT_CHECK(running_.erase(lease) == 1);
    schema::LaneAck ack{
        .worker_id = identity_.worker_id, .epoch = identity_.epoch, .leases = {lease}};
    if (outcome != schema::JobOutcome{}) ack.outcomes.push_back(std::move(outcome));
    return ack;
}

schema::LaneNack LeaseTable::fail(std::uint64_t lease, Failure failure) {
    ONPUT_CHECK(running_.erase(lease) == 1);
    return {.worker_id = identity_.worker_id,
            .epoch = identity_.epoch,
            .lease = lease,
            .is_counted = failure.is_counted,
            .is_permanent = failure.is_permanent,
            .error_code = std::move(failure.code),
            .error_message = std::move(failure.message),
            .disposition = std::move(failure.disposition),
            .is_settled = failure.is_settled,
            .response = std::move(failure.response)};
}

schema::LaneSplit LeaseTable::split(std::uint64_t lease, schema::LaneSplit parts) {
    ONPUT_CHECK(running_.erase(lease) == 1);
    parts.worker_id = identity_.worker_id;
    parts.epoch = identity_.epoch;
    parts.lease = lease;
    return parts;
}

schema::LaneBye LeaseTable::drain() {
    is_draining_ = true;
    schema::LaneBye bye{.worker_id = identity_.worker_id, .epoch = identity_.epoch};
    for (const auto& job : waiting_) bye.unstarted.push_back(job.grant.lease);
    waiting_.clear();
    bye.running = leases_held();
    bye.names_running = true;
    return bye;
}

std::vector<std::uint64_t> LeaseTable::leases_held() const {
    std::vector<std::uint64_t> leases;
    leases.reserve(running_.size() + waiting_.size());
    for (const auto& [lease, message] : running_) leases.push_back(lease);
    for (const auto& job : waiting_) leases.push_back(job.grant.lease);
    return leases;
}

schema::LaneHello LeaseTable::hello() const {
    const std::size_t held = running_.size() + waiting_.size();
    const std::size_t free = held >= places_ || is_draining_ ? 0 : places_ - held;
    return {.worker_id = identity_.worker_id,
            .epoch = identity_.epoch,
            .endpoint = identity_.endpoint,
            .worker = identity_.worker,
            .queues = identity_.queues,
            .account = identity_.account,
            .credit = static_cast<std::uint32_t>(free),
            .leases = leases_held(),
            .grants_received = grants_received_,
            .places = places_,
            .call_endpoint = identity_.call_endpoint,
            .call_places = identity_.call_places};
}

schema::LaneExtend LeaseTable::extend(Duration visibility) const {
    return {.worker_id = identity_.worker_id,
            .epoch = identity_.epoch,
            .leases = leases_held(),
            .visibility_ms = static_cast<std::uint32_t>(visibility / std::chrono::milliseconds(1))};
}

}  // namespace onput::worker
