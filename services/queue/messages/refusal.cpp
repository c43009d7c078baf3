// Messages: the ends of jobs: who is told of them, what becomes of one that fails for good, and of
// one whose input its worker has refused and dealt with.
#include <algorithm>

#include "common/base/check.hpp"
#include "services/queue/messages/dead_letter.hpp"
#include "services/queue/messages/messages.hpp"
#include "services/queue/messages/rows.hpp"

namespace onput::queue {

Result<void> Messages::refuse(Queue& queue, MessageNumber number, const Failure& failure,
                              Timestamp now, Effects& effects) {
    const MessageStatus* found = queue.messages.find(number);
    ONPUT_CHECK(found != nullptr && found->state == MessageState::in_flight);
    const Candidate refused{number, *found};
    ONPUT_TRY(const auto record, read(queue, number, refused.status));
    if (record.is_part()) {
        ONPUT_TRY_VOID(fail_part(queue, refused, record, {now, failure}, effects));
        end_in_flight(refused);
        queue.messages.remove(number);
        return {};
    }
    ONPUT_TRY_VOID(end_join(queue, record, effects));
    log(queue, record,
        {.now = now,
         .what = "refused",
         .detail = failure.code + ": " + failure.message + "; " + failure.disposition},
        effects);
    if (queue.function) {
        ONPUT_TRY_VOID(note_failure({.function = queue.function->function,
                                     .job = record,
                                     .attempts = refused.status.attempts(),
                                     .time = now,
                                     .outputs = {},
                                     .failure = &failure},
                                    "", effects));
    }
    remove_rows(queue, number, refused.status, effects);
    end_in_flight(refused);
    queue.messages.remove(number);
    return {};
}

Result<Failure> Messages::with_history(const Queue& queue, MessageNumber number,
                                       const MessageStatus& status, Failure failure) const {
    if (!status.has_failure) return failure;
    ONPUT_TRY(const auto row, parts_.view.get(partition, failure_key(queue.number, number)));
    if (!row) return failure;  // Lost with damaged rows.
    ONPUT_TRY(auto before, schema::decode<Failure>(*row));
    failure.message += "; before that, " + before.code + ": " + before.message;
    failure.disposition = std::move(before.disposition);
    return failure;
}

Result<bool> Messages::dead_letter(Queue& queue, MessageNumber number, const Failure& failure,
                                   Timestamp now, Effects& effects) {
    const MessageStatus* found = queue.messages.find(number);
    ONPUT_CHECK(found != nullptr);
    const Candidate candidate{number, *found};
    ONPUT_TRY(const bool is_dead_lettered, dead_letter(queue, candidate, failure, now, effects));
    if (!is_dead_lettered) return false;
    if (candidate.status.state == MessageState::in_flight) end_in_flight(candidate);
    queue.messages.remove(number);
    return true;
}

Result<bool> Messages::dead_letter(Queue& queue, const Candidate& candidate, const Failure& failure,
                                   Timestamp now, Effects& effects) {
    Queue* target = parts_.catalogue.find_arn(queue.dead_letter_arn());
    const bool has_place = target != nullptr && target != &queue && !target->function;
    if (!queue.function && !has_place) return false;
    ONPUT_TRY(auto record, read(queue, candidate.number, candidate.status));
    if (record.is_part()) {
        ONPUT_TRY_VOID(fail_part(queue, candidate, record, {now, failure}, effects));
        return true;
    }
    if (record.is_batch()) {
        log(queue, record,
            {.now = now,
             .what = "failed",
             .detail = failure.code + ": " + failure.message +
                       "; its messages come back when their visibility ends"},
            effects);
        remove_rows(queue, candidate.number, candidate.status, effects);
        return true;
    }
    ONPUT_TRY(const bool goes_on, fail_join(queue, candidate, record, {now, failure}, effects));
    if (goes_on) return true;
    ONPUT_TRY_VOID(end_join(queue, record, effects));
    log(queue, record,
        {.now = now,
         .what = "dead-lettered",
         .detail = failure.code + ": " + failure.message +
                   (has_place ? "; moved to " + target->arn
                              : "; kept in this log only: there is no dead-letter queue")},
        effects);
    remove_rows(queue, candidate.number, candidate.status, effects);
    ++stats_.dead_lettered;
    if (queue.function) {
        ONPUT_TRY_VOID(
            dead_letter_job(queue, candidate.status, std::move(record), failure, now, effects));
        return true;
    }
    // A message keeps everything but its place: its id, its age and its count of receives. That of
    // its new place begins at 0, or a chain of dead-letter queues would hand out nothing.
    const MessageNumber number = parts_.counters.next_message(effects.batch());
    record.dead_letter_source_arn = queue.arn;
    record.dead_lettered_at = now;
    record.attempts = candidate.status.receives_here();
    effects.batch().put(message_key({target->number, number, candidate.status.sent_at}),
                        schema::encode(record));
    MessageStatus status = candidate.status;
    status.state = MessageState::visible;
    status.visible_at = now;
    status.worker = WorkerNumber();
    status.receives_before = status.receive_count;
    status.has_failure = false;
    write_lease(*target, number, status, effects);
    target->messages.add(number, status);
    cache_.put(number, std::move(record));
    ++size_;
    parts_.agenda.note(*target);
    return true;
}

Result<void> Messages::dead_letter_job(Queue& queue, const MessageStatus& status,
                                       MessageRecord record, const Failure& failure, Timestamp now,
                                       Effects& effects) {
    ++queue.function->dead_lettered;
    // One turn may end very many jobs, of functions whose rows are large.
    const FunctionRecord failures{.number = queue.number.get(),
                                  .function = {},
                                  .dead_lettered = queue.function->dead_lettered};
    effects.batch().put(failures_key(queue.number), schema::encode(failures));
    Queue* target = parts_.catalogue.find_arn(queue.dead_letter_arn());
    const bool has_place = target != nullptr && !target->function;
    ONPUT_TRY_VOID(note_failure({.function = queue.function->function,
                                 .job = record,
                                 .attempts = status.attempts(),
                                 .time = now,
                                 .outputs = {},
                                 .failure = &failure},
                                has_place ? target->arn : "", effects));
    tell_destination({.function = queue.function->function,
                      .job = record,
                      .attempts = status.attempts(),
                      .time = now,
                      .response = failure.response,
                      .failure = &failure},
                     effects);
    if (!has_place) return {};
    MessageRecord letter = letter_of_job(std::move(record), failure, queue.function->function);
    letter.message_id = parts_.random.uuid();
    letter.dead_lettered_at = now;
    letter.attempts = status.attempts();
    add(*target, std::move(letter), now, Duration::zero(), effects);
    return {};
}

Result<void> Messages::restore_failures(Queue& function) const {
    ONPUT_TRY(const auto row, parts_.view.get(partition, failures_key(function.number)));
    if (!row) return {};
    ONPUT_TRY(const auto failures, schema::decode<FunctionRecord>(*row));
    auto& count = function.function->dead_lettered;
    count = std::max(count, failures.dead_lettered);
    return {};
}

Result<void> Messages::note_end(const JobEnd& end, Effects& effects) {
    parts_.notifications.add(end, effects.batch());
    if (!is_speech_task(end.function)) return {};
    return parts_.speech_tasks.on_end(end, parts_.age.at(end.time), effects.batch());
}

Result<void> Messages::note_failure(const JobEnd& end, const std::string& dead_letter_arn,
                                    Effects& effects) {
    ONPUT_TRY_VOID(note_end(end, effects));
    schema::JobFailed failed = job_failed_of(end);
    failed.dead_letter_arn = dead_letter_arn;
    parts_.notifications.add(failed, effects.batch());
    effects.jobs_failed.push_back(std::move(failed));
    return {};
}

}  // namespace onput::queue
