#include "services/notifier/delivery/fanout.hpp"

#include "common/base/check.hpp"
#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"

namespace onput::notifier {
namespace {

// TopicBook checks entries of a Publish.
schema::PublishEntry entry_of(const schema::TopicMessage& message) {
    return {.id = {},
            .subject = message.subject,
            .message = message.message,
            .is_structured = message.is_structured,
            .attributes = message.attributes};
}

}  // namespace

schema::TopicMessage message_of(const schema::ObjectEvent& event, std::size_t position,
                                const RecordOptions& options, Timestamp now) {
    ONPUT_CHECK(position < event.owed.size());
    const schema::OwedDestination& owed = event.owed[position];
    schema::TopicMessage message;
    message.message_id =
        message_id_of({.event_id = event.event_id, .arn = owed.arn, .rule_id = owed.rule_id});
    message.event_id =
        to_hex(Digest::of(DigestAlgorithm::sha256, "event of " + message.message_id)).substr(0, 32);
    message.topic_arn = owed.arn;
    message.subject = event_subject;
    message.message = format_record(event, owed.rule_id, options);
    message.time = now;
    message.service = delivering_service;
    message.source_arn = "arn:aws:s3:::" + event.bucket;
    message.source_account = event.bucket_owner;
    message.trace = {.trace_id = event.trace.trace_id,
                     .cause_event_id = event.event_id,
                     .depth = event.trace.depth + 1};
    message.trace_header = event.trace_header;
    message.replay_name = replay_of_rule(owed.rule_id);
    return message;
}

void Fanout::authorize_and_publish(schema::TopicMessage message, Timestamp now, store::Batch& batch,
                                   Effects& effects) {
    auto allowed = parts_.topics.authorize_publish(message);
    if (allowed) allowed = TopicBook::check_entry(entry_of(message));
    if (!allowed) return give_up(std::move(message), allowed.error(), now, batch, effects);
    publish(std::move(message), now, batch, effects);
}

void Fanout::publish(schema::TopicMessage message, Timestamp now, store::Batch& batch,
                     Effects& effects) {
    message.owed = parts_.topics.match(message);
    add(std::move(message), now, batch, effects);
}

void Fanout::add(schema::TopicMessage message, Timestamp now, store::Batch& batch,
                 Effects& effects) {
    owe(parts_.recorder.add(std::move(message), now, batch, effects));
}

void Fanout::owe(const JournalEntry& entry) {
    const schema::TopicMessage* message = entry.message();
    if (message == nullptr) return;
    for (const std::uint64_t number : message->owed) {
        const Subscription* subscription = parts_.topics.find_subscription(number);
        if (subscription != nullptr) deliveries_.owe(*subscription, entry);
    }
}

void Fanout::give_up(schema::TopicMessage message, const Error& error, Timestamp now,
                     store::Batch& batch, Effects& effects) {
    const std::string text = error.reason + ": " + error.message;
    const JournalEntry& attempt =
        parts_.recorder.add(schema::DeliveryAttempt{.event_id = message.event_id,
                                                    .message_id = message.message_id,
                                                    .topic_arn = message.topic_arn,
                                                    .protocol = "topic",
                                                    .endpoint = message.topic_arn,
                                                    .error = text,
                                                    .dead_letter_arn = {},
                                                    .trace = message.trace},
                            now, batch, effects);
    deliveries_.keep_undelivered_of({.arn = message.topic_arn,
                                     .rule_id = {},
                                     .sequence = attempt.sequence,
                                     .event_id = message.event_id,
                                     .time = parts_.age.stamp(now),
                                     .attempts = 1,
                                     .error = text,
                                     .event = schema::encode(message)},
                                    batch, effects);
}

}  // namespace onput::notifier
