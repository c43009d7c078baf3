// What SQS's operations ask of the policies of who calls: the action of a batch is that of its
// entries, and denials spell actions in small letters.
#include <fmt/format.h>

#include "common/base/text.hpp"
#include "services/gateway/sqs/operation.hpp"

namespace onput::gateway::sqs {
namespace {

constexpr std::string_view batch_suffix = "Batch";

AskedAction asked(std::string_view operation, std::string resource) {
    return {.action = fmt::format("sqs:{}", lower_case(operation)),
            .resource = std::move(resource),
            .has_resource_policy = true};
}

std::string queue_arn(const Call& call, const QueueName& queue) {
    return aws::arn_of(call, {.service = "sqs", .name = queue.name, .account = queue.account});
}

std::vector<AskedAction> of_move(const Call& call) {
    const std::string source = call.input.text_of("SourceArn");
    std::vector<AskedAction> all;
    for (const std::string_view action :
         {"StartMessageMoveTask", "ReceiveMessage", "DeleteMessage", "GetQueueAttributes"})
        all.push_back(asked(action, source));
    const std::string destination = call.input.text_of("DestinationArn");
    // Without one the messages go back to where they came from.
    all.push_back(asked("SendMessage", destination.empty() ? "*" : destination));
    return all;
}

}  // namespace

std::vector<AskedAction> asks(const Call& call) {
    std::string_view operation = call.operation.name;
    const bool is_batch = operation.ends_with(batch_suffix);
    if (is_batch) operation.remove_suffix(batch_suffix.size());
    if (operation == "StartMessageMoveTask") return of_move(call);
    if (operation == "ListMessageMoveTasks")
        return {asked(operation, call.input.text_of("SourceArn"))};
    if (operation == "ListQueues" || operation == "CancelMessageMoveTask") {
        AskedAction general = asked(operation, queue_arn(call, {}));
        general.has_resource_policy = false;
        return {std::move(general)};
    }
    if (operation == "CreateQueue") {
        AskedAction creation = asked(
            operation, queue_arn(call, {.account = {}, .name = call.input.text_of("QueueName")}));
        creation.has_resource_policy = false;
        return {std::move(creation)};
    }
    if (operation == "GetQueueUrl") {
        const QueueName named{.account = call.input.text_of("QueueOwnerAWSAccountId"),
                              .name = call.input.text_of("QueueName")};
        return {asked(operation, queue_arn(call, named))};
    }
    // What names no queue is refused by the operation.
    const auto queue = queue_of(call.input);
    return {asked(operation, queue ? queue_arn(call, *queue) : "*")};
}

}  // namespace onput::gateway::sqs
