#include "services/notifier/delivery/queue_items.hpp"

#include <algorithm>
#include <optional>

#include "common/base/check.hpp"
#include "services/notifier/rules/event_document.hpp"
#include "services/notifier/rules/target_input.hpp"

namespace onput::notifier {
namespace {

// For the owner of what a rule's target did not get.
std::map<std::string, schema::MessageAttribute> attributes_of(
    const schema::DeliveryAttempt& attempt, const BusTarget& target) {
    std::map<std::string, schema::MessageAttribute> attributes;
    const auto set = [&attributes](std::string name, std::string value) {
        if (value.empty()) return;
        attributes[std::move(name)] = {.data_type = "String", .value = std::move(value)};
    };
    set(target.is_of_schedule() ? "SCHEDULE_ARN" : "RULE_ARN", target.rule_arn);
    set("TARGET_ARN", target.target.arn);
    set("ERROR_CODE", attempt.error_code);
    set("ERROR_MESSAGE", attempt.error);
    set("EXHAUSTED_RETRY_CONDITION", attempt.exhausted_condition);
    set("RETRY_ATTEMPTS", std::to_string(attempt.attempt - 1));
    return attributes;
}

bool is_owed(const DestinationRecord& destination, const JournalEntry& entry) {
    if (destination.is_dead_letter) {
        const schema::DeliveryAttempt* attempt = entry.attempt();
        return attempt != nullptr && !attempt->dead_letter_arn.empty() &&
               dead_letters_of(attempt->subscription_arn) == destination.arn;
    }
    if (destination.target != 0) {
        const schema::BusEvent* event = entry.bus_event();
        return event != nullptr && std::ranges::binary_search(event->owed, destination.target);
    }
    const schema::TopicMessage* message = entry.message();
    return message != nullptr &&
           std::ranges::binary_search(message->owed, destination.subscription);
}

// A raw message carries its attributes as the queue's own; an envelope has them inside.
std::map<std::string, schema::MessageAttribute> attributes_of(const schema::TopicMessage& message,
                                                              const Subscription& subscription) {
    std::map<std::string, schema::MessageAttribute> attributes;
    if (!subscription.is_raw) return attributes;
    for (const auto& attribute : message.attributes) {
        attributes[attribute.name] = {.data_type = attribute.type, .value = attribute.value};
    }
    return attributes;
}

std::size_t bytes_of(const schema::DeliverItem& item) {
    std::size_t bytes = item.body.size();
    for (const auto& [name, attribute] : item.attributes) {
        bytes += name.size() + attribute.data_type.size() + attribute.value.size();
    }
    return bytes;
}

}  // namespace

std::vector<Pending> owed_to(const DestinationRecord& destination, const JournalEntry& entry) {
    std::vector<Pending> items;
    if (!destination.is_shared()) {
        if (is_owed(destination, entry)) {
            items.push_back({.number = delivery_number(entry.sequence, 0), .time = entry.time});
        }
        return items;
    }
    const schema::ObjectEvent* event = entry.event();
    if (event == nullptr) return items;
    for (std::size_t i = 0; i < event->owed.size(); ++i) {
        const auto& owed = event->owed[i];
        if (owed.arn == destination.arn && owed.withheld.empty()) {
            items.push_back({.number = delivery_number(entry.sequence, i), .time = entry.time});
        }
    }
    return items;
}

schema::Deliver QueueItems::empty_for(const Target& target) const {
    schema::Deliver message;
    message.source = journal_.delivery_source();
    message.service = delivering_service;
    message.destination_arn = target.record.arn;
    if (target.target != nullptr) {
        message.source += "/t" + std::to_string(target.target->number);
        message.service = target.target->is_of_schedule() ? scheduler_service : events_service;
        message.destination_arn = target.target->target.arn;
    }
    if (target.subscription == nullptr) {
        if (!target.record.is_dead_letter) return message;
        message.source += "/dlq";
        message.destination_arn.clear();
        return message;
    }
    // The queue keeps one mark per source and queue, and subscriptions of several topics may name
    // the same queue.
    message.source += '/' + std::to_string(target.subscription->number);
    message.service = notifying_service;
    message.destination_arn = target.subscription->endpoint;
    if (!target.record.is_dead_letter) return message;
    message.source += "/dlq";
    message.destination_arn.clear();  // Each attempt names its own: the first one's is taken.
    return message;
}

Result<schema::Deliver> QueueItems::build(const Target& target, const std::deque<Pending>& window,
                                          std::uint64_t durable_sequence) const {
    schema::Deliver message = empty_for(target);
    const std::size_t items_max =
        target.record.is_shared() ? deliver_items_max : subscription_items_max;
    std::size_t bytes = 0;
    for (const Pending& pending : window) {
        if (message.items.size() == items_max) break;
        if (sequence_of(pending.number) > durable_sequence) break;
        ONPUT_TRY(const bool has_room, add(target, pending, message, bytes));
        if (!has_room) break;
    }
    return message;
}

Result<bool> QueueItems::add(const Target& target, const Pending& pending, schema::Deliver& message,
                             std::size_t& bytes) const {
    Result<schema::DeliverItem> item = schema::DeliverItem{};
    if (target.record.is_shared()) {
        item = event_item(target, pending);
    } else if (target.target != nullptr && !target.record.is_dead_letter) {
        item = target_item(target, pending);
    } else if (!target.record.is_dead_letter) {
        item = message_item(target, pending, sequence_of(pending.number));
    } else {
        ONPUT_TRY(const auto entry, journal_.load(sequence_of(pending.number)));
        ONPUT_CHECK(entry->attempt() != nullptr);
        const std::string& queue = entry->attempt()->dead_letter_arn;
        if (message.items.empty()) message.destination_arn = queue;
        if (message.destination_arn != queue) return false;
        item = target.target != nullptr
                   ? target_item(target, pending)
                   : message_item(target, pending, entry->attempt()->message_sequence);
    }
    if (!item) return std::unexpected(item.error());
    bytes += bytes_of(*item);
    if (bytes > deliver_bytes_max && !message.items.empty()) return false;
    message.items.push_back(*std::move(item));
    return true;
}

Result<schema::DeliverItem> QueueItems::event_item(const Target& target,
                                                   const Pending& pending) const {
    ONPUT_TRY(const auto entry, journal_.load(sequence_of(pending.number)));
    ONPUT_CHECK(entry->event() != nullptr);
    const schema::ObjectEvent& event = *entry->event();
    ONPUT_CHECK(position_of(pending.number) < event.owed.size());
    const auto& owed = event.owed[position_of(pending.number)];
    ONPUT_CHECK(owed.arn == target.record.arn);
    return schema::DeliverItem{
        .number = pending.number,
        .message_id =
            message_id_of({.event_id = event.event_id, .arn = owed.arn, .rule_id = owed.rule_id}),
        .event_id = event.event_id,
        .body = format_record(event, owed.rule_id, options_),
        .source_arn = "arn:aws:s3:::" + event.bucket,
        .source_account = event.bucket_owner,
        .trace = event.trace,
        .trace_header = event.trace_header};
}

Result<schema::DeliverItem> QueueItems::message_item(const Target& target, const Pending& pending,
                                                     std::uint64_t message_sequence) const {
    ONPUT_TRY(const auto entry, journal_.load(message_sequence));
    // Damage may have taken the message of a dead letter, which then says so.
    static const schema::TopicMessage lost{.message = "the message was lost with damaged rows"};
    ONPUT_CHECK(entry->message() != nullptr || target.record.is_dead_letter);
    const schema::TopicMessage& message = entry->message() != nullptr ? *entry->message() : lost;
    const Subscription* subscription = target.subscription;
    // A queue refuses a raw message of so many attributes: as one, a dead letter would be lost too.
    std::optional<Subscription> enveloped;
    if (target.record.is_dead_letter &&
        message.attributes.size() > schema::message_attributes_max) {
        enveloped = *subscription;
        enveloped->is_raw = false;
        subscription = &*enveloped;
    }
    const Topic* topic = topics_.find(subscription->topic_arn);
    ONPUT_CHECK(topic != nullptr);
    ONPUT_TRY(std::string body, writer_.queue_body(message, *topic, *subscription));
    return schema::DeliverItem{
        .number = pending.number,
        .message_id = message_id_of(
            {.event_id = occurrence_of(message), .arn = target.record.arn, .rule_id = {}}),
        .event_id = message.event_id,
        .body = std::move(body),
        .source_arn = topic->arn,
        .source_account = topic->account,
        .trace = message.trace,
        .attributes = attributes_of(message, *subscription),
        .trace_header = message.trace_header};
}

// A dead letter is the event itself, whatever the target would have been sent of it.
Result<schema::DeliverItem> QueueItems::target_item(const Target& target,
                                                    const Pending& pending) const {
    const BusTarget& owner = *target.target;
    ONPUT_TRY(const auto entry, journal_.load(sequence_of(pending.number)));
    const schema::DeliveryAttempt* attempt = entry->attempt();
    std::uint64_t sequence = sequence_of(pending.number);
    if (target.record.is_dead_letter) {
        ONPUT_CHECK(attempt != nullptr);
        sequence = attempt->message_sequence;
    }
    std::map<std::string, schema::MessageAttribute> attributes;
    if (attempt != nullptr) attributes = attributes_of(*attempt, owner);
    const std::string attempt_id = attempt == nullptr ? "" : attempt->event_id;
    ONPUT_TRY(const auto journaled, journal_.load(sequence));
    // Damage may have taken the event of a dead letter, which then says so.
    static const schema::BusEvent lost{.detail = R"("the event was lost with damaged rows")"};
    ONPUT_CHECK(journaled->bus_event() != nullptr || target.record.is_dead_letter);
    const schema::BusEvent& event = journaled->bus_event() ? *journaled->bus_event() : lost;
    // A schedule's dead letter is what its target was to be sent.
    std::string body = target.record.is_dead_letter && !owner.is_of_schedule()
                           ? event_document(event)
                           : target_input(owner.target, event,
                                          {.rule_arn = owner.rule_arn,
                                           .rule_name = owner.rule_name,
                                           .ingested_at = journaled->time,
                                           .is_of_schedule = owner.is_of_schedule()});
    const std::string& event_id = event.event_id.empty() ? attempt_id : event.event_id;
    const std::string occurrence = event.event_id.empty() ? attempt_id : occurrence_of(event);
    return schema::DeliverItem{
        .number = pending.number,
        .message_id =
            message_id_of({.event_id = occurrence, .arn = target.record.arn, .rule_id = {}}),
        .event_id = event_id,
        .body = std::move(body),
        .source_arn = owner.rule_arn,
        .source_account = owner.account,
        .trace = event.trace,
        .attributes = std::move(attributes),
        .trace_header = event.trace_header,
        .group_id = target.record.is_dead_letter ? std::string() : owner.target.group_id};
}

}  // namespace onput::notifier
