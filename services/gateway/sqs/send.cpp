// SendMessage and SendMessageBatch.
#include <fmt/format.h>

#include "common/base/encoding.hpp"
#include "services/gateway/sqs/digest.hpp"
#include "services/gateway/sqs/errors.hpp"
#include "services/gateway/sqs/operation.hpp"

namespace onput::gateway::sqs {
namespace {

Result<schema::MessageAttribute> read_attribute(const std::string& name, const Value& value) {
    schema::MessageAttribute attribute{.data_type = value.text_of("DataType"), .value = {}};
    if (attribute.data_type.empty()) {
        return invalid_value(fmt::format(
            "The message attribute '{}' must contain a non-empty message attribute type.", name));
    }
    const bool is_binary = attribute.data_type.starts_with("Binary");
    if (!is_binary && !attribute.data_type.starts_with("String") &&
        !attribute.data_type.starts_with("Number")) {
        return invalid_value(
            fmt::format("The message attribute '{}' has an invalid message attribute type, the set "
                        "of supported type prefixes is Binary, Number, "
                        "and String.",
                        name));
    }
    if (is_binary) {
        auto bytes = from_base64(value.text_of("BinaryValue"));
        if (!bytes)
            return invalid_value(
                fmt::format("The message attribute '{}' is not valid base64.", name));
        attribute.value = std::move(*bytes);
    } else {
        attribute.value = value.text_of("StringValue");
    }
    if (attribute.value.empty()) {
        return invalid_value(
            fmt::format("The message attribute '{}' must contain a non-empty message attribute "
                        "value for message attribute type "
                        "'{}'.",
                        name, attribute.data_type));
    }
    return attribute;
}

Result<schema::SendEntry> read_entry(const Value& parameters) {
    schema::SendEntry entry;
    entry.id = parameters.text_of("Id");
    if (parameters.find("MessageBody") == nullptr) return missing_parameter("MessageBody");
    entry.body = parameters.text_of("MessageBody");
    entry.group_id = parameters.text_of("MessageGroupId");
    ONPUT_TRY(entry.delay_s,
              number_of(parameters, {.name = "DelaySeconds",
                                     .low = 0,
                                     .high = 900,
                                     .wanted = "DelaySeconds must be >= 0 and <= 900."}));
    if (parameters.find("MessageDeduplicationId") != nullptr) {
        return invalid_value(
            "The request includes a parameter that is not valid for this queue type");
    }
    if (const auto* attributes = parameters.find("MessageAttributes");
        attributes != nullptr && attributes->map() != nullptr) {
        for (const auto& [name, value] : *attributes->map()) {
            ONPUT_TRY(auto attribute, read_attribute(name, value));
            entry.attributes.emplace(name, std::move(attribute));
        }
    }
    if (const auto* system = parameters.find("MessageSystemAttributes"); system != nullptr) {
        if (const auto* trace = system->find("AWSTraceHeader"))
            entry.trace_header = trace->text_of("StringValue");
    }
    if (entry.attributes.size() > schema::message_attributes_max) {
        return invalid_value(
            fmt::format("Number of message attributes [{}] exceeds the allowed maximum [{}].",
                        entry.attributes.size(), schema::message_attributes_max));
    }
    return entry;
}

std::size_t size_of(const schema::SendEntry& entry) {
    std::size_t bytes = entry.body.size();
    for (const auto& [name, attribute] : entry.attributes)
        bytes += name.size() + attribute.data_type.size() + attribute.value.size();
    return bytes;
}

Value describe_sent(const schema::SendEntry& entry, const schema::EntryResult& result) {
    Value value;
    value["MessageId"] = Value(result.message_id);
    value["MD5OfMessageBody"] = Value(md5_of_body(entry.body));
    if (!entry.attributes.empty())
        value["MD5OfMessageAttributes"] = Value(md5_of_attributes(entry.attributes));
    if (!entry.trace_header.empty()) {
        const std::map<std::string, schema::MessageAttribute> system{
            {"AWSTraceHeader", {.data_type = "String", .value = entry.trace_header}}};
        value["MD5OfMessageSystemAttributes"] = Value(md5_of_attributes(system));
    }
    return value;
}

}  // namespace

Outcome send_message(SqsRequest& request) {
    const auto queue = queue_of(request);
    if (!queue) co_return std::unexpected(queue.error());
    auto entry = read_entry(request.parameters);
    if (!entry) co_return std::unexpected(std::move(entry).error());
    const schema::SendMessages message{
        .account = queue->account, .name = queue->name, .entries = {*entry}};
    auto answer = co_await request.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    if (answer->reply.entries.size() != 1)
        co_return fail(ErrorCode::internal, "the queue service answered another number of entries");
    const auto& sent = answer->reply.entries.front();
    if (!sent.error_reason.empty()) {
        co_return fail(ErrorCode::invalid_argument, sent.error_message, sent.error_reason);
    }
    co_return describe_sent(*entry, sent);
}

Outcome send_message_batch(SqsRequest& request) {
    const auto queue = queue_of(request);
    if (!queue) co_return std::unexpected(queue.error());
    const auto batch = batch_of(request);
    if (!batch) co_return std::unexpected(batch.error());
    schema::SendMessages message{.account = queue->account, .name = queue->name, .entries = {}};
    std::size_t bytes = 0;
    for (const auto& parameters : **batch) {
        auto entry = read_entry(parameters);
        if (!entry) co_return std::unexpected(std::move(entry).error());
        bytes += size_of(*entry);
        message.entries.push_back(std::move(*entry));
    }
    if (bytes > schema::message_body_bytes_max) {
        co_return fail(
            ErrorCode::invalid_argument,
            fmt::format("Batch requests cannot be longer than {} bytes. You have sent {} bytes.",
                        schema::message_body_bytes_max, bytes),
            "BatchRequestTooLong");
    }
    auto answer = co_await request.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    if (answer->reply.entries.size() != message.entries.size()) {
        co_return fail(ErrorCode::internal, "the queue service answered another number of entries");
    }
    Value result{Value::Map()};
    for (std::size_t i = 0; i < message.entries.size(); ++i) {
        const auto& sent = answer->reply.entries[i];
        if (sent.error_reason.empty()) {
            Value value = describe_sent(message.entries[i], sent);
            value["Id"] = Value(message.entries[i].id);
            result["Successful"].push_back(std::move(value));
        } else {
            result["Failed"].push_back(failed_entry(message.entries[i].id, sent, request.wire));
        }
    }
    co_return result;
}

}  // namespace onput::gateway::sqs
