// Messages: who is told of a job that fails for good, and the end of one whose input its worker has
// refused and dealt with.
#include "common/base/check.hpp"
#include "services/queue/messages/messages.hpp"

namespace onput::queue {

Result<void> Messages::refuse(Queue& queue, MessageNumber number, const Failure& failure,
                              Timestamp now, Effects& effects) {
    const MessageStatus* found = queue.messages.find(number);
    ONPUT_CHECK(found != nullptr && found->state == MessageState::in_flight);
    const Candidate refused{number, *found};
    ONPUT_TRY(const auto record, read(queue, number, refused.status));
    log(queue, record,
        {.now = now,
         .what = "refused",
         .detail = failure.code + ": " + failure.message + "; " + failure.disposition},
        effects);
    if (queue.function) {
        note_failure({.function = queue.function->function,
                      .job = record,
                      .attempts = refused.status.attempts(),
                      .time = now,
                      .outputs = {},
                      .failure = &failure},
                     "", effects);
    }
    remove_rows(queue, number, refused.status, effects);
    end_in_flight(refused);
    queue.messages.remove(number);
    return {};
}

void Messages::note_failure(const JobEnd& end, const std::string& dead_letter_arn,
                            Effects& effects) {
    parts_.notifications.add(end, effects.batch());
    schema::JobFailed failed = job_failed_of(end);
    failed.dead_letter_arn = dead_letter_arn;
    parts_.notifications.add(failed, effects.batch());
    effects.jobs_failed.push_back(std::move(failed));
}

}  // namespace onput::queue
