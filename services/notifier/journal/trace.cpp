#include "services/notifier/journal/trace.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/base/time.hpp"
#include "common/events/record_body.hpp"
#include "services/notifier/topics/endpoint.hpp"

namespace onput::notifier {
namespace {

schema::TraceStep step(Timestamp time, std::string what, const JournalEntry& entry) {
    return {.time = time,
            .service = "notifier",
            .what = std::move(what),
            .subject = {},
            .event_id = event_id_of(entry.body),
            .detail = {}};
}

std::string attempts_text(std::uint32_t attempts) {
    return attempts == 1 ? "1 attempt" : std::to_string(attempts) + " attempts";
}

schema::TraceStep journaled(const schema::ObjectEvent& event, const JournalEntry& entry) {
    auto result = step(entry.time, "journaled", entry);
    result.subject = "s3://" + event.bucket + '/' + event.key;
    result.detail = event.event_name + ", sequence " + std::to_string(entry.sequence);
    return result;
}

schema::TraceStep published(const schema::TopicMessage& message, const JournalEntry& entry) {
    auto result = step(entry.time, "published", entry);
    result.subject = message.topic_arn;
    const std::size_t owed = message.owed.size();
    result.detail = std::to_string(owed) + (owed == 1 ? " subscription" : " subscriptions") +
                    ", sequence " + std::to_string(entry.sequence);
    return result;
}

schema::TraceStep put(const schema::BusEvent& event, const JournalEntry& entry) {
    auto result = step(entry.time, "put", entry);
    result.subject = event.bus_arn;
    const std::size_t owed = event.owed.size();
    result.detail = fmt::format("{} {}, {} {}, sequence {}", event.source, event.detail_type, owed,
                                owed == 1 ? "target" : "targets", entry.sequence);
    return result;
}

std::string attempt_text(const schema::DeliveryAttempt& attempt) {
    std::string text = "attempt " + std::to_string(attempt.attempt);
    if (attempt.status_code != 0) text += ", status " + std::to_string(attempt.status_code);
    if (attempt.latency_us != 0) {
        text += fmt::format(", {:.1f} ms", static_cast<double>(attempt.latency_us) / 1000);
    }
    if (!attempt.error.empty()) text += ": " + attempt.error;
    if (attempt.next_attempt_at) {
        text += ", again at " + format_iso8601_millis(*attempt.next_attempt_at);
    }
    if (!attempt.dead_letter_arn.empty()) text += ", to " + attempt.dead_letter_arn;
    return text;
}

schema::TraceStep attempted(const schema::DeliveryAttempt& attempt, const JournalEntry& entry) {
    auto result = step(entry.time, attempt.succeeded ? "delivered" : "delivery failed", entry);
    result.subject =
        attempt.protocol == "topic" ? attempt.topic_arn : attempt.protocol + ' ' + attempt.endpoint;
    result.detail = attempt_text(attempt);
    return result;
}

class StoryBuilder {
public:
    explicit StoryBuilder(const TraceParts& parts) : parts_(parts) {}

    Result<void> add(const JournalEntry& entry, std::vector<schema::TraceStep>& steps) const;

private:
    using Step = std::optional<schema::TraceStep>;
    // What became of one owed message, as its rows say.
    [[nodiscard]] Result<Step> settled(const JournalEntry& entry, const std::string& name,
                                       std::uint64_t number) const;
    [[nodiscard]] Result<Step> outcome(const JournalEntry& entry, const std::string& name,
                                       std::uint64_t number) const;
    Result<void> add_event(const schema::ObjectEvent& event, const JournalEntry& entry,
                           std::vector<schema::TraceStep>& steps) const;
    Result<void> add_message(const schema::TopicMessage& message, const JournalEntry& entry,
                             std::vector<schema::TraceStep>& steps) const;
    Result<void> add_bus_event(const schema::BusEvent& event, const JournalEntry& entry,
                               std::vector<schema::TraceStep>& steps) const;
    Result<void> add_attempt(const schema::DeliveryAttempt& attempt, const JournalEntry& entry,
                             std::vector<schema::TraceStep>& steps) const;

