// ReceiveMessage, DeleteMessage, ChangeMessageVisibility and their batches.
#include "services/gateway/sqs/operation.hpp"

namespace onput::gateway::sqs {
namespace {

Result<schema::ReceiveMessages> read_receive(const Call& call) {
    ONPUT_TRY(const auto queue, queue_of(call.input));
    const Value& parameters = call.input;
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
    message.wait_id = call.context.request_id + call.context.host_id;
    return message;
}

using ReadEntry = Result<schema::ReceiptEntry> (*)(const Value&);

template <schema::Message M>
Outcome run_single(Call& call, ReadEntry read) {
    const auto queue = queue_of(call.input);
    if (!queue) co_return std::unexpected(queue.error());
    const auto entry = read(call.input);
    if (!entry) co_return std::unexpected(entry.error());
    M message{.account = queue->account, .name = queue->name, .entries = {}};
    message.entries.push_back(*entry);
    auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    for (const auto& done : answer->reply.entries) {
        if (!done.error_reason.empty())
            co_return fail(ErrorCode::invalid_argument, done.error_message, done.error_reason);
    }
    co_return Value();
}

template <schema::Message M>
Outcome run_batch(Call& call, ReadEntry read) {
    const auto queue = queue_of(call.input);
    if (!queue) co_return std::unexpected(queue.error());
    auto batch = read_batch<schema::ReceiptEntry>(call, read);
    if (!batch) co_return std::unexpected(std::move(batch).error());
    M message{.account = queue->account, .name = queue->name, .entries = {}};
    message.entries = std::move(batch->entries);
    auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    Value result{Value::Map()};
    Value failed = std::move(batch->failed);
    for (const auto& done : answer->reply.entries) {
        if (done.error_reason.empty()) {
            Value value;
            value["Id"] = Value(done.id);
            result["Successful"].push_back(std::move(value));
        } else {
            failed.push_back(failed_entry(done, call.wire));
        }
    }
    if (!failed.is_null()) result["Failed"] = std::move(failed);
    co_return result;
}

}  // namespace

Outcome receive_message(Call& call) {
    RequestContext& context = call.context;
    const auto message = read_receive(call);
    if (!message) co_return std::unexpected(message.error());
    auto options = context.call_options();
    options.timeout += std::chrono::milliseconds(schema::receive_wait_ms_max);
    auto answer = co_await context.call(*message, std::move(options));
    if (!answer) {
        // The client may have left in the middle of a long poll: nothing may be leased to it.
        context.shared.backend.send_and_forget(schema::CancelReceive{.wait_id = message->wait_id},
                                               context.call_options());
        co_return std::unexpected(std::move(answer).error());
    }
    const Wanted wanted = read_wanted(call.input);
    Value result{Value::Map()};
    for (const auto& received : answer->reply.messages)
        result["Messages"].push_back(describe_received(received, wanted));
    co_return result;
}

Outcome delete_message(Call& call) {
    co_return co_await run_single<schema::RemoveMessages>(call, &read_receipt);
}

Outcome delete_message_batch(Call& call) {
    co_return co_await run_batch<schema::RemoveMessages>(call, &read_receipt);
}

Outcome change_message_visibility(Call& call) {
    co_return co_await run_single<schema::ChangeVisibility>(call, &read_visibility);
}

Outcome change_message_visibility_batch(Call& call) {
    co_return co_await run_batch<schema::ChangeVisibility>(call, &read_visibility);
}

}  // namespace onput::gateway::sqs
