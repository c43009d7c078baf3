// Pages of replays: each event is journaled once more, owed to one destination alone, in the batch
// that moves the replay's position.
#include <algorithm>

#include <fmt/format.h>

#include "common/events/s3_event.hpp"
#include "services/notifier/core.hpp"

namespace onput::notifier {
namespace {

std::unexpected<Error> unknown(const std::string& destination) {
    return fail(ErrorCode::not_found, fmt::format("there is no destination {}", destination),
                "destination_unknown");
}

std::unexpected<Error> unfit(const std::string& text) {
    return fail(ErrorCode::invalid_argument, text, "event_unfit");
}

// What a bus would have got of it; nothing: none would.
std::optional<schema::BusEvent> as_bus_event(const JournalBody& body) {
    if (const auto* event = std::get_if<schema::BusEvent>(&body)) return *event;
    if (const auto* event = std::get_if<schema::ObjectEvent>(&body)) {
        return events::bus_event_of(*event);
    }
    return std::nullopt;
}

Result<std::vector<JournalBody>> read_page(std::span<const std::string_view> page) {
    if (page.size() > schema::resend_events_max) {
        return unfit(fmt::format("a page has {} events at most", schema::resend_events_max));
    }
    std::size_t bytes = 0;
    std::vector<JournalBody> bodies;
    for (const std::string_view one : page) {
        bytes += one.size();
        if (one.size() > event_bytes_max || bytes > schema::resend_bytes_max) {
            return unfit("an event or a page is too large");
        }
        ONPUT_TRY(auto body, decode_body(one));
        if (event_id_of(body).empty()) return unfit("an event has no id");
        bodies.push_back(std::move(body));
    }
    return bodies;
}

}  // namespace

Result<NotifierCore::ResendTarget> NotifierCore::find_resend_target(
    const std::string& destination) const {
    if (const auto hash = destination.find('#'); hash != std::string::npos) {
        const BusTarget* target =
            rules_.find_target(destination.substr(0, hash), destination.substr(hash + 1));
        if (target == nullptr) return unknown(destination);
        if (is_bus_arn(target->target.arn)) {
            return unfit(fmt::format("target {} is a bus: name a target of one of its rules",
                                     target->target.id));
        }
        return ResendTarget{.target = target, .arn = {}};
    }
    const auto& subscriptions = topics_.subscriptions();
    const auto subscription = std::ranges::find_if(
        subscriptions, [&](const auto& one) { return one.second.arn == destination; });
    if (subscription != subscriptions.end()) {
        return ResendTarget{.subscription = subscription->first, .arn = {}};
    }
    if (is_topic_arn(destination)) {
        if (topics_.find(destination) == nullptr) return unknown(destination);
        return ResendTarget{.arn = destination};
    }
    // Whether they are there the queue service knows, as with every delivery.
    const bool is_of_queue_service =
        destination.starts_with("arn:aws:sqs:") || destination.starts_with("arn:aws:lambda:");
    if (!is_of_queue_service) return unknown(destination);
    return ResendTarget{.arn = destination};
}

Result<schema::Resend> NotifierCore::resend(const schema::ResendEvents& request,
                                            std::span<const std::string_view> page,
                                            const Caller& caller, Effects& effects) {
    ONPUT_TRY_VOID(room_.check());
    ONPUT_TRY_VOID(resends_.check(request));
    ONPUT_TRY(const auto to, find_resend_target(request.destination));
    ONPUT_TRY(auto bodies, read_page(page));
    for (const auto& body : bodies) {
        const bool fits = to.target != nullptr ? as_bus_event(body).has_value()
                          : to.subscription != 0
                              ? std::holds_alternative<schema::TopicMessage>(body)
                              : std::holds_alternative<schema::ObjectEvent>(body);
        if (!fits) {
            return unfit(fmt::format("event {} is none that {} takes", event_id_of(body),
                                     request.destination));
        }
    }
    store::Batch batch{std::string(partition)};
    const std::uint64_t count = bodies.size();
    for (auto& body : bodies) {
        resend_one(request, to, std::move(body), caller.now, batch, effects);
    }
    schema::Resend answer = resends_.advance(request, count, caller.now, batch);
    ONPUT_TRY_VOID(close_batch(std::move(batch), effects));
    return answer;
}

void NotifierCore::resend_one(const schema::ResendEvents& request, const ResendTarget& to,
                              JournalBody body, Timestamp now, store::Batch& batch,
                              Effects& effects) {
    if (to.target != nullptr) {
        // By its name its message has an id of its own, and no replay takes it up.
        schema::BusEvent event = *as_bus_event(body);
        event.replay_name = request.name;
        return router_.publish_to(*to.target, std::move(event), now, batch, effects);
    }
    if (to.subscription != 0) {
        auto& message = std::get<schema::TopicMessage>(body);
        message.owed = {to.subscription};
        // Another message of the same event, which no replay takes up.
        message.message_id = message_id_of({.event_id = message.message_id,
                                            .arn = request.destination,
                                            .rule_id = replay_rule_of(request.name)});
        message.replay_name = request.name;
        return fanout_.add(std::move(message), now, batch, effects);
    }
    auto& event = std::get<schema::ObjectEvent>(body);
    event.owed = {{.arn = to.arn, .rule_id = replay_rule_of(request.name), .withheld = {}}};
    std::string bytes = schema::encode(event);
    add_event(std::move(event), std::move(bytes), now, batch, effects);
}

}  // namespace onput::notifier