    TraceParts parts_;
};

Result<StoryBuilder::Step> StoryBuilder::settled(const JournalEntry& entry, const std::string& name,
                                                 std::uint64_t number) const {
    const std::string undelivered = undelivered_key(name, number);
    ONPUT_TRY(const auto given_up, parts_.view.get(partition, undelivered));
    if (given_up) {
        ONPUT_TRY(const auto record, read_row<UndeliveredRecord>(undelivered, *given_up));
        auto result = step(record.time, "delivery failed", entry);
        result.detail = "given up after " + attempts_text(record.attempts) + ": " + record.error;
        return result;
    }
    ONPUT_TRY(const auto rows, parts_.view.scan(partition, deliveries_from(name, number), 1));
    if (rows.empty()) return std::nullopt;
    ONPUT_TRY(const auto record, read_row<DeliveryRecord>(rows[0].key, rows[0].value));
    if (number < record.first_number || number > record.last_number) return std::nullopt;
    auto result = step(record.time, "delivered", entry);
    result.detail = attempts_text(record.attempts);
    return result;
}

Result<StoryBuilder::Step> StoryBuilder::outcome(const JournalEntry& entry, const std::string& name,
                                                 std::uint64_t number) const {
    const Destination* destination = parts_.deliveries.find(name);
    if (destination == nullptr || number <= destination->record().settled_number) {
        return settled(entry, name, number);
    }
    if (destination->failures == 0) return std::nullopt;  // In flight for the first time.
    auto result = step(destination->failed_at, "delivery failed", entry);
    result.detail =
        attempts_text(destination->failures) + ", tried again: " + destination->last_error;
    return result;
}

Result<void> StoryBuilder::add_event(const schema::ObjectEvent& event, const JournalEntry& entry,
                                     std::vector<schema::TraceStep>& steps) const {
    steps.push_back(journaled(event, entry));
    for (std::size_t i = 0; i < event.owed.size(); ++i) {
        const auto& owed = event.owed[i];
        Step next;
        if (!owed.withheld.empty()) {
            next = step(entry.time, "withheld", entry);
            next->detail = owed.withheld;
        } else if (!is_published_to(owed.arn)) {  // What is published has steps of its own.
            ONPUT_TRY(next, outcome(entry, owed.arn, delivery_number(entry.sequence, i)));
        }
        if (!next) continue;
        next->subject = owed.arn;
        steps.push_back(*std::move(next));
    }
    return {};
}

Result<void> StoryBuilder::add_message(const schema::TopicMessage& message,
                                       const JournalEntry& entry,
                                       std::vector<schema::TraceStep>& steps) const {
    steps.push_back(published(message, entry));
    for (const std::uint64_t number : message.owed) {
        if (steps.size() >= trace_steps_max) return {};
        const Subscription* subscription = parts_.topics.find_subscription(number);
        // Attempts to reach endpoints outside are in the journal themselves.
        if (subscription == nullptr || !is_queued(subscription->protocol)) continue;
        ONPUT_TRY(auto next, outcome(entry, subscription->arn, delivery_number(entry.sequence, 0)));
        if (!next) continue;
        next->subject = subscription->protocol + ' ' + subscription->endpoint;
        steps.push_back(*std::move(next));
    }
    return {};
}

Result<void> StoryBuilder::add_bus_event(const schema::BusEvent& event, const JournalEntry& entry,
                                         std::vector<schema::TraceStep>& steps) const {
    steps.push_back(put(event, entry));
    for (const std::uint64_t number : event.owed) {
        if (steps.size() >= trace_steps_max) return {};
        const BusTarget* target = parts_.rules.find_target(number);
        if (target == nullptr) continue;
        ONPUT_TRY(auto next, outcome(entry, target->name(), delivery_number(entry.sequence, 0)));
        if (!next) continue;
        next->subject = target->target.arn;
        steps.push_back(*std::move(next));
    }
    return {};
}

Result<void> StoryBuilder::add_attempt(const schema::DeliveryAttempt& attempt,
                                       const JournalEntry& entry,
                                       std::vector<schema::TraceStep>& steps) const {
    steps.push_back(attempted(attempt, entry));
    if (attempt.dead_letter_arn.empty()) return {};
    ONPUT_TRY(auto next, outcome(entry, dead_letters_of(attempt.subscription_arn),
                                 delivery_number(entry.sequence, 0)));
    if (!next) return {};
    next->subject = "dead-letter queue " + attempt.dead_letter_arn;
    steps.push_back(*std::move(next));
    return {};
}

Result<void> StoryBuilder::add(const JournalEntry& entry,
                               std::vector<schema::TraceStep>& steps) const {
    if (const auto* event = entry.event()) return add_event(*event, entry, steps);
    if (const auto* message = entry.message()) return add_message(*message, entry, steps);
    if (const auto* event = entry.bus_event()) return add_bus_event(*event, entry, steps);
    // That a queue or function did not get an event of an object, the event's own steps tell.
    const auto* attempt = entry.attempt();
    if (attempt != nullptr && !events::is_of_object_event(*attempt)) {
        return add_attempt(*attempt, entry, steps);
    }
    return {};  // What becomes of a job is told by steps of the queue service's own.
}

}  // namespace

Result<schema::TraceStory> trace_story(const TraceParts& parts, std::string_view trace_id) {
    schema::TraceStory story;
    const StoryBuilder builder(parts);
    ONPUT_TRY(const auto sequences, parts.journal.sequences_of(trace_id));
    std::size_t bytes = 0;
    for (const std::uint64_t sequence : sequences) {
        ONPUT_TRY(const auto entry, parts.journal.read(sequence));
        bytes += entry.bytes;
        if (story.events.size() == trace_events_max || bytes > trace_bytes_max ||
            story.steps.size() >= trace_steps_max) {
            break;
        }
        story.events.push_back(
            std::visit([](const auto& body) { return schema::encode(body); }, entry.body));
        ONPUT_TRY_VOID(builder.add(entry, story.steps));
    }
    // Stable: an event is journaled before it is delivered, even within one microsecond.
    std::ranges::stable_sort(story.steps, {}, &schema::TraceStep::time);
    return story;
}

}  // namespace onput::notifier
