#include "services/gateway/sqs/operation.hpp"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

namespace onput::gateway::sqs {
namespace {

constexpr std::size_t batch_entries_max = 10;
constexpr std::size_t entry_id_bytes_max = 80;

bool is_entry_id(std::string_view id) {
    return !id.empty() && id.size() <= entry_id_bytes_max && std::ranges::all_of(id, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    });
}

}  // namespace

Result<Run> find_operation(std::string_view name) {
    static constexpr std::array<std::pair<std::string_view, Run>, 14> operations{{
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
    static constexpr std::array<std::string_view, 9> missing{
        "AddPermission",        "RemovePermission",     "TagQueue",
        "UntagQueue",           "ListQueueTags",        "ListDeadLetterSourceQueues",
        "StartMessageMoveTask", "ListMessageMoveTasks", "CancelMessageMoveTask"};
    for (const auto& [known, run] : operations) {
        if (known == name) return run;
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

Result<QueueName> queue_of(const SqsRequest& request) {
    std::string url = request.parameters.text_of("QueueUrl");
    if (url.empty()) url = request.path_queue;
    if (url.empty()) return missing_parameter("QueueUrl");
    // The last two parts of the path, on whatever host; a bare name is a queue of the caller.
    const auto slash = url.rfind('/');
    if (slash == std::string::npos) return QueueName{.account = {}, .name = url};
    const std::string name = url.substr(slash + 1);
    const auto before = url.rfind('/', slash == 0 ? 0 : slash - 1);
    const std::string account = before == std::string::npos || before == slash
                                    ? std::string()
                                    : url.substr(before + 1, slash - before - 1);
    const bool is_account =
        account.size() == 12 && account.find_first_not_of("0123456789") == std::string::npos;
    if (name.empty() || !is_account) {
        return fail(ErrorCode::not_found, "The address " + url + " is not valid for this endpoint.",
                    "QueueDoesNotExist");
    }
    return QueueName{.account = account, .name = name};
}

std::string queue_url(const RequestContext& context, std::string_view account,
                      std::string_view name) {
    const auto& head = context.head();
    const auto scheme = head.header("x-forwarded-proto").value_or("http");
    const auto host = head.header("x-forwarded-host").value_or(head.host);
    return fmt::format("{}://{}/{}/{}", scheme, host, account, name);
}

std::unexpected<Error> missing_parameter(std::string_view name) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("The request must contain the parameter {}.", name),
                "MissingParameter");
}

std::unexpected<Error> invalid_value(std::string message) {
    return fail(ErrorCode::invalid_argument, std::move(message), "InvalidParameterValue");
}

Result<std::optional<std::uint32_t>> number_of(const Value& parameters, const NumberRule& rule) {
    const auto* member = parameters.find(rule.name);
    if (member == nullptr) return std::nullopt;
    const auto number = member->number();
    if (!number || *number < rule.low || *number > rule.high) {
        return invalid_value(fmt::format("Value {} for parameter {} is invalid. Reason: {}",
                                         parameters.text_of(rule.name), rule.name, rule.wanted));
    }
    return static_cast<std::uint32_t>(*number);
}

Result<const Value::List*> batch_of(const SqsRequest& request) {
    const auto* member = request.parameters.find("Entries");
    const auto* entries = member != nullptr ? member->list() : nullptr;
    if (entries == nullptr || entries->empty()) {
        return fail(ErrorCode::invalid_argument,
                    "There should be at least one entry in the request.", "EmptyBatchRequest");
    }
    if (entries->size() > batch_entries_max) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("Maximum number of entries per request are {}. You have sent {}.",
                                batch_entries_max, entries->size()),
                    "TooManyEntriesInBatchRequest");
    }
    std::set<std::string> ids;
    for (const auto& entry : *entries) {
        const std::string id = entry.text_of("Id");
        if (!is_entry_id(id)) {
            return fail(ErrorCode::invalid_argument,
                        "A batch entry id can only contain alphanumeric characters, hyphens and "
                        "underscores. It can be at most 80 letters long.",
                        "InvalidBatchEntryId");
        }
        if (!ids.insert(id).second) {
            return fail(ErrorCode::invalid_argument, fmt::format("Id {} repeated.", id),
                        "BatchEntryIdsNotDistinct");
        }
    }
    return entries;
}

}  // namespace onput::gateway::sqs
