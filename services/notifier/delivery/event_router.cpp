#include "services/notifier/delivery/event_router.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"
#include "services/notifier/rules/event_document.hpp"
#include "services/notifier/rules/target_input.hpp"

namespace onput::notifier {
namespace {

// The same whenever the event is published again.
std::string derived_id(std::string_view what, const std::string& from) {
    return to_hex(Digest::of(DigestAlgorithm::sha256, std::string(what) + from)).substr(0, 32);
}

std::string_view service_of(const BusTarget& target) {
    return target.is_of_schedule() ? scheduler_service : events_service;
}

schema::TraceContext caused_by(const schema::BusEvent& event) {
    return {.trace_id = event.trace.trace_id,
            .cause_event_id = event.event_id,
            .depth = event.trace.depth + 1};
}

}  // namespace

bool EventRouter::Allowance::take(std::size_t count, std::size_t size) {
    if (count > copies || size > bytes) return false;
    copies -= count;
    bytes -= size;
    return true;
}

void EventRouter::publish(schema::BusEvent event, Timestamp now, store::Batch& batch,
                          Effects& effects) {
    left_ = {};
    publish_here(std::move(event), now, batch, effects);
}

void EventRouter::publish_here(schema::BusEvent event, Timestamp now, store::Batch& batch,
                               Effects& effects) {
    const std::string document = event_document(event);
    archives_.keep(event, document, parts_.age.stamp(now), batch);
    const auto targets = rules_.match(event, document);
    send_to(std::move(event), targets, now, batch, effects);
}

void EventRouter::publish_again(schema::BusEvent event, const std::vector<std::string>& rules,
                                Timestamp now, store::Batch& batch, Effects& effects) {
    auto targets = rules_.match(event, event_document(event));
    if (!rules.empty()) {
        std::erase_if(targets, [&rules](const BusTarget* target) {
            return std::ranges::find(rules, target->rule_arn) == rules.end();
        });
    }
    publish_to(std::move(event), targets, now, batch, effects);
}

void EventRouter::publish_to(schema::BusEvent event, const std::vector<const BusTarget*>& targets,
                             Timestamp now, store::Batch& batch, Effects& effects) {
    left_ = {};
    send_to(std::move(event), targets, now, batch, effects);
}

bool EventRouter::take_room(const schema::BusEvent& event, const BusTarget& target) {
    std::size_t count = 1;
    if (is_bus_arn(target.target.arn)) count += archives_.count_on(target.target.arn);
    return left_.take(count, count * event.detail.size());
}

void EventRouter::send_to(schema::BusEvent event, const std::vector<const BusTarget*>& targets,
                          Timestamp now, store::Batch& batch, Effects& effects) {
    // Copies: what is journaled may push the event out of memory, and what is published matches
    // again.
    std::vector<BusTarget> others;
    std::size_t left_out = 0;
    for (const BusTarget* target : targets) {
        const bool is_published = is_published_to(target->target.arn);
        const bool has_room = event.owed.size() + others.size() < targets_per_event_max &&
                              (!is_published || (others.size() < published_per_event_max &&
                                                 take_room(event, *target)));
        if (!has_room) {
            ++left_out;
        } else if (is_published) {
            others.push_back(*target);
        } else {
            event.owed.push_back(target->number);
        }
    }
    const bool is_used_again = left_out > 0 || !others.empty();
    const schema::BusEvent copy = is_used_again ? event : schema::BusEvent();
    const JournalEntry& entry = parts_.recorder.add(std::move(event), now, batch, effects);
    const Published published{
        .event = copy, .sequence = entry.sequence, .journaled_at = entry.time};
    owe(entry);
    if (left_out > 0) keep_overflow(published, left_out, now, batch, effects);
    for (const BusTarget& target : others) {
        if (is_bus_arn(target.target.arn)) {
            to_bus(target, published, now, batch, effects);
        } else {
            to_topic(target, published, now, batch, effects);
        }
    }
}

void EventRouter::publish_to(const BusTarget& target, schema::BusEvent event, Timestamp now,
                             store::Batch& batch, Effects& effects) {
    ONPUT_CHECK(!is_bus_arn(target.target.arn));
    left_ = {};
    const bool is_topic = is_topic_arn(target.target.arn);
    event.owed.clear();
    if (!is_topic) event.owed.push_back(target.number);
    const schema::BusEvent copy = is_topic ? event : schema::BusEvent();
    const JournalEntry& entry = parts_.recorder.add(std::move(event), now, batch, effects);
    if (!is_topic) return owe(entry);
    const Published published{
        .event = copy, .sequence = entry.sequence, .journaled_at = entry.time};
    to_topic(target, published, now, batch, effects);
}

void EventRouter::keep_overflow(const Published& published, std::size_t left_out, Timestamp now,
                                store::Batch& batch, Effects& effects) {
    deliveries_.keep_undelivered_of(
        {.arn = std::string(overflow_name),
         .rule_id = {},
         .sequence = published.sequence,
         .event_id = published.event.event_id,
         .time = parts_.age.stamp(now),
         .attempts = 0,
         .error = fmt::format("the event matches {} targets more than one may be owed to, or be "
                              "copied for",
                              left_out),
         .event = schema::encode(published.event)},
        batch, effects);
}

void EventRouter::owe(const JournalEntry& entry) {
    const schema::BusEvent* event = entry.bus_event();
    if (event == nullptr) return;
    for (const std::uint64_t number : event->owed) {
        const BusTarget* target = rules_.find_target(number);
        if (target != nullptr) deliveries_.owe(*target, entry);
    }
}

void EventRouter::to_topic(const BusTarget& target, const Published& published, Timestamp now,
                           store::Batch& batch, Effects& effects) {
    const schema::BusEvent& event = published.event;
    schema::TopicMessage message;
    message.message_id = message_id_of(
        {.event_id = occurrence_of(event), .arn = target.target.arn, .rule_id = target.name()});
    message.event_id = derived_id("event of ", message.message_id);
    message.topic_arn = target.target.arn;
    message.message = target_input(target.target, event,
                                   {.rule_arn = target.rule_arn,
                                    .rule_name = target.rule_name,
                                    .ingested_at = published.journaled_at,
                                    .is_of_schedule = target.is_of_schedule()});
    message.time = now;
    message.service = service_of(target);
    message.source_arn = target.rule_arn;
    message.source_account = target.account;
    message.trace = caused_by(event);
    message.trace_header = event.trace_header;
    message.replay_name = event.replay_name;
    auto allowed = parts_.topics.authorize_publish(message);
    if (allowed) {
        allowed = TopicBook::check_entry({.id = {}, .message = message.message, .attributes = {}});
    }
    if (allowed) return fanout_.publish(std::move(message), now, batch, effects);
    const Error& error = allowed.error();
    const bool is_missing = error.code == ErrorCode::not_found;
    const bool is_denied = error.code == ErrorCode::permission_denied;
    deliveries_.refuse(target,
                       {.event = event,
                        .sequence = published.sequence,
                        .code = is_missing  ? "NO_RESOURCE"
                                : is_denied ? "NO_PERMISSIONS"
                                            : "SDK_CLIENT_ERROR",
                        .error = error.reason + ": " + error.message},
                       now, batch, effects);
}

void EventRouter::to_bus(const BusTarget& target, const Published& published, Timestamp now,
                         store::Batch& batch, Effects& effects) {
    // As on AWS, an event that one bus has from another goes to no third one.
    if (published.event.is_forwarded) return;
    const service::ServiceOrigin origin{.service = std::string(service_of(target)),
                                        .source_arn = target.rule_arn,
                                        .source_account = target.account,
                                        .now = now};
    const auto bus = rules_.find_bus_for_service(target.target.arn, origin);
    if (!bus) {
        const bool is_denied = bus.error().code == ErrorCode::permission_denied;
        return deliveries_.refuse(target,
                                  {.event = published.event,
                                   .sequence = published.sequence,
                                   .code = is_denied ? "NO_PERMISSIONS" : "NO_RESOURCE",
                                   .error = bus.error().message},
                                  now, batch, effects);
    }
    schema::BusEvent forwarded = published.event;
    forwarded.event_id =
        derived_id("forwarded ", occurrence_of(published.event) + ' ' + target.name());
    forwarded.bus_arn = *bus;
    forwarded.trace = caused_by(published.event);
    forwarded.owed.clear();
    // What a schedule puts on a bus has been on none before.
    forwarded.is_forwarded = !target.is_of_schedule();
    publish_here(std::move(forwarded), now, batch, effects);
}

}  // namespace onput::notifier
