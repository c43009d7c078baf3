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

Value describe_batch(const schema::SendMessages& message, const schema::MessagesSent& sent,
                     Value failed, Wire wire) {
    Value result{Value::Map()};
    for (std::size_t i = 0; i < message.entries.size(); ++i) {
        const auto& done = sent.entries[i];
        if (done.error_reason.empty()) {
            Value value = describe_sent(message.entries[i], done.message_id);
            value["Id"] = Value(message.entries[i].id);
            result["Successful"].push_back(std::move(value));
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
    auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    if (answer->reply.entries.size() != 1) co_return wrong_count();
    const auto& sent = answer->reply.entries.front();
    if (!sent.error_reason.empty())
        co_return fail(ErrorCode::invalid_argument, sent.error_message, sent.error_reason);
    co_return describe_sent(message.entries.front(), sent.message_id);
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
    // Asked even when no entry is left: the queue may not exist.
    auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    if (answer->reply.entries.size() != message.entries.size()) co_return wrong_count();
    co_return describe_batch(message, answer->reply, std::move(batch->failed), call.wire);
}

}  // namespace onput::gateway::sqs
