#include "services/queue/messages/messages.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "common/schema/trace_header.hpp"
#include "services/queue/messages/job_size.hpp"
#include "services/queue/messages/rows.hpp"

namespace onput::queue {
namespace {

// The longest visibility timeout; no delay is longer.
constexpr Duration hidden_max = std::chrono::seconds(visibility_s_max);

std::string attempt_text(std::uint32_t attempts) {
    return fmt::format("attempt {}", attempts);
}

// Which step of a split job it is, before what is said of it.
std::string step_text(const MessageRecord& record) {
    if (record.is_part()) return fmt::format("part {}, ", record.part);
    return record.split_job == 0 ? "" : "the join, ";
}

// The number of an attempt that is not counted is given again.
std::string back_text(const Messages::Return& back) {
    return back.attempt == Messages::Attempt::uncounted ? " (not counted): " : ": ";
}

// The chain of events that caused a job has come by its function too often.
Failure loop_failure() {
    return {.code = recursive_invocation,
            .message = fmt::format("the chain of events that caused it has invoked the function "
                                   "{} times: it may be a loop",
                                   schema::function_loops_max)};
}

}  // namespace

// What a function says of loops holds for its versions as well.
bool Messages::is_in_loop(const Queue& queue, const MessageRecord& record) const {
    if (!queue.function) return false;
    if (schema::loops_in(record.trace_header, queue.arn) < schema::function_loops_max) return false;
    const Queue* base =
        parts_.catalogue.find_function(queue.account, queue.function->function.name);
    return !(base == nullptr ? queue : *base).function->function.management.allows_loops;
}

Result<bool> Messages::end_loop(Queue& queue, const Leased& leased, const Queue& function,
                                Timestamp now, Effects& effects) {
    if (!is_in_loop(function, leased.record)) return false;
    ONPUT_TRY_VOID(dead_letter(queue, leased.number, loop_failure(), now, effects));
    return true;
}

// --- Rows -----------------------------------------------------------------------------------

Result<void> Messages::check_room() const {
    if (size() < parts_.messages_max) return {};
    return fail(ErrorCode::resource_exhausted,
                fmt::format("the queues hold {} messages, and no more than {} are allowed", size(),
                            parts_.messages_max),
                "OverLimit");
}

Result<void> Messages::restore(Queue& queue, Timestamp now) {
    if (queue.function) ONPUT_TRY_VOID(restore_failures(queue));
    std::unordered_map<MessageNumber, LeaseRecord> leases;
    ONPUT_TRY_VOID(for_each_row(
        parts_.view, lease_rows(queue.number), [&](const store::Row& row) -> Result<void> {
            const auto number = parse_lease_key(row.key);
            if (!number) return fail(ErrorCode::corruption, "a key of a lease");
            ONPUT_TRY(leases[*number], schema::decode<LeaseRecord>(row.value));
            seen_.leases = std::max(seen_.leases, leases[*number].lease);
            return {};
        }));
    const MessageNumber first(queue.record.purged_through + 1);
    ONPUT_TRY_VOID(service::for_each_key(
        parts_.view, partition, message_rows(queue.number, first),
        [&](const std::string& row) -> Result<void> {
            const auto key = parse_message_key(row);
            if (!key) return fail(ErrorCode::corruption, "a key of a message");
            const auto lease = leases.find(key->message);
            if (lease == leases.end()) {
                queue.messages.add_fresh(key->message, key->sent_at, key->size);
            } else {
                queue.messages.add(key->message, restore_standing(queue, lease->second, *key, now));
            }
            seen_.messages = std::max(seen_.messages, key->message.get());
            ++size_;
            return {};
        }));
    ONPUT_TRY_VOID(for_each_row(
        parts_.view, split_state_rows(queue.number), [&](const store::Row& row) -> Result<void> {
            ONPUT_TRY(auto state, schema::decode<SplitStateRecord>(row.value));
            queue.splits[state.job] = std::move(state);
            return {};
        }));
    parts_.agenda.note(queue);
    return {};
}

MessageStatus Messages::restore_standing(const Queue& queue, const LeaseRecord& record,
                                         const MessageKey& key, Timestamp now) {
    const Duration set_by = parts_.age.set_by();
    MessageStatus status{.sent_at = key.sent_at,
                         .visible_at = record.visible_at + set_by,
                         .first_received_at = record.first_received_at,
                         .leased_at = record.leased_at + set_by,
                         .lease = LeaseId(record.lease),
                         .worker = {},
                         .receive_count = record.receive_count,
                         .receives_before = record.receives_before,
                         .losses = static_cast<std::uint16_t>(record.losses),
                         .state = MessageState::visible,
                         .size = key.size,
                         .is_logged = record.is_logged,
                         .has_lease_row = true,
                         .has_failure = record.has_failure};
    // Set back while the service was down: what hides lasts no longer than it was given.
    const Timestamp began = std::max(status.leased_at, status.visible_at - hidden_max);
    if (began > now) status.visible_at -= began - now;
    if (status.visible_at <= now) return status;
    status.state = record.lease == 0 ? MessageState::hidden : MessageState::in_flight;
    if (record.lease == 0 || record.worker.empty()) return status;
    // The worker has as long as a silent one to say that it still holds this.
    Worker* worker = parts_.workers.find(record.worker);
    if (worker == nullptr) worker = &parts_.workers.add(record.worker, record.epoch, now);
    if (worker->epoch != record.epoch) {
        status.state = MessageState::visible;
        return status;
    }
    status.worker = worker->number;
    parts_.workers.begin_lease(status.lease, {.queue = queue.number,
                                              .message = key.message,
                                              .worker = worker->number,
                                              .size = key.size,
                                              .sent_at = now});
    return status;
}

Result<MessageRecord> Messages::load(const Queue& queue, MessageNumber number,
                                     const MessageStatus& status) const {
    ONPUT_TRY(const auto row,
              parts_.view.get(partition,
                              message_key({queue.number, number, status.sent_at, status.size})));
    if (!row)
        return fail(ErrorCode::corruption, "a message of queue " + queue.name + " is missing");
    return schema::decode<MessageRecord>(*row);
}

Result<MessageRecord> Messages::read(const Queue& queue, MessageNumber number,
                                     const MessageStatus& status) {
    if (const MessageRecord* record = cache_.find(number)) return *record;
    return load(queue, number, status);
}

Result<MessageRecord> Messages::take(const Queue& queue, const Candidate& candidate) {
    if (auto cached = cache_.take(candidate.number)) return *std::move(cached);
    auto record = load(queue, candidate.number, candidate.status);
    // A backlog is being handed out in order: the next rows are wanted soon.
    const bool is_fresh = candidate.status.receive_count == 0;
    if (record && is_fresh && record->body.size() <= read_ahead_body_bytes_max) {
        read_ahead(queue, candidate.number);
    }
    return record;
}

void Messages::read_ahead(const Queue& queue, MessageNumber after) {
    const auto rows =
        parts_.view.scan(partition, message_rows(queue.number, MessageNumber(after.get() + 1)),
                         {read_ahead_rows, read_ahead_bytes_max});
    // Only a hint: whatever is wrong with these rows is found when they are needed.
    if (!rows) return;
    for (const store::Row& row : *rows) {
        const auto key = parse_message_key(row.key);
        auto record = schema::decode<MessageRecord>(row.value);
        if (!key || !record) return;
        cache_.put(key->message, *std::move(record));
    }
}

void Messages::remove_rows(const Queue& queue, MessageNumber number, const MessageStatus& status,
                           Effects& effects) {
    effects.batch().remove(message_key({queue.number, number, status.sent_at, status.size}));
    if (status.has_lease_row) effects.batch().remove(lease_key(queue.number, number));
    if (status.has_failure) effects.batch().remove(failure_key(queue.number, number));
    cache_.remove(number);
    --size_;
}

void Messages::write_lease(const Queue& queue, MessageNumber number, MessageStatus& status,
                           Effects& effects) {
    const Duration set_by = parts_.age.set_by();
    LeaseRecord record{.visible_at = status.visible_at - set_by,
                       .receive_count = status.receive_count,
                       .first_received_at = status.first_received_at,
                       .lease = 0,
                       .worker = {},
                       .epoch = 0,
                       .is_logged = status.is_logged,
                       .leased_at = status.leased_at - set_by,
                       .losses = status.losses,
                       .has_failure = status.has_failure,
                       .receives_before = status.receives_before};
    if (status.state == MessageState::in_flight) {
        record.lease = status.lease.get();
        if (const Worker* worker = parts_.workers.find(status.worker)) {
            record.worker = worker->id;
            record.epoch = worker->epoch;
        }
    }
    status.has_lease_row = true;
    effects.batch().put(lease_key(queue.number, number), schema::encode(record));
}

void Messages::forget(Queue& queue) {
    size_ -= queue.messages.size();
    queue.messages.clear();
    queue.splits.clear();
    parts_.workers.end_leases_of(queue.number);
}

// --- A message from send to end ---------------------------------------------------------------

MessageNumber Messages::add(Queue& queue, MessageRecord record, Timestamp now, Duration delay,
                            Effects& effects) {
    const MessageNumber number = parts_.counters.next_message(effects.batch());
    const Timestamp sent_at = parts_.age.stamp(now);
    const JobSize size = size_of_message(queue, record);
    effects.batch().put(message_key({queue.number, number, sent_at, size}), schema::encode(record));
    if (record.is_logged && !record.is_part()) {
        log(queue, record, {.now = now, .what = "queued", .detail = "message " + record.message_id},
            effects);
    }
    if (delay > Duration::zero()) {
        MessageStatus status{.sent_at = sent_at,
                             .visible_at = now + delay,
                             .state = MessageState::hidden,
                             .size = size,
                             .is_logged = record.is_logged};
        write_lease(queue, number, status, effects);
        queue.messages.add(number, status);
    } else {
        queue.messages.add_fresh(number, sent_at, size);
        cache_.put(number, std::move(record));
    }
    ++size_;
    ++stats_.sent;
    parts_.agenda.note(queue);
    return number;
}

Result<std::optional<Leased>> Messages::lease_oldest(Queue& queue, const LeaseTerms& terms,
                                                     Effects& effects) {
    for (std::size_t skipped = 0; skipped < expired_removed_at_once; ++skipped) {
        const auto oldest = queue.messages.oldest_visible(terms.among);
        if (!oldest) return std::optional<Leased>();
        if (queue.is_expired(oldest->status.sent_at, parts_.age.at(terms.now))) {
            drop_oldest(queue, *oldest, effects);
            continue;
        }
        ONPUT_TRY(const bool is_too_old, is_event_too_old(queue, *oldest, terms.now));
        if (is_too_old) {
            const Failure failure{.code = event_age_exceeded,
                                  .message = "the event is older than its function wants them"};
            ONPUT_TRY(const bool is_dead_lettered,
                      dead_letter(queue, *oldest, failure, terms.now, effects));
            ONPUT_CHECK(is_dead_lettered);
            queue.messages.pop(*oldest);
            continue;
        }
        ONPUT_TRY(const std::uint32_t most, receives_max(queue, *oldest));
        if (most > 0 && oldest->status.receives_here() >= most) {
            ONPUT_TRY(const Failure failure,
                      with_history(queue, oldest->number, oldest->status,
                                   {.code = "ReceivedTooOften",
                                    .message = "received " + std::to_string(most) +
                                               " times without being deleted"}));
            ONPUT_TRY(const bool is_dead_lettered,
                      dead_letter(queue, *oldest, failure, terms.now, effects));
            if (is_dead_lettered) {
                queue.messages.pop(*oldest);
                continue;
            }
        }
        Leased leased{.number = oldest->number, .status = oldest->status, .record = {}};
        ONPUT_TRY(leased.record, take(queue, *oldest));
        if (is_in_loop(queue, leased.record)) {
            ONPUT_TRY_VOID(end_loop(queue, *oldest, std::move(leased.record), terms.now, effects));
            continue;
        }
        queue.messages.pop(*oldest);
        hand_out(queue, leased, terms, effects);
        return leased;
    }
    return std::optional<Leased>();
}

Result<void> Messages::end_loop(Queue& queue, const Candidate& candidate, MessageRecord record,
                                Timestamp now, Effects& effects) {
    // It is read again on its way to where it goes.
    cache_.put(candidate.number, std::move(record));
    ONPUT_TRY(const bool is_dead_lettered,
              dead_letter(queue, candidate, loop_failure(), now, effects));
    ONPUT_CHECK(is_dead_lettered);
    queue.messages.pop(candidate);
    return {};
}

void Messages::hand_out(Queue& queue, Leased& leased, const LeaseTerms& terms, Effects& effects) {
    MessageStatus& status = leased.status;
    status.state = MessageState::in_flight;
    status.lease = parts_.counters.next_lease(effects.batch());
    status.worker = terms.worker == nullptr ? WorkerNumber() : terms.worker->number;
    status.leased_at = terms.now;
    status.visible_at = terms.now + terms.visibility;
    if (++status.receive_count == 1) status.first_received_at = terms.now;
    status.is_logged = leased.record.is_logged;
    write_lease(queue, leased.number, status, effects);
    queue.messages.add(leased.number, status);
    if (terms.worker != nullptr) {
        parts_.workers.begin_lease(status.lease, {.queue = queue.number,
                                                  .message = leased.number,
                                                  .worker = status.worker,
                                                  .size = status.size,
                                                  .sent_at = {}});
    }
    if (status.is_logged) {
        const std::string taker =
            terms.worker == nullptr ? " by a receive" : ", worker " + terms.worker->id;
        log(queue, leased.record,
            {.now = terms.now,
             .what = "leased",
             .detail = step_text(leased.record) + attempt_text(status.attempts()) + taker},
            effects);
    }
    ++stats_.leased;
    parts_.agenda.note(queue);
}

void Messages::end_in_flight(const Candidate& ended) {
    if (ended.status.worker != WorkerNumber()) parts_.workers.end_lease(ended.status.lease);
    ++stats_.returned;
}

Result<void> Messages::give_back(Queue& queue, MessageNumber number, const Return& back,
                                 Effects& effects) {
    const MessageStatus* found = queue.messages.find(number);
    ONPUT_CHECK(found != nullptr && found->state == MessageState::in_flight);
    MessageStatus status = *found;
    if (status.is_logged && !back.what.empty()) {
        ONPUT_TRY(const auto record, read(queue, number, status));
        log(queue, record,
            {.now = back.now,
             .what = back.what,
             .detail = step_text(record) + attempt_text(status.attempts()) + back_text(back) +
                       back.detail},
            effects);
    }
    end_in_flight({number, status});
    if (back.attempt != Attempt::counted) --status.receive_count;
    if (back.attempt == Attempt::lost) ++status.losses;
    if (queue.function && back.attempt == Attempt::counted && !back.failure.code.empty()) {
        status.has_failure = true;
        effects.batch().put(failure_key(queue.number, number), schema::encode(back.failure));
    }
    status.worker = WorkerNumber();
    status.visible_at = back.visible_at;
    status.state = back.visible_at <= back.now ? MessageState::visible : MessageState::hidden;
    write_lease(queue, number, status, effects);
    queue.messages.change(number, status);
    parts_.agenda.note(queue);
    return {};
}

void Messages::extend(Queue& queue, MessageNumber number, Timestamp visible_at, Effects& effects) {
    const MessageStatus* found = queue.messages.find(number);
    ONPUT_CHECK(found != nullptr && found->state == MessageState::in_flight);
    MessageStatus status = *found;
    status.visible_at = visible_at;
    write_lease(queue, number, status, effects);
    queue.messages.change(number, status);
    parts_.agenda.note(queue);
}

Result<void> Messages::remove(Queue& queue, MessageNumber number, Timestamp now,
                              const schema::JobOutcome& outcome, Effects& effects) {
    const MessageStatus* found = queue.messages.find(number);
    ONPUT_CHECK(found != nullptr);
    const MessageStatus status = *found;
    const bool is_told = may_have_destination(queue) ||
                         (queue.function && is_told_of_success(queue.function->function));
    if (status.is_logged || is_told || queue.has_batches || !queue.splits.empty()) {
        ONPUT_TRY(const auto record, read(queue, number, status));
        if (record.is_part())
            return end_part(queue, {number, status}, record, {now, outcome}, effects);
        ONPUT_TRY_VOID(end_join(queue, record, effects));
        log(queue, record,
            {.now = now,
             .what = queue.function ? "succeeded" : "removed",
             .detail = outcome.summary},
            effects);
        if (record.is_batch()) {
            ONPUT_TRY_VOID(settle_batch(record, outcome.response, now, effects));
        } else if (is_told) {
            ONPUT_TRY_VOID(note_end({.function = queue.function->function,
                                     .job = record,
                                     .attempts = status.attempts(),
                                     .time = now,
                                     .outputs = outcome.outputs,
                                     .omitted = outcome.omitted,
                                     .failure = nullptr},
                                    effects));
            tell_destination({.function = queue.function->function,
                              .job = record,
                              .attempts = status.attempts(),
                              .time = now,
                              .response = outcome.response},
                             effects);
        }
    }
    if (status.state == MessageState::in_flight && status.worker != WorkerNumber()) {
        parts_.workers.end_lease(status.lease);
    }
    queue.messages.remove(number);
    remove_rows(queue, number, status, effects);
    ++stats_.removed;
    return {};
}

Result<void> Messages::wake(Queue& queue, Timestamp now, Effects& effects) {
    std::vector<Candidate> expired;
    queue.armed_at.reset();
    queue.messages.wake(now, expired);
    for (const Candidate& ended : expired) {
        // Gone with another part of its job that has failed for good.
        if (queue.messages.find(ended.number) == nullptr) continue;
        end_in_flight(ended);
        if (ended.status.is_logged) {
            ONPUT_TRY(const auto record, read(queue, ended.number, ended.status));
            log(queue, record,
                {.now = now,
                 .what = "released",
                 .detail = step_text(record) + attempt_text(ended.status.attempts()) +
                           ": the lease ran out"},
                effects);
        }
        ONPUT_TRY(const bool is_one_attempt, is_batch(queue, ended.number));
        ONPUT_TRY(const std::uint32_t most, receives_max(queue, ended));
        const bool is_last = is_one_attempt || ended.status.receives_here() >= most;
        if (!queue.function || !is_last) continue;
        ONPUT_TRY(const Failure failure,
                  with_history(queue, ended.number, ended.status,
                               {.code = "job.lease_ended",
                                .message = "the lease of the last attempt ran out"}));
        ONPUT_TRY(const bool is_dead_lettered,
                  dead_letter(queue, ended.number, failure, now, effects));
        ONPUT_CHECK(is_dead_lettered);
    }
    parts_.agenda.note(queue);
    return {};
}

void Messages::drop_oldest(Queue& queue, const Candidate& candidate, Effects& effects) {
    queue.messages.pop(candidate);
    remove_rows(queue, candidate.number, candidate.status, effects);
    ++stats_.expired;
}

bool Messages::expire(Queue& queue, Timestamp now, Effects& effects) {
    for (std::size_t i = 0; i < expired_removed_at_once; ++i) {
        const auto oldest = queue.messages.oldest_visible();
        if (!oldest || !queue.is_expired(oldest->status.sent_at, parts_.age.at(now))) return false;
        drop_oldest(queue, *oldest, effects);
    }
    return true;
}

// --- The job log ------------------------------------------------------------------------------

void Messages::log(const Queue& queue, const MessageRecord& record, Step step, Effects& effects) {
    if (!record.is_logged) return;
    parts_.log.add({.trace_id = record.trace.trace_id,
                    .time = step.now,
                    .what = std::move(step.what),
                    .subject = queue.arn,
                    .event_id = record.event_id,
                    .detail = std::move(step.detail)},
                   effects.batch());
}

}  // namespace onput::queue
