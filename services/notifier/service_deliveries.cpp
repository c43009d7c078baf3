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

void NotifierService::send_due() {
    if (drained_) return;
    const Timestamp now = process_.loop().now();
    for (Delivery& delivery : must(core_->due(now))) send_queue(std::move(delivery));
    Effects effects;
    auto outside = must(core_->outbound_due(now, effects));
    perform(std::move(effects));
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
                            log::debug("delivery failed",
                                       {{"destination", arn}, {"error", described(reply.error())}});
                        }
                        on_answer({.id = id, .result = std::move(reply)});
                    });
}

void NotifierService::on_answer(const DeliveryAnswer& answer) {
    --open_deliveries_;
    Effects effects;
    must(core_->on_delivered(answer, process_.loop().now(), effects));
    perform(std::move(effects));
    finish_drain_if_idle();
}

void NotifierService::send_outside(OutboundDelivery delivery) {
    ++open_outside_;
    outbound_->send(std::move(delivery.message),
                    [this, id = delivery.id,
                     arn = std::move(delivery.subscription_arn)](const OutboundResult& result) {
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
    Effects effects;
    must(core_->on_sent({.id = id,
                         .verdict = verdict_of(result.outcome),
                         .status_code = result.status_code,
                         .latency = result.latency,
                         .error = result.error},
                        process_.loop().now(), effects));
    perform(std::move(effects));
    finish_drain_if_idle();
}

}  // namespace onput::notifier
