#include "services/gateway/sqs/service.hpp"

#include <algorithm>
#include <array>

#include "services/gateway/aws/directory.hpp"
#include "services/gateway/sqs/errors.hpp"
#include "services/gateway/sqs/operation.hpp"

namespace onput::gateway::sqs {
namespace {

constexpr std::array handlers{
    aws::Handler{"CancelMessageMoveTask", &cancel_message_move_task},
    aws::Handler{"ChangeMessageVisibility", &change_message_visibility},
    aws::Handler{"ChangeMessageVisibilityBatch", &change_message_visibility_batch},
    aws::Handler{"CreateQueue", &create_queue},
    aws::Handler{"DeleteMessage", &delete_message},
    aws::Handler{"DeleteMessageBatch", &delete_message_batch},
    aws::Handler{"DeleteQueue", &delete_queue},
    aws::Handler{"GetQueueAttributes", &get_queue_attributes},
    aws::Handler{"GetQueueUrl", &get_queue_url},
    aws::Handler{"ListDeadLetterSourceQueues", &list_dead_letter_source_queues},
    aws::Handler{"ListMessageMoveTasks", &list_message_move_tasks},
    aws::Handler{"ListQueues", &list_queues},
    aws::Handler{"PurgeQueue", &purge_queue},
    aws::Handler{"ReceiveMessage", &receive_message},
    aws::Handler{"SendMessage", &send_message},
    aws::Handler{"SendMessageBatch", &send_message_batch},
    aws::Handler{"SetQueueAttributes", &set_queue_attributes},
    aws::Handler{"StartMessageMoveTask", &start_message_move_task},
};
static_assert(std::ranges::is_sorted(handlers, {}, &aws::Handler::operation));

// A batch's entries fail one by one; attributes have texts of their own.
constexpr std::array<std::string_view, 4> own_members{"Attributes", "Entries", "MessageAttributes",
                                                      "MessageSystemAttributes"};

void complete(const RequestContext& context, Value& input) {
    const auto path = queue_path(context.head().path);
    if (!path.empty() && input.text_of("QueueUrl").empty()) input["QueueUrl"] = Value(path);
}

Error word(std::span<const aws::Violation> violations) {
    const auto missing =
        std::ranges::find(violations, aws::Violation::Kind::missing, &aws::Violation::kind);
    const bool is_mistyped = std::ranges::any_of(violations, [](const auto& violation) {
        return violation.kind == aws::Violation::Kind::mistyped;
    });
    if (is_mistyped || missing == violations.end()) return aws::error_of(violations);
    return missing_parameter(missing->member).error();
}

}  // namespace

const aws::Service& service() {
    static const aws::Service sqs{
        .name = "sqs",
        .model = &aws::sqs_model,
        .handlers = handlers,
        .rules = {.leaves_limits = true, .own_members = own_members},
        .word = &word,
        .complete = &complete,
        .asks = &asks,
        .name_of = &name_of,
        .refusal_reason = "UnsupportedOperation",
        .json_prefix = "com.amazonaws.sqs#",
        .has_error_detail = true,
        .tells_origin = true,
    };
    return sqs;
}

}  // namespace onput::gateway::sqs
