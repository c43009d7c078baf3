// Messages: jobs that go on as parts, and their joins. A few parts at a time are messages, at the
// end of the queue: so jobs that are split take turns with each other and with all others, and the
// commit that splits one is small. What becomes of a part, and what comes after it, is one commit.
#include <algorithm>

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "services/queue/messages/messages.hpp"
#include "services/queue/messages/rows.hpp"

namespace onput::queue {
namespace {

// Parts of one job that are messages at a time: twice what its workers take at a time, so that none
// of them waits for the next.
constexpr std::size_t parts_queued_min = 4;
constexpr std::size_t parts_queued_max = 256;

std::size_t parts_queued(const Queue& queue, const Workers& workers) {
    std::size_t places = 0;
    for (const auto& [number, worker] : workers.all()) {
        if (worker->serves(queue)) places += worker->places;
    }
    return std::clamp(2 * places, parts_queued_min, parts_queued_max);
}

}  // namespace

// --- Split ------------------------------------------------------------------------------------

Result<bool> Messages::is_whole_job(const Queue& queue, MessageNumber number) {
    const MessageStatus* status = queue.messages.find(number);
    ONPUT_CHECK(status != nullptr);
    ONPUT_TRY(const auto record, read(queue, number, *status));
    return queue.function && record.split_job == 0;
}

Result<void> Messages::split(Queue& queue, MessageNumber number, const schema::LaneSplit& split,
                             Timestamp now, Effects& effects) {
    const MessageStatus* found = queue.messages.find(number);
    ONPUT_CHECK(found != nullptr && found->state == MessageState::in_flight);
    const Candidate whole{number, *found};
    ONPUT_TRY(auto record, read(queue, number, whole.status));
    ONPUT_CHECK(queue.function && record.split_job == 0);
    log(queue, record,
        {.now = now, .what = "split", .detail = fmt::format("into {} parts", split.tasks.size())},
        effects);
    parts_.workers.end_lease(whole.status.lease);
    queue.messages.remove(number);
    remove_rows(queue, number, whole.status, effects);

    record.split_job = number.get();
    store::Batch& batch = effects.batch();
    batch.put(split_job_key(queue.number, record.split_job),
              schema::encode(SplitJobRecord{.job = record, .plan = split.plan}));
    for (std::uint32_t part = 1; part <= split.tasks.size(); ++part) {
        batch.put(part_task_key(queue.number, record.split_job, part), split.tasks[part - 1]);
    }
    SplitStateRecord& state = queue.splits[record.split_job];
    state.job = record.split_job;
    state.parts = static_cast<std::uint32_t>(split.tasks.size());
    queue_parts(queue, state, record, now, effects);
    return {};
}

void Messages::queue_parts(Queue& queue, SplitStateRecord& state, const MessageRecord& job,
                           Timestamp now, Effects& effects) {
    const std::size_t queued_max = parts_queued(queue, parts_.workers);
    while (state.queued.size() < queued_max && state.queued_through < state.parts) {
        MessageRecord part = job;
        part.part = ++state.queued_through;
        part.message_id = parts_.random.uuid();
        const MessageNumber number = add(queue, std::move(part), now, Duration::zero(), effects);
        state.queued.push_back({.part = state.queued_through, .message = number.get()});
    }
    effects.batch().put(split_state_key(queue.number, state.job), schema::encode(state));
}

Result<std::optional<MessageRecord>> Messages::split_job(const Queue& queue,
                                                         std::uint64_t job) const {
    ONPUT_TRY(const auto row, parts_.view.get(partition, split_job_key(queue.number, job)));
    if (!row) return std::nullopt;
    ONPUT_TRY(auto record, schema::decode<SplitJobRecord>(*row));
    return std::move(record.job);
}

// --- Parts ------------------------------------------------------------------------------------

Result<void> Messages::end_part(Queue& queue, const Candidate& part, const MessageRecord& record,
                                const PartDone& end, Effects& effects) {
    if (part.status.state == MessageState::in_flight && part.status.worker != WorkerNumber())
        parts_.workers.end_lease(part.status.lease);
    queue.messages.remove(part.number);
    remove_rows(queue, part.number, part.status, effects);
    ++stats_.removed;
    const auto found = queue.splits.find(record.split_job);
    ONPUT_TRY(auto job, split_job(queue, record.split_job));
    if (found == queue.splits.end() || !job) return {};
    SplitStateRecord& state = found->second;
    std::erase_if(state.queued, [&](const QueuedPart& q) { return q.part == record.part; });
    ++state.done;
    store::Batch& batch = effects.batch();
    batch.remove(part_task_key(queue.number, state.job, record.part));
    batch.put(part_result_key(queue.number, state.job, record.part),
              end.outcome.part_result.substr(0, schema::part_result_bytes_max));
    log(queue, record,
        {.now = end.now,
         .what = "progress",
         .detail = fmt::format("{} of {} parts done; part {}: {}", state.done, state.parts,
                               record.part, end.outcome.summary)},
        effects);
    parts_.notifications.add({.function = queue.function->function,
                              .job = *job,
                              .parts_done = state.done,
                              .parts = state.parts,
                              .time = end.now},
                             batch);
    if (state.done < state.parts) {
        queue_parts(queue, state, *job, end.now, effects);
    } else {
        queue_join(queue, state, *std::move(job), end.now, effects);
    }
    return {};
}

Result<void> Messages::fail_part(Queue& queue, const Candidate& part, const MessageRecord& record,
                                 const PartFailed& end, Effects& effects) {
    log(queue, record,
        {.now = end.now,
         .what = "part failed",
         .detail =
             fmt::format("part {}: {}: {}", record.part, end.failure.code, end.failure.message)},
        effects);
    remove_rows(queue, part.number, part.status, effects);
    const auto split = queue.splits.find(record.split_job);
    ONPUT_TRY(auto job, split_job(queue, record.split_job));
    if (split == queue.splits.end() || !job) return {};
    SplitStateRecord& state = split->second;
    for (const QueuedPart& other : state.queued) {
        const MessageNumber number(other.message);
        if (number == part.number) continue;
        const auto status = queue.messages.status_of(number);
        if (!status) continue;  // Lost with damaged rows.
        // Also of one whose lease has run out in this very moment.
        parts_.workers.end_lease(status->lease);
        if (status->state == MessageState::visible) {
            queue.messages.remove_visible({number});
        } else {
            queue.messages.remove(number);
        }
        remove_rows(queue, number, *status, effects);
    }
    state.queued.clear();
    job->part_failure = end.failure;
    queue_join(queue, state, *std::move(job), end.now, effects);
    return {};
}

// --- Join -------------------------------------------------------------------------------------

void Messages::queue_join(Queue& queue, SplitStateRecord& state, MessageRecord job, Timestamp now,
                          Effects& effects) {
    state.join = add(queue, std::move(job), now, Duration::zero(), effects).get();
    effects.batch().put(split_state_key(queue.number, state.job), schema::encode(state));
}

Result<bool> Messages::fail_join(Queue& queue, const Candidate& join, const MessageRecord& record,
                                 const PartFailed& end, Effects& effects) {
    if (record.split_job == 0 || !record.part_failure.code.empty()) return false;
    const auto split = queue.splits.find(record.split_job);
    ONPUT_TRY(auto job, split_job(queue, record.split_job));
    if (split == queue.splits.end() || !job) return false;
    log(queue, record,
        {.now = end.now,
         .what = "join failed",
         .detail = fmt::format("{}: {}", end.failure.code, end.failure.message)},
        effects);
    remove_rows(queue, join.number, join.status, effects);
    job->part_failure = end.failure;
    if (job->part_failure.code.empty()) job->part_failure.code = "job.failed";
    queue_join(queue, split->second, *std::move(job), end.now, effects);
    return true;
}

Result<void> Messages::end_join(Queue& queue, const MessageRecord& record, Effects& effects) {
    const auto found = queue.splits.find(record.split_job);
    if (record.split_job == 0 || found == queue.splits.end()) return {};
    const SplitStateRecord& state = found->second;
    store::Batch& batch = effects.batch();
    for (std::uint32_t part = 1; part <= state.parts; ++part) {
        batch.remove(part_task_key(queue.number, state.job, part));
        batch.remove(part_result_key(queue.number, state.job, part));
    }
    batch.remove(split_job_key(queue.number, state.job));
    batch.remove(split_state_key(queue.number, state.job));
    queue.splits.erase(found);
    return {};
}

Result<void> Messages::describe_step(const Queue& queue, const MessageRecord& record,
                                     schema::LaneGrant& grant) const {
    if (record.split_job == 0) return {};
    const auto state = queue.splits.find(record.split_job);
    // Its rows are damaged: a worker that finds no task and no results fails it.
    const std::uint32_t count = state == queue.splits.end() ? 0 : state->second.parts;
    if (record.is_part()) {
        ONPUT_TRY(
            auto task,
            parts_.view.get(partition, part_task_key(queue.number, record.split_job, record.part)));
        grant.part = schema::JobPart{
            .number = record.part, .count = count, .task = std::move(task).value_or("")};
        return {};
    }
    schema::JobJoin join{.failure_code = record.part_failure.code,
                         .failure_message = record.part_failure.message};
    ONPUT_TRY(const auto row,
              parts_.view.get(partition, split_job_key(queue.number, record.split_job)));
    if (row) {
        ONPUT_TRY(auto job, schema::decode<SplitJobRecord>(*row));
        join.plan = std::move(job.plan);
    }
    if (join.failure_code.empty()) {
        ONPUT_TRY_VOID(for_each_row(parts_.view, part_result_rows(queue.number, record.split_job),
                                    [&join](const store::Row& result) -> Result<void> {
                                        join.results.push_back(result.value);
                                        return {};
                                    }));
    }
    grant.join = std::move(join);
    return {};
}

void Messages::check_splits(const Queue& queue) const {
    for (const auto& [job, state] : queue.splits) {
        ONPUT_CHECK(state.job == job && state.done <= state.parts);
        ONPUT_CHECK((state.join == 0) == !state.queued.empty());
        if (!parts_.view.is_complete()) continue;
        for (const QueuedPart& part : state.queued)
            ONPUT_CHECK(queue.messages.status_of(MessageNumber(part.message)).has_value());
        ONPUT_CHECK(state.join == 0 ||
                    queue.messages.status_of(MessageNumber(state.join)).has_value());
    }
}

}  // namespace onput::queue
