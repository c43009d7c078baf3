// SendMessage and SendMessageBatch.
#include <fmt/format.h>

#include "services/gateway/sqs/operation.hpp"

namespace onput::gateway::sqs {
namespace {

std::unexpected<Error> wrong_count() {
    return fail(ErrorCode::internal, "the queue service answered another number of entries");
}

Result<void> check_batch_size(const std::vector<schema::SendEntry>& entries) {
    std::size_t bytes = 0;
    for (const auto& entry : entries) bytes += size_of(entry);
    if (bytes <= schema::message_body_bytes_max) return {};
    return fail(
        ErrorCode::invalid_argument,
        fmt::format("Batch requests cannot be longer than {} bytes. You have sent {} bytes.",
                    schema::message_body_bytes_max, bytes),
        "BatchRequestTooLong");
}

// As on SQS, a message that names no trace takes over the request's own. Its sender is not told of
// that attribute: digests cover what was sent.
void inherit_trace(const Call& call, schema::SendMessages& message) {
    const std::string trace = call.context.trace_header();
    for (auto& entry : message.entries) {
        if (entry.trace_header.empty()) entry.trace_header = trace;
    }
}

// What is told of the entries when they are sent; their ids are not known yet.
std::vector<Value> describe_entries(const std::vector<schema::SendEntry>& entries) {
    std::vector<Value> described;
    described.reserve(entries.size());
    for (const auto& entry : entries) {
        described.push_back(describe_sent(entry));
        described.back()["Id"] = Value(entry.id);
    }
    return described;
}

Value describe_batch(const schema::MessagesSent& sent, std::vector<Value> described, Value failed,
                     Wire wire) {
    Value result{Value::Map()};
    for (std::size_t i = 0; i < described.size(); ++i) {
        const auto& done = sent.entries[i];
        if (done.error_reason.empty()) {
            described[i]["MessageId"] = Value(done.message_id);
            result["Successful"].push_back(std::move(described[i]));
        } else {
            failed.push_back(failed_entry(done, wire));
        }
    }
    if (!failed.is_null()) result["Failed"] = std::move(failed);
    return result;
}

}  // namespace

Outcome send_message(Call& call) {
    const auto queue = queue_of(call.input);
    if (!queue) co_return std::unexpected(queue.error());
    auto entry = read_send_entry(call.input);
    if (!entry) co_return std::unexpected(std::move(entry).error());
    schema::SendMessages message{.account = queue->account, .name = queue->name, .entries = {}};
    message.entries.push_back(std::move(*entry));
    Value described = describe_sent(message.entries.front());
    inherit_trace(call, message);
    auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    if (answer->reply.entries.size() != 1) co_return wrong_count();
    const auto& sent = answer->reply.entries.front();
    if (!sent.error_reason.empty())
        co_return fail(ErrorCode::invalid_argument, sent.error_message, sent.error_reason);
    described["MessageId"] = Value(sent.message_id);
    co_return described;
}

Outcome send_message_batch(Call& call) {
    const auto queue = queue_of(call.input);
    if (!queue) co_return std::unexpected(queue.error());
    auto batch = read_batch<schema::SendEntry>(call, &read_send_entry);
    if (!batch) co_return std::unexpected(std::move(batch).error());
    if (auto fits = check_batch_size(batch->entries); !fits)
        co_return std::unexpected(std::move(fits).error());
    schema::SendMessages message{.account = queue->account, .name = queue->name, .entries = {}};
    message.entries = std::move(batch->entries);
    auto described = describe_entries(message.entries);
    inherit_trace(call, message);
    // Asked even when no entry is left: the queue may not exist.
    auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    if (answer->reply.entries.size() != message.entries.size()) co_return wrong_count();
    co_return describe_batch(answer->reply, std::move(described), std::move(batch->failed),
                             call.wire);
}

}  // namespace onput::gateway::sqs
