// Messages: from one queue to another, in one commit.
#include "common/base/check.hpp"
#include "services/queue/messages/dead_letter.hpp"
#include "services/queue/messages/messages.hpp"

namespace onput::queue {

void Messages::move(Queue& from, const Candidate& message, MessageRecord record, Queue& to,
                    Timestamp now, Effects& effects) {
    ONPUT_CHECK(&from != &to);
    ONPUT_CHECK(message.status.state == MessageState::visible);
    const bool is_back = to.arn == origin_of(record);
    log(from, record,
        {.now = now, .what = is_back ? "redriven" : "moved", .detail = "to " + to.arn}, effects);
    remove_rows(from, message.number, message.status, effects);
    const bool is_job_again = is_back && is_letter_of_function(record);
    MessageRecord fresh = redriven(std::move(record), parts_.random.uuid());
    // The attributes of a function's letter say why it failed; its job had none.
    if (is_job_again) fresh.attributes.clear();
    add(to, std::move(fresh), now, Duration::zero(), effects);
    ++stats_.moved;
}

}  // namespace onput::queue
