#include "services/queue/service.hpp"

#include <fmt/format.h>

#include "common/base/log.hpp"
#include "common/base/printable.hpp"

namespace onput::queue {
namespace {

// Keys and reasons come from outside.
void log_failure(const schema::JobFailed& failed) {
    const std::string object = failed.key.empty()
                                   ? "message " + failed.message_id
                                   : fmt::format("s3://{}/{}", failed.bucket, failed.key);
    log::warn("job failed", {{"function", failed.function},
                             {"object", printable(object)},
                             {"attempts", failed.attempts},
                             {"code", printable(failed.code)},
                             {"reason", printable(failed.reason)},
                             {"dead_letter", failed.dead_letter_arn}});
}

}  // namespace

// --- Start ------------------------------------------------------------------------------------

Result<std::unique_ptr<QueueService>> QueueService::open(service::Platform& platform,
                                                         const Config& config) {
    // The constructor is private: only an opened service is one.
    std::unique_ptr<QueueService> service(new QueueService(platform, config));
    ONPUT_TRY_VOID(service->start(config));
    return service;
}

QueueService::QueueService(service::Platform& platform, const Config& config)
    : Host(platform, {.store = {.directory = config.data},
                      .endpoints = config.endpoints,
                      .notifier_endpoint = config.notifier_endpoint,
                      .metrics = {.fsync = "onput_queue_fsync_seconds",
                                  .replies_held = "onput_queue_replies_held"}}) {}

Result<void> QueueService::start(const Config& config) {
    ONPUT_TRY_VOID(open_store());
    const Timestamp began_at = wall_now();
    ONPUT_TRY_VOID(
        restore(readable(), new_random(),
                CoreOptions{.region = config.region,
                            .account = config.account,
                            .messages_max = config.messages_max,
                            .in_flight_max = config.in_flight_max,
                            .topics = config.notifier_endpoint.empty() ? Topics::unreachable
                                                                       : Topics::reachable,
                            .receipt_key = platform().new_secret(receipt_key_bytes),
                            .boot = platform().boot(),
                            .free_bytes_min = config.free_bytes_min}));
    log::info("queues restored", {{"took_ms", (wall_now() - began_at).count() / 1000},
                                  {"events_waiting", core().outbox().waiting()}});
    ONPUT_TRY_VOID(listen());
    ONPUT_TRY(hub_, platform().bind_lanes(
                        config.lane_endpoints,
                        [this](const transport::LaneControl& message) { on_control(message); }));
    return {};
}

std::vector<std::string> QueueService::waiting_for_peers() const {
    // Its work does not need the notifier, which itself starts after the queue: only an outage that
    // leaves events lying is worth a word.
    const outbox::Outbox& outbox = core().outbox();
    const bool is_out = relay() != nullptr && relay()->has_handed_over() && outbox.failures() > 0;
    if (!is_out || outbox.waiting() == 0) return {};
    return {fmt::format("the notifier at {}, which is owed {} events", options().notifier_endpoint,
                        outbox.waiting())};
}

// --- Requests and lanes -----------------------------------------------------------------------

service::Methods QueueService::methods() {
    service::Methods all = core_methods();
    all.add(handle<schema::ReceiveMessages>(
        [this](transport::Request& r, const Caller& c) { on_receive(r, c); }));
    return all;
}

void QueueService::on_receive(transport::Request& request, const Caller& caller) {
    const auto message = schema::decode<schema::ReceiveMessages>(request.body);
    if (!message) return reply(request.reply_to, std::unexpected(message.error()));
    const auto wait = execute([&](Core& core, Effects& effects) {
        auto begun = core.execute(*message, caller, effects);
        // Known before its answer is handed on, which may be at once.
        if (begun) waiting_.emplace(*begun, request.reply_to);
        return begun;
    });
    if (!wait) reply(request.reply_to, std::unexpected(wait.error()));
}

void QueueService::on_control(const Control& message) {
    const auto heard = execute(
        [&](Core& core, Effects& effects) { return core.control(message, now(), effects); });
    if (!heard) log::warn("a worker was refused", {{"error", heard.error().message}});
}

// --- What is durable --------------------------------------------------------------------------

void QueueService::hand_on(Effects effects) {
    for (const std::string& worker : effects.lanes_closed) {
        hub_->disconnect(worker);
        log::info("lane closed", {{"worker", worker}});
    }
    for (const LaneOpening& lane : effects.lanes_opened) open_lane(lane);
    for (const schema::LaneGrants& grants : effects.grants) {
        mutable_core().sent(grants, now());
        hub_->send(grants.worker_id, grants);
    }
    for (const Answer& received : effects.answers) answer(received);
    for (const schema::JobFailed& failed : effects.jobs_failed) log_failure(failed);
}

void QueueService::open_lane(const LaneOpening& lane) {
    const auto connected = hub_->connect(lane.worker_id, lane.endpoint);
    if (!connected) mutable_core().lane_failed(lane.worker_id);
    log::write(connected ? log::Level::info : log::Level::warn, "lane opened",
               {{"worker", lane.worker_id},
                {"endpoint", lane.endpoint},
                {"error", connected ? std::string() : connected.error().message}});
}

void QueueService::answer(const Answer& answer) {
    const auto found = waiting_.find(answer.wait);
    if (found == waiting_.end()) return;
    reply_now(found->second, answer.received);
    waiting_.erase(found);
}

}  // namespace onput::queue
