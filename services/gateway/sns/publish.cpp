// Publish and PublishBatch.
#include <fmt/format.h>

#include "services/gateway/aws/batch.hpp"
#include "services/gateway/sns/errors.hpp"
#include "services/gateway/sns/message.hpp"
#include "services/gateway/sns/operation.hpp"

namespace onput::gateway::sns {
namespace {

std::unexpected<Error> wrong_count() {
    return fail(ErrorCode::internal, "the notifier answered another number of entries");
}

Result<std::string> target_of(const Value& input) {
    if (input.find("PhoneNumber") != nullptr) {
        return invalid_parameter(
            "PhoneNumber Reason: messages to a number alone are not implemented here; subscribe "
            "it to a topic");
    }
    const bool has_topic = input.find("TopicArn") != nullptr;
    const bool has_target = input.find("TargetArn") != nullptr;
    if (!has_topic && !has_target)
        return invalid_parameter("TopicArn or TargetArn Reason: no value for required parameter");
    if (has_topic && has_target)
        return invalid_parameter("TopicArn or TargetArn Reason: there can be one of the two only");
    if (has_topic) return input.text_of("TopicArn");
    std::string target = input.text_of("TargetArn");
    // There are no devices to push to.
    if (target.contains(":endpoint/")) {
        return invalid_parameter(
            "TargetArn Reason: No endpoint found for the target arn specified");
    }
    return target;
}

Result<schema::PublishMessages> read_publish(const Value& input) {
    schema::PublishMessages message;
    ONPUT_TRY(message.topic_arn, target_of(input));
    ONPUT_TRY(auto entry, read_entry(input));
    entry.id.clear();
    message.entries.push_back(std::move(entry));
    return message;
}

std::unexpected<Error> refuse(const aws::BatchFault& fault) {
    using Kind = aws::BatchFault::Kind;
    switch (fault.kind) {
        case Kind::empty:
            return fail(ErrorCode::invalid_argument,
                        "The batch request doesn't contain any entries.", "EmptyBatchRequest");
        case Kind::too_many:
            return fail(ErrorCode::invalid_argument,
                        "The batch request contains more entries than permissible.",
                        "TooManyEntriesInBatchRequest");
        case Kind::repeated_id:
            return fail(ErrorCode::invalid_argument,
                        "Two or more batch entries in the request have the same Id.",
                        "BatchEntryIdsNotDistinct");
        case Kind::missing_id:  // The model requires it: refused before.
        case Kind::malformed_id: break;
    }
    return fail(ErrorCode::invalid_argument,
                "The Id of a batch entry in a batch request doesn't abide by the specification.",
                "InvalidBatchEntryId");
}

Value failed_entry(const std::string& id, const Error& error) {
    const ErrorName name = name_of(error);
    Value value;
    value["Id"] = Value(id);
    value["Code"] = Value(name.code);
    value["Message"] = Value(name.message);
    value["SenderFault"] = Value::flag(name.status < 500);
    return value;
}

Error error_of(const schema::EntryResult& result) {
    return {.code = ErrorCode::invalid_argument,
            .message = result.error_message,
            .reason = result.error_reason,
            .details = {}};
}

// As on SNS, one entry that is at fault takes the whole batch with it.
Result<schema::PublishMessages> read_batch(const Value& input) {
    schema::PublishMessages message{.topic_arn = input.text_of("TopicArn")};
    const auto* member = input.find("PublishBatchRequestEntries");
    const auto* entries = member != nullptr ? member->list() : nullptr;
    if (const auto fault = aws::find_batch_fault(entries)) return refuse(*fault);
    std::size_t bytes = 0;
    for (const auto& item : *entries) {
        ONPUT_TRY(auto entry, read_entry(item));
        bytes += size_of(entry);
        message.entries.push_back(std::move(entry));
    }
    if (bytes <= schema::topic_message_bytes_max) return message;
    return fail(ErrorCode::invalid_argument,
                "The length of all the messages put together is more than the limit.",
                "BatchRequestTooLong");
}

Value describe_batch(const schema::MessagesPublished& published,
                     const schema::PublishMessages& message) {
    Value failed{Value::List()};
    Value result;
    result["Successful"] = Value(Value::List());
    for (std::size_t i = 0; i < message.entries.size(); ++i) {
        const auto& done = published.entries[i];
        const std::string& id = message.entries[i].id;
        if (!done.error_reason.empty()) {
            failed.push_back(failed_entry(id, error_of(done)));
            continue;
        }
        Value item;
        item["Id"] = Value(id);
        item["MessageId"] = Value(done.message_id);
        result["Successful"].push_back(std::move(item));
    }
    result["Failed"] = std::move(failed);
    return result;
}

}  // namespace

Outcome publish(Call& call) {
    auto message = read_publish(call.input);
    if (!message) co_return std::unexpected(std::move(message).error());
    auto answer = co_await call.context.call(*message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    if (answer->reply.entries.size() != 1) co_return wrong_count();
    const auto& done = answer->reply.entries.front();
    if (!done.error_reason.empty()) co_return std::unexpected(error_of(done));
    Value result;
    result["MessageId"] = Value(done.message_id);
    co_return result;
}

Outcome publish_batch(Call& call) {
    auto message = read_batch(call.input);
    if (!message) co_return std::unexpected(std::move(message).error());
    auto answer = co_await call.context.call(*message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    if (answer->reply.entries.size() != message->entries.size()) co_return wrong_count();
    co_return describe_batch(answer->reply, *message);
}

}  // namespace onput::gateway::sns
