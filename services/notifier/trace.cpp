#include "services/notifier/trace.hpp"

#include <algorithm>

namespace onput::notifier {
namespace {

schema::TraceStep step(Timestamp time, std::string what, const JournalEntry& entry) {
    return {.time = time,
            .service = "notifier",
            .what = std::move(what),
            .subject = {},
            .event_id = entry.event.event_id,
            .detail = {}};
}

schema::TraceStep journaled(const JournalEntry& entry) {
    auto result = step(entry.time, "journaled", entry);
    result.subject = "s3://" + entry.event.bucket + '/' + entry.event.key;
    result.detail = entry.event.event_name + ", sequence " + std::to_string(entry.sequence);
    return result;
}

std::string attempts_text(std::uint32_t attempts) {
    return attempts == 1 ? "1 attempt" : std::to_string(attempts) + " attempts";
}

// The rows that tell what became of one owed event.
Result<std::optional<schema::TraceStep>> settled_step(const store::View& view,
                                                      const JournalEntry& entry,
                                                      std::uint64_t number) {
    const std::string& arn = entry.event.owed[position_of(number)].arn;
    const std::string undelivered = undelivered_key(arn, number);
    ONPUT_TRY(const auto given_up, view.get(partition, undelivered));
    if (given_up) {
        ONPUT_TRY(const auto record, read_row<UndeliveredRecord>(undelivered, *given_up));
        auto result = step(record.time, "delivery failed", entry);
        result.detail = "given up after " + attempts_text(record.attempts) + ": " + record.error;
        return result;
    }
    ONPUT_TRY(const auto rows, view.scan(partition, deliveries_from(arn, number), 1));
    if (rows.empty()) return std::nullopt;
    ONPUT_TRY(const auto record, read_row<DeliveryRecord>(rows[0].key, rows[0].value));
    if (number < record.first_number || number > record.last_number) return std::nullopt;
    auto result = step(record.time, "delivered", entry);
    result.detail = attempts_text(record.attempts);
    return result;
}

Result<std::optional<schema::TraceStep>> owed_step(const store::View& view,
                                                   const Deliveries& deliveries,
                                                   const JournalEntry& entry,
                                                   std::size_t position) {
    const auto& owed = entry.event.owed[position];
    if (!owed.withheld.empty()) {
        auto result = step(entry.time, "withheld", entry);
        result.detail = owed.withheld;
        return result;
    }
    const std::uint64_t number = delivery_number(entry.sequence, position);
    const auto found = deliveries.destinations().find(owed.arn);
    if (found != deliveries.destinations().end() &&
        number > found->second.record().settled_number) {
        const RetrySchedule& schedule = found->second.schedule();
        if (schedule.failures() == 0) return std::nullopt;  // On its way for the first time.
        auto result = step(schedule.failed_at(), "delivery failed", entry);
        result.detail =
            attempts_text(schedule.failures()) + ", tried again: " + found->second.last_error();
        return result;
    }
    return settled_step(view, entry, number);
}

}  // namespace

Result<schema::TraceStory> tell_trace(const store::View& view, const Journal& journal,
                                      const Deliveries& deliveries, std::string_view trace_id) {
    schema::TraceStory story;
    ONPUT_TRY(const auto sequences, journal.sequences_of(trace_id));
    std::size_t bytes = 0;
    for (const std::uint64_t sequence : sequences) {
        ONPUT_TRY(const auto entry, journal.read(sequence));
        bytes += entry.bytes;
        if (story.events.size() == trace_events_max || bytes > trace_bytes_max) break;
        story.events.push_back(schema::encode(entry.event));
        story.steps.push_back(journaled(entry));
        for (std::size_t i = 0; i < entry.event.owed.size(); ++i) {
            ONPUT_TRY(auto next, owed_step(view, deliveries, entry, i));
            if (!next) continue;
            next->subject = entry.event.owed[i].arn;
            story.steps.push_back(*std::move(next));
        }
    }
    // Stable: an event is journaled before it is delivered, even within one microsecond.
    std::ranges::stable_sort(story.steps, {}, &schema::TraceStep::time);
    return story;
}

}  // namespace onput::notifier
