// Messages::refuse: the end of a job whose input its worker has refused and dealt with.
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
    if (queue.function && !queue.function->function.failure_topic_arn.empty()) {
        parts_.notifications.add({.function = queue.function->function,
                                  .job = record,
                                  .attempts = refused.status.attempts(),
                                  .time = now,
                                  .outputs = {},
                                  .failure = &failure},
                                 effects.batch());
    }
    remove_rows(queue, number, refused.status, effects);
    end_in_flight(refused);
    queue.messages.remove(number);
    return {};
}

}  // namespace onput::queue
