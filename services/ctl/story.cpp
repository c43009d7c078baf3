#include "services/ctl/story.hpp"

#include <algorithm>
#include <optional>
#include <ranges>

#include <fmt/format.h>

#include "common/schema/notifier.hpp"
#include "common/schema/queue.hpp"
#include "common/schema/storage_objects.hpp"
#include "services/ctl/output.hpp"

namespace onput::ctl {
namespace {

constexpr std::uint64_t search_page = 1000;
constexpr std::uint64_t search_records_max = 200'000;

// The trace of the newest event in these records that is about this key.
std::optional<std::string> newest_trace(const std::vector<transport::Frame>& records,
                                        const ObjectUrl& url) {
    for (const auto& frame : std::views::reverse(records)) {
        const auto record = schema::decode<schema::JournalRecord>(frame.view());
        if (!record) continue;
        const auto body = read_record_body(record->body);
        const auto* event = body ? std::get_if<schema::ObjectEvent>(&*body) : nullptr;
        if (event != nullptr && event->bucket == url.bucket && event->key == url.key) {
            return event->trace.trace_id;
        }
    }
    return {};
}

// From the journal's newest record backwards. not_found when none of the last search_records_max is
// about the key.
Result<std::string> search_journal(Peers& peers, const ObjectUrl& url) {
    ONPUT_TRY(const auto end, peers.ask(peers.notifier(), schema::FindJournal{}));
    const std::uint64_t oldest = std::max(
        end.first_sequence,
        end.head_sequence > search_records_max ? end.head_sequence - search_records_max : 1);
    for (std::uint64_t above = end.head_sequence + 1; above > oldest;) {
        const std::uint64_t from =
            std::max(oldest, above > search_page ? above - search_page : std::uint64_t{1});
        std::optional<std::string> found;
        // A page ends early when its records are large.
        for (std::uint64_t next = from; next < above;) {
            const schema::FetchJournal fetch{
                .from_sequence = next, .records_max = static_cast<std::uint32_t>(above - next)};
            std::vector<transport::Frame> records;
            ONPUT_TRY_VOID(peers.ask(peers.notifier(), fetch, records));
            if (records.empty()) break;
            if (auto trace = newest_trace(records, url)) found = std::move(trace);
            next += records.size();
        }
        if (found) return *std::move(found);
        above = from;
    }
    return fail(ErrorCode::not_found,
                fmt::format("s3://{}/{} does not exist, and none of the last {} events is about it",
                            url.bucket, url.key, end.head_sequence + 1 - oldest));
}

Result<std::string> trace_of(Peers& peers, const std::string& subject) {
    if (is_trace_id(subject)) return subject;
    const auto url_of = [&subject]() -> Result<ObjectUrl> {
        auto url = parse_object_url(subject);
        if (url) return url;
        return fail(
            ErrorCode::invalid_argument,
            fmt::format("'{}' is neither s3://BUCKET/KEY nor a trace id of 32 hexadecimal digits",
                        subject));
    };
    ONPUT_TRY(const auto url, url_of());
    auto object =
        peers.ask(peers.storage(), schema::HeadObject{.bucket = url.bucket, .key = url.key});
    if (object) return object->trace_id;
    // Deleted, moved to quarantine, or never here: the journal knows which.
    if (object.error().code == ErrorCode::not_found) return search_journal(peers, url);
    return std::unexpected(Error(object.error()).with_context("look up " + subject));
}

// The request itself, as its event has it.
schema::TraceStep step_of(const schema::ObjectEvent& event) {
    const std::string content = content_of(event);
    std::string detail =
        fmt::format("{}{}request {}", content, content.empty() ? "" : ", ", event.request_id);
    if (event.trace.depth > 0) detail += ", caused by event " + event.trace.cause_event_id;
    return {.time = event.time,
            .service = "storage",
            .what = event.event_name,
            .subject = "s3://" + event.bucket + "/" + event.key,
            .event_id = event.event_id,
            .detail = std::move(detail)};
}

// What the records make owed, and how many of that are jobs.
struct Debt {
    std::int64_t deliveries = 0;
    std::int64_t jobs = 0;
};

// An event that is owed to a topic or a bus is served when their message or event is in the
// journal, which the notifier writes together with it.
Debt debt_of(const std::vector<RecordBody>& records) {
    Debt debt;
    for (const auto& record : records) {
        if (const auto* event = std::get_if<schema::ObjectEvent>(&record)) {
            for (const auto& owed : event->owed) {
                const bool is_job = owed.arn.starts_with("arn:aws:lambda:");
                const bool is_published =
                    owed.arn.starts_with("arn:aws:sns:") || owed.arn.starts_with("arn:aws:events:");
                if (!owed.withheld.empty() || is_published) continue;
                ++debt.deliveries;
                if (is_job) ++debt.jobs;
            }
        } else if (const auto* on_bus = std::get_if<schema::BusEvent>(&record)) {
            debt.deliveries += static_cast<std::int64_t>(on_bus->owed.size());
        } else if (const auto* message = std::get_if<schema::TopicMessage>(&record)) {
            debt.deliveries += static_cast<std::int64_t>(message->owed.size());
        } else if (const auto* attempt = std::get_if<schema::DeliveryAttempt>(&record)) {
            // What a topic did not take is owed to nobody else.
            if (attempt->protocol == "topic") ++debt.deliveries;
        }
    }
    return debt;
}

// A last attempt that no dead-letter queue makes good. Of deliveries to queues the steps say that
// they were given up, whatever the journal has.
std::int64_t given_up(const std::vector<schema::TraceStep>& steps,
                      const std::vector<RecordBody>& records) {
    const auto of_queues = std::ranges::count_if(steps, [](const schema::TraceStep& step) {
        return step.what == "delivery failed" && step.detail.starts_with("given up");
    });
    const auto of_others = std::ranges::count_if(records, [](const RecordBody& record) {
        const auto* attempt = std::get_if<schema::DeliveryAttempt>(&record);
        return attempt != nullptr && !attempt->succeeded && !attempt->next_attempt_at &&
               attempt->dead_letter_arn.empty() && !events::is_of_object_event(*attempt);
    });
    return of_queues + of_others;
}

}  // namespace

bool is_trace_id(std::string_view text) {
    return text.size() == 32 &&
           text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string_view to_string(StoryOutcome outcome) {
    switch (outcome) {
        case StoryOutcome::nothing_owed: return "nothing owed";
        case StoryOutcome::running: return "running";
        case StoryOutcome::done: return "done";
        case StoryOutcome::given_up: return "given up";
        case StoryOutcome::refused: return "refused";
        case StoryOutcome::dead_lettered: return "dead-lettered";
    }
    return "unknown";
}

StoryOutcome outcome_of(const std::vector<schema::TraceStep>& steps,
                        const std::vector<RecordBody>& records) {
    const auto count = [&steps](std::string_view what) {
        return std::ranges::count_if(
            steps, [what](const schema::TraceStep& step) { return step.what == what; });
    };
    const Debt debt = debt_of(records);
    if (count("dead-lettered") > count("redriven")) return StoryOutcome::dead_lettered;
    if (debt.deliveries == 0 && !records.empty()) return StoryOutcome::nothing_owed;
    // A job's own result is an event too: only when every function that was owed one has ended is
    // the chain at its end.
    const std::int64_t lost = given_up(steps, records);
    const std::int64_t refused = count("refused");
    const bool is_over = count("delivered") + lost >= debt.deliveries &&
                         count("succeeded") + refused >= debt.jobs && debt.deliveries > 0;
    if (!is_over) return StoryOutcome::running;
    if (lost > 0) return StoryOutcome::given_up;
    return refused > 0 ? StoryOutcome::refused : StoryOutcome::done;
}

Result<Story> read_story(Peers& peers, const std::string& subject) {
    Story story;
    ONPUT_TRY(story.trace_id, trace_of(peers, subject));
    ONPUT_TRY(auto journal,
              peers.ask(peers.notifier(), schema::TraceQuery{.trace_id = story.trace_id}));
    schema::QueueTraceQuery query;
    query.trace_id = story.trace_id;
    ONPUT_TRY(auto jobs, peers.ask(peers.queue(), query));
    for (const auto& bytes : journal.events) {
        auto record = read_record_body(bytes);
        if (!record) continue;
        if (const auto* event = std::get_if<schema::ObjectEvent>(&*record))
            story.steps.push_back(step_of(*event));
        story.records.push_back(*std::move(record));
    }
    for (auto& step : journal.steps) story.steps.push_back(std::move(step));
    for (auto& step : jobs.steps) story.steps.push_back(std::move(step));
    if (story.steps.empty()) {
        return fail(ErrorCode::not_found,
                    "nothing is known of " + subject + " (yet): the journal has no such trace");
    }
    std::ranges::stable_sort(story.steps, {}, &schema::TraceStep::time);
    story.outcome = outcome_of(story.steps, story.records);
    return story;
}

}  // namespace onput::ctl
