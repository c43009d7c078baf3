#include "tests/sim/relay_model.hpp"

#include <algorithm>
#include <memory>

#include "common/base/check.hpp"

namespace onput::sim {
namespace {

constexpr Duration relay_timeout = seconds(10);

}  // namespace

void RelayModel::start(outbox::Outbox& outbox, std::string source) {
    outbox_ = &outbox;
    source_ = std::move(source);
    is_waking_ = false;
    parts_.from.post([this] { pump(); });
}

void RelayModel::pump() {
    World& world = parts_.from.world();
    auto next = outbox_->next(parts_.view, world.wall());
    ONPUT_CHECK(next.has_value());
    if (!*next) return wake_later();
    world.note(parts_.from.name() + " hands over " + std::to_string((*next)->numbers.front()) +
               " to " + std::to_string((*next)->numbers.back()));
    // Shared by the copies of the request that the network may make.
    const auto events = std::make_shared<std::vector<std::string>>(std::move((*next)->events));
    const schema::AppendEvents request{.source = source_, .numbers = std::move((*next)->numbers)};
    parts_.network.call<schema::EventsAppended>(
        {.from = parts_.from, .to = *to_, .timeout = relay_timeout},
        [append = append_, request, events](auto answer) {
            append(request, *events, std::move(answer));
        },
        [this](const Result<schema::EventsAppended>& reply) { on_reply(reply); });
}

void RelayModel::on_reply(const Result<schema::EventsAppended>& reply) {
    const Timestamp now = parts_.from.world().wall();
    if (reply) {
        outbox_->on_appended(reply->through, now);
    } else {
        outbox_->on_failed(now);
    }
    pump();
}

void RelayModel::wake_later() {
    const auto wakeup = outbox_->next_wakeup();
    if (!wakeup || std::exchange(is_waking_, true)) return;
    const Duration delay = std::clamp(*wakeup - parts_.from.world().wall(), outbox::relay_delay_min,
                                      outbox::relay_delay_max);
    parts_.from.after(delay, [this] {
        is_waking_ = false;
        pump();
    });
}

}  // namespace onput::sim
