#include "services/gateway/sqs/operation.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "services/gateway/query/batch.hpp"
#include "services/gateway/sqs/errors.hpp"

namespace onput::gateway::sqs {
namespace {

constexpr std::array<std::pair<std::string_view, Run>, 14> operations{{
    {"CreateQueue", &create_queue},
    {"DeleteQueue", &delete_queue},
    {"GetQueueUrl", &get_queue_url},
    {"ListQueues", &list_queues},
    {"GetQueueAttributes", &get_queue_attributes},
    {"SetQueueAttributes", &set_queue_attributes},
    {"PurgeQueue", &purge_queue},
    {"SendMessage", &send_message},
    {"SendMessageBatch", &send_message_batch},
    {"ReceiveMessage", &receive_message},
    {"DeleteMessage", &delete_message},
    {"DeleteMessageBatch", &delete_message_batch},
    {"ChangeMessageVisibility", &change_message_visibility},
    {"ChangeMessageVisibilityBatch", &change_message_visibility_batch},
}};

constexpr std::array<std::string_view, 9> missing{
    "AddPermission",        "RemovePermission",     "TagQueue",
    "UntagQueue",           "ListQueueTags",        "ListDeadLetterSourceQueues",
    "StartMessageMoveTask", "ListMessageMoveTasks", "CancelMessageMoveTask"};

std::unexpected<Error> refuse(const query::BatchFault& fault, std::size_t entries,
                              std::string_view operation) {
    using Kind = query::BatchFault::Kind;
    switch (fault.kind) {
        case Kind::empty:
            return fail(ErrorCode::invalid_argument,
                        fmt::format("There should be at least one {}RequestEntry in the request.",
                                    operation),
                        "EmptyBatchRequest");
        case Kind::too_many:
            return fail(
                ErrorCode::invalid_argument,
                fmt::format("Maximum number of entries per request are {}. You have sent {}.",
                            query::batch_entries_max, entries),
                "TooManyEntriesInBatchRequest");
        case Kind::repeated_id:
            return fail(ErrorCode::invalid_argument, fmt::format("Id {} repeated.", fault.id),
                        "BatchEntryIdsNotDistinct");
        case Kind::malformed_id: break;
    }
    return fail(ErrorCode::invalid_argument,
                "A batch entry id can only contain alphanumeric characters, hyphens and "
                "underscores. It can be at most 80 letters long.",
                "InvalidBatchEntryId");
}

}  // namespace

Result<Run> find_operation(std::string_view name) {
    for (const auto& [known, run] : operations) {
        if (known == name) return run;
    }
    if (name.empty()) {
        return fail(ErrorCode::invalid_argument, "The request must contain the parameter Action.",
                    "MissingAction");
    }
    if (std::ranges::find(missing, name) != missing.end()) {
        return fail(ErrorCode::unimplemented,
                    fmt::format("{} is not implemented here. Nothing was changed.", name),
                    "UnsupportedOperation");
    }
    return fail(ErrorCode::invalid_argument,
                fmt::format("The action {} is not valid for this endpoint.", name),
                "InvalidAction");
}

std::vector<std::string_view> operation_names() {
    std::vector<std::string_view> names;
    for (const auto& [name, run] : operations) names.push_back(name);
    return names;
}

Result<QueueName> queue_of(const SqsRequest& request) {
    const std::string url = request.parameters.text_of("QueueUrl");
    if (!url.empty()) return parse_queue_url(url);
    if (!request.path_queue.empty()) return parse_queue_url(request.path_queue);
    return missing_parameter("QueueUrl");
}

Result<const Value::List*> batch_of(const Value& parameters, std::string_view operation) {
    const auto* member = parameters.find("Entries");
    const auto* entries = member != nullptr ? member->list() : nullptr;
    if (const auto fault = query::find_batch_fault(entries))
        return refuse(*fault, entries != nullptr ? entries->size() : 0, operation);
    return entries;
}

Value failed_entry(const std::string& id, const Error& error, Wire wire) {
    const ErrorName name = name_of(error, wire);
    Value value;
    value["Id"] = Value(id);
    value["Code"] = Value(name.code);
    value["Message"] = Value(name.message);
    value["SenderFault"] = Value::flag(name.status < 500);
    return value;
}

Value failed_entry(const schema::EntryResult& result, Wire wire) {
    const Error error{.code = ErrorCode::invalid_argument,
                      .message = result.error_message,
                      .reason = result.error_reason,
                      .details = {}};
    return failed_entry(result.id, error, wire);
}

}  // namespace onput::gateway::sqs
