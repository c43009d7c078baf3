#include "services/gateway/sqs/operation.hpp"

#include <fmt/format.h>

#include "services/gateway/aws/batch.hpp"

namespace onput::gateway::sqs {
namespace {

std::unexpected<Error> refuse(const aws::BatchFault& fault, std::size_t entries,
                              std::string_view operation) {
    using Kind = aws::BatchFault::Kind;
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
                            aws::batch_entries_max, entries),
                "TooManyEntriesInBatchRequest");
        case Kind::repeated_id:
            return fail(ErrorCode::invalid_argument, fmt::format("Id {} repeated.", fault.id),
                        "BatchEntryIdsNotDistinct");
        case Kind::missing_id:
            return missing_parameter(fmt::format("{}RequestEntry.{}.Id", operation, fault.number));
        case Kind::malformed_id: break;
    }
    return fail(ErrorCode::invalid_argument,
                "A batch entry id can only contain alphanumeric characters, hyphens and "
                "underscores. It can be at most 80 letters long.",
                "InvalidBatchEntryId");
}

}  // namespace

Result<QueueName> queue_of(const Value& input) {
    const std::string url = input.text_of("QueueUrl");
    if (url.empty()) return missing_parameter("QueueUrl");
    return parse_queue_url(url);
}

Result<const Value::List*> batch_of(const Value& input, std::string_view operation) {
    const auto* member = input.find("Entries");
    const auto* entries = member != nullptr ? member->list() : nullptr;
    if (const auto fault = aws::find_batch_fault(entries))
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
