// ReceiveMessage, DeleteMessage, ChangeMessageVisibility and their batches.
#include <algorithm>

#include <fmt/format.h>

#include "common/base/encoding.hpp"
#include "services/gateway/sqs/digest.hpp"
#include "services/gateway/sqs/errors.hpp"
#include "services/gateway/sqs/operation.hpp"

namespace onput::gateway::sqs {
namespace {

constexpr std::int64_t visibility_s_max = 43'200;

// Which names a caller asked for: exact ones, "prefix.*", ".*" or "All".
class NameFilter {
public:
    void add(const Value& parameters, std::string_view parameter) {
        const auto* member = parameters.find(parameter);
        if (member == nullptr || member->list() == nullptr) return;
        for (const auto& item : *member->list()) {
            if (const auto* text = item.text()) names_.push_back(*text);
        }
    }
    [[nodiscard]] bool wants(std::string_view name) const {
        return std::ranges::any_of(names_, [name](const std::string& wanted) {
            if (wanted == "All" || wanted == ".*" || wanted == name) return true;
            return wanted.ends_with(".*") &&
                   name.starts_with(std::string_view(wanted).substr(0, wanted.size() - 2));
        });
    }

private:
    std::vector<std::string> names_;
};

struct Wanted {
    NameFilter system;
    NameFilter attributes;
};

Value system_attributes(const schema::ReceivedMessage& message, const NameFilter& wanted) {
    Value::Map all{{"ApproximateReceiveCount", Value(std::to_string(message.receive_count))},
                   {"SentTimestamp", Value(std::to_string(to_millis(message.sent_at)))},
                   {"ApproximateFirstReceiveTimestamp",
                    Value(std::to_string(to_millis(message.first_received_at)))},
                   {"SenderId", Value(message.sender_id)}};
    if (!message.trace_header.empty()) all["AWSTraceHeader"] = Value(message.trace_header);
    if (!message.group_id.empty()) all["MessageGroupId"] = Value(message.group_id);
    if (!message.dead_letter_source_arn.empty())
        all["DeadLetterQueueSourceArn"] = Value(message.dead_letter_source_arn);
    std::erase_if(all, [&wanted](const auto& entry) { return !wanted.wants(entry.first); });
    return Value(std::move(all));
}

Value describe_message(const schema::ReceivedMessage& message, const Wanted& wanted) {
    Value value;
    value["MessageId"] = Value(message.message_id);
    value["ReceiptHandle"] = Value(message.receipt_handle);
    value["MD5OfBody"] = Value(md5_of_body(message.body));
    value["Body"] = Value(message.body);
    auto system = system_attributes(message, wanted.system);
    if (!system.map()->empty()) value["Attributes"] = std::move(system);
    std::map<std::string, schema::MessageAttribute> chosen;
    for (const auto& [name, attribute] : message.attributes) {
        if (wanted.attributes.wants(name)) chosen.emplace(name, attribute);
    }
    if (chosen.empty()) return value;
    value["MD5OfMessageAttributes"] = Value(md5_of_attributes(chosen));
    Value::Map shown;
    for (const auto& [name, attribute] : chosen) {
        const bool is_binary = attribute.data_type.starts_with("Binary");
        Value entry;
        entry["DataType"] = Value(attribute.data_type);
        entry[is_binary ? "BinaryValue" : "StringValue"] =
            Value(is_binary ? to_base64(attribute.value) : attribute.value);
        shown[name] = std::move(entry);
    }
    value["MessageAttributes"] = Value(std::move(shown));
    return value;
}

Result<schema::ReceiveMessages> read_receive(const SqsRequest& request) {
    ONPUT_TRY(const auto queue, queue_of(request));
    const Value& parameters = request.parameters;
    schema::ReceiveMessages message{.account = queue.account,
                                    .name = queue.name,
                                    .messages_max = 1,
                                    .wait_ms = {},
                                    .visibility_s = {},
                                    .wait_id = {}};
    ONPUT_TRY(const auto most,
              number_of(parameters, {.name = "MaxNumberOfMessages",
                                     .low = 1,
                                     .high = schema::receive_messages_max,
                                     .wanted = "Must be between 1 and 10, if provided."}));
    ONPUT_TRY(const auto wait,
              number_of(parameters, {.name = "WaitTimeSeconds",
                                     .low = 0,
                                     .high = schema::receive_wait_ms_max / 1000,
                                     .wanted = "Must be >= 0 and <= 20, if provided."}));
    ONPUT_TRY(message.visibility_s,
              number_of(parameters, {.name = "VisibilityTimeout",
                                     .low = 0,
                                     .high = visibility_s_max,
                                     .wanted = "Must be between 0 and 43200, if provided."}));
    message.messages_max = most.value_or(1);
    if (wait) message.wait_ms = *wait * 1000;
    message.wait_id = request.context.request_id + request.context.host_id;
    return message;
}

Result<schema::ReceiptEntry> read_receipt(const Value& parameters) {
    schema::ReceiptEntry entry{.id = parameters.text_of("Id"),
                               .receipt_handle = parameters.text_of("ReceiptHandle"),
                               .visibility_s = 0};
    if (entry.receipt_handle.empty()) return missing_parameter("ReceiptHandle");
    return entry;
}

Result<schema::ReceiptEntry> read_visibility(const Value& parameters) {
    ONPUT_TRY(auto entry, read_receipt(parameters));
    ONPUT_TRY(const auto seconds,
              number_of(parameters, {.name = "VisibilityTimeout",
                                     .low = 0,
                                     .high = visibility_s_max,
                                     .wanted = "Must be between 0 and 43200."}));
    if (!seconds) return missing_parameter("VisibilityTimeout");
    entry.visibility_s = *seconds;
    return entry;
}

using ReadEntry = Result<schema::ReceiptEntry> (*)(const Value&);

template <schema::Message M>
Outcome run_single(SqsRequest& request, ReadEntry read) {
    const auto queue = queue_of(request);
    if (!queue) co_return std::unexpected(queue.error());
    const auto entry = read(request.parameters);
    if (!entry) co_return std::unexpected(entry.error());
    const M message{.account = queue->account, .name = queue->name, .entries = {*entry}};
    auto answer = co_await request.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    for (const auto& done : answer->reply.entries) {
        if (!done.error_reason.empty())
            co_return fail(ErrorCode::invalid_argument, done.error_message, done.error_reason);
    }
    co_return Value();
}

template <schema::Message M>
Outcome run_batch(SqsRequest& request, ReadEntry read) {
    const auto queue = queue_of(request);
    if (!queue) co_return std::unexpected(queue.error());
    const auto batch = batch_of(request);
    if (!batch) co_return std::unexpected(batch.error());
    M message{.account = queue->account, .name = queue->name, .entries = {}};
    for (const auto& parameters : **batch) {
        auto entry = read(parameters);
        if (!entry) co_return std::unexpected(std::move(entry).error());
        message.entries.push_back(std::move(*entry));
    }
    auto answer = co_await request.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    Value result{Value::Map()};
    for (const auto& done : answer->reply.entries) {
        if (done.error_reason.empty()) {
            Value value;
            value["Id"] = Value(done.id);
            result["Successful"].push_back(std::move(value));
        } else {
            result["Failed"].push_back(failed_entry(done.id, done, request.wire));
        }
    }
    co_return result;
}

}  // namespace

Value failed_entry(const std::string& id, const schema::EntryResult& result, Wire wire) {
    const EntryError error = entry_error(result.error_reason, result.error_message, wire);
    Value value;
    value["Id"] = Value(id);
    value["Code"] = Value(error.code);
    value["Message"] = Value(error.message);
    value["SenderFault"] = Value(error.is_senders_fault ? "true" : "false");
    return value;
}

Outcome receive_message(SqsRequest& request) {
    RequestContext& context = request.context;
    const auto message = read_receive(request);
    if (!message) co_return std::unexpected(message.error());
    auto options = context.call_options();
    options.timeout += std::chrono::milliseconds(schema::receive_wait_ms_max);
    auto answer =
        co_await context.shared.backend.call(context.exchange, *message, std::move(options));
    if (!answer) {
        // The client may have left in the middle of a long poll: nothing may be leased to it.
        context.shared.backend.tell(schema::CancelReceive{.wait_id = message->wait_id},
                                    context.call_options());
        co_return std::unexpected(std::move(answer).error());
    }
    Wanted wanted;
    wanted.system.add(request.parameters, "AttributeNames");
    wanted.system.add(request.parameters, "MessageSystemAttributeNames");
    wanted.attributes.add(request.parameters, "MessageAttributeNames");
    Value result{Value::Map()};
    for (const auto& received : answer->reply.messages)
        result["Messages"].push_back(describe_message(received, wanted));
    co_return result;
}

Outcome delete_message(SqsRequest& request) {
    co_return co_await run_single<schema::RemoveMessages>(request, &read_receipt);
}

Outcome delete_message_batch(SqsRequest& request) {
    co_return co_await run_batch<schema::RemoveMessages>(request, &read_receipt);
}

Outcome change_message_visibility(SqsRequest& request) {
    co_return co_await run_single<schema::ChangeVisibility>(request, &read_visibility);
}

Outcome change_message_visibility_batch(SqsRequest& request) {
    co_return co_await run_batch<schema::ChangeVisibility>(request, &read_visibility);
}

}  // namespace onput::gateway::sqs
