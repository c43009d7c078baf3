#include "services/queue/messages/job_log.hpp"

#include <algorithm>

#include "services/queue/messages/rows.hpp"

namespace onput::queue {
namespace {

constexpr std::size_t steps_dropped_at_once = 1000;

std::size_t hash_of(std::string_view trace_id) {
    return std::hash<std::string_view>{}(trace_id);
}

}  // namespace

Result<void> JobLog::restore() {
    return for_each_row(view_, job_rows(), [this](const store::Row& row) -> Result<void> {
        const auto sequence = parse_job_key(row.key);
        if (!sequence) return fail(ErrorCode::corruption, "a key of the job log");
        ONPUT_TRY(const auto record, schema::decode<JobRecord>(row.value));
        remember({*sequence, record.time, hash_of(record.trace_id)});
        return {};
    });
}

void JobLog::remember(const Step& step) {
    steps_.push_back(step);
    by_trace_[step.trace_hash].push_back(step.sequence);
    last_sequence_ = step.sequence;
}

void JobLog::add(JobRecord record, store::Batch& batch) {
    // Nobody could ask for it.
    if (record.trace_id.empty()) return;
    record.time = age_.stamp(record.time);
    if (steps_.size() >= job_steps_max) drop_oldest(batch);
    remember({last_sequence_ + 1, record.time, hash_of(record.trace_id)});
    batch.put(job_key(last_sequence_), schema::encode(record));
}

void JobLog::drop_oldest(store::Batch& batch) {
    const Step oldest = steps_.front();
    steps_.pop_front();
    batch.remove(job_key(oldest.sequence));
    const auto found = by_trace_.find(oldest.trace_hash);
    found->second.pop_front();
    if (found->second.empty()) by_trace_.erase(found);
}

void JobLog::on_time(Timestamp age, store::Batch& batch) {
    for (std::size_t i = 0; i < steps_dropped_at_once && !steps_.empty(); ++i) {
        if (steps_.front().time + job_steps_age_max > age) return;
        drop_oldest(batch);
    }
}

Result<schema::TraceStory> JobLog::trace(const schema::QueueTraceQuery& query,
                                         const service::Caller&) const {
    schema::TraceStory story;
    auto& steps = story.steps;
    const auto found = by_trace_.find(hash_of(query.trace_id));
    if (found == by_trace_.end()) return story;
    for (const std::uint64_t sequence : found->second) {
        if (steps.size() == job_story_steps_max) break;
        ONPUT_TRY(const auto row, view_.get(partition, job_key(sequence)));
        if (!row) return fail(ErrorCode::corruption, "a step of the job log is missing");
        ONPUT_TRY(auto record, schema::decode<JobRecord>(*row));
        if (record.trace_id != query.trace_id) continue;
        steps.push_back({.time = record.time,
                         .service = "queue",
                         .what = std::move(record.what),
                         .subject = std::move(record.subject),
                         .event_id = std::move(record.event_id),
                         .detail = std::move(record.detail)});
    }
    std::ranges::stable_sort(steps, {}, &schema::TraceStep::time);
    return story;
}

}  // namespace onput::queue
