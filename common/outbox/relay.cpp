#include "common/outbox/relay.hpp"

#include <algorithm>

#include "common/base/log.hpp"

namespace onput::outbox {

void Relay::pump() {
    auto batch = parts_.outbox.next(parts_.view, parts_.loop.now());
    if (!batch) {
        parts_.fail(std::move(batch).error().with_context("read the outbox"));
        return;
    }
    if (*batch) {
        send(**std::move(batch));
    } else {
        wake_later();
    }
}

void Relay::send(Outbox::RelayBatch batch) {
    schema::AppendEvents request{.source = parts_.source, .numbers = std::move(batch.numbers)};
    transport::CallOptions options;
    options.timeout = relay_timeout;
    options.principal.id = parts_.service;
    options.attachments.reserve(batch.events.size());
    for (auto& event : batch.events) options.attachments.emplace_back(std::move(event));
    transport::call(parts_.notifier, request, std::move(options),
                    [this](const Result<schema::EventsAppended>& reply,
                           const std::vector<transport::Frame>&) { on_reply(reply); });
}

void Relay::on_reply(const Result<schema::EventsAppended>& reply) {
    Outbox& outbox = parts_.outbox;
    const Timestamp now = parts_.loop.now();
    if (reply) {
        has_handed_over_ = true;
        outbox.on_appended(reply->through, now);
    } else {
        // Said once per outage.
        if (outbox.failures() == 0) {
            log::warn("notifier does not take events",
                      {{"error", reply.error().message}, {"waiting", outbox.waiting()}});
        }
        outbox.on_failed(now);
    }
    pump();
}

void Relay::wake_later() {
    const auto wakeup = parts_.outbox.next_wakeup();
    if (!wakeup || is_waking_) return;
    is_waking_ = true;
    const Duration delay =
        std::clamp(*wakeup - parts_.loop.now(), relay_delay_min, relay_delay_max);
    parts_.loop.after(delay, [this] {
        is_waking_ = false;
        pump();
    });
}

}  // namespace onput::outbox
