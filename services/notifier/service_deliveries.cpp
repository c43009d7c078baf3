// What is sent to the queue service and to the outside, and what comes back.
#include <utility>

#include "common/base/log.hpp"
#include "services/notifier/service.hpp"

namespace onput::notifier {
namespace {

OutboundVerdict verdict_of(OutboundOutcome outcome) {
    switch (outcome) {
        case OutboundOutcome::delivered: return OutboundVerdict::delivered;
        case OutboundOutcome::refused: return OutboundVerdict::refused;
        default: return OutboundVerdict::failed;
    }
}

}  // namespace

void NotifierService::on_turn_end() {
    if (is_draining()) return;
    auto due = mutable_core().due(now());
    if (!due) platform().fail(due.error());
    for (Delivery& delivery : *due) send_queue(std::move(delivery));
    auto outside = must_execute([at = now()](NotifierCore& core, Effects& effects) {
        return core.outbound_due(at, effects);
    });
    for (OutboundDelivery& delivery : outside) send_outside(std::move(delivery));
}

void NotifierService::send_queue(Delivery delivery) {
    ++open_deliveries_;
    transport::CallOptions options;
    options.timeout = std::chrono::milliseconds(config_.deliver_timeout_ms);
    if (delivery.message.items.size() == 1) options.trace = delivery.message.items.front().trace;
    transport::call(*queue_, delivery.message, std::move(options),
                    [this, id = delivery.id, arn = delivery.message.destination_arn](
                        Result<schema::Delivered> reply, const std::vector<transport::Frame>&) {
                        if (!reply) {
                            log::debug("delivery failed", {{"destination", arn},
                                                           {"code", to_string(reply.error().code)},
                                                           {"error", reply.error().message}});
                        }
                        on_answer({.id = id, .result = std::move(reply)});
                    });
}

void NotifierService::on_answer(const DeliveryAnswer& answer) {
    --open_deliveries_;
    must_execute([&](NotifierCore& core, Effects& effects) {
        return core.on_delivered(answer, now(), effects);
    });
}

void NotifierService::send_outside(OutboundDelivery delivery) {
    ++open_outside_;
    outside_.outbound->send(std::move(delivery.message),
                            [this, id = delivery.id, arn = std::move(delivery.subscription_arn)](
                                const OutboundResult& result) {
                                if (result.outcome != OutboundOutcome::delivered) {
                                    log::debug("delivery failed", {{"subscription", arn},
                                                                   {"status", result.status_code},
                                                                   {"error", result.error}});
                                }
                                on_outside_answer(id, result);
                            });
}

void NotifierService::on_outside_answer(std::uint64_t id, const OutboundResult& result) {
    --open_outside_;
    must_execute([&](NotifierCore& core, Effects& effects) {
        return core.on_sent({.id = id,
                             .verdict = verdict_of(result.outcome),
                             .status_code = result.status_code,
                             .latency = result.latency,
                             .error = result.error,
                             .retry_after_s = result.retry_after_s},
                            now(), effects);
    });
}

}  // namespace onput::notifier
