#include "services/queue/commands/message_commands.hpp"

#include "services/queue/messages/rows.hpp"

namespace onput::queue {
namespace {

std::unexpected<Error> invalid(std::string message) {
    return fail(ErrorCode::invalid_argument, std::move(message), "InvalidParameterValue");
}

schema::EntryResult done_entry(const std::string& id) {
    return {.id = id, .message_id = {}, .error_reason = {}, .error_message = {}};
}

schema::EntryResult failed_entry(const std::string& id, const Error& error) {
    return {
        .id = id, .message_id = {}, .error_reason = error.reason, .error_message = error.message};
}

Result<void> check_seconds(std::string_view name, std::uint32_t seconds, std::uint32_t max) {
    if (seconds <= max) return {};
    return invalid("Value " + std::to_string(seconds) + " for parameter " + std::string(name) +
                   " is invalid. Reason: Must be >= 0 and <= " + std::to_string(max) +
                   ", if provided.");
}

Result<void> check_entry(const Queue& queue, const schema::SendEntry& entry) {
    const std::size_t bytes_max = queue.settings.message_bytes_max;
    ONPUT_TRY_VOID(check_body(entry.body, bytes_max));
    ONPUT_TRY_VOID(check_attributes(entry.attributes, entry.body.size(), bytes_max));
    ONPUT_TRY_VOID(check_trace_header(entry.trace_header));
    return check_seconds("DelaySeconds", entry.delay_s.value_or(0), delay_s_max);
}

}  // namespace

// --- Send -------------------------------------------------------------------------------------

Result<schema::MessagesSent> MessageCommands::send(const schema::SendMessages& request,
                                                   const Caller& caller, Effects& effects) {
    ONPUT_TRY(Queue * queue,
              find_allowed(catalogue_, caller, request.account, request.name, "sqs:SendMessage"));
    schema::MessagesSent sent;
    sent.entries.reserve(request.entries.size());
    for (const schema::SendEntry& entry : request.entries) {
        auto message_id = send_entry(*queue, entry, caller, effects);
        if (message_id) {
            sent.entries.push_back({.id = entry.id,
                                    .message_id = *std::move(message_id),
                                    .error_reason = {},
                                    .error_message = {}});
        } else {
            sent.entries.push_back(failed_entry(entry.id, message_id.error()));
        }
    }
    return sent;
}

Result<std::string> MessageCommands::send_entry(Queue& queue, const schema::SendEntry& entry,
                                                const Caller& caller, Effects& effects) {
    ONPUT_TRY_VOID(check_entry(queue, entry));
    ONPUT_TRY_VOID(messages_.check_room());
    MessageRecord record;
    record.message_id = random_.uuid();
    record.body = entry.body;
    record.attributes = entry.attributes;
    record.sender_id = caller.principal.id;
    record.trace_header = entry.trace_header;
    record.group_id = entry.group_id;
    record.trace = caller.trace;
    std::string message_id = record.message_id;
    const auto delay = std::chrono::seconds(entry.delay_s.value_or(queue.settings.delay_s));
    messages_.add(queue, std::move(record), caller.now, delay, effects);
    return message_id;
}

// --- Receive ----------------------------------------------------------------------------------

Result<WaitId> MessageCommands::receive(const schema::ReceiveMessages& request,
                                        const Caller& caller, Effects& effects) {
    ONPUT_TRY(Queue * queue, find_allowed(catalogue_, caller, request.account, request.name,
                                          "sqs:ReceiveMessage"));
    if (request.messages_max < 1 || request.messages_max > schema::receive_messages_max) {
        return invalid("Value " + std::to_string(request.messages_max) +
                       " for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 "
                       "and 10, if provided.");
    }
    const std::uint32_t wait_ms = request.wait_ms.value_or(queue->settings.wait_s * 1000);
    if (wait_ms > schema::receive_wait_ms_max) {
        return invalid("Value " + std::to_string(wait_ms / 1000) +
                       " for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, "
                       "if provided.");
    }
    const std::uint32_t visibility_s = request.visibility_s.value_or(queue->settings.visibility_s);
    ONPUT_TRY_VOID(check_seconds("VisibilityTimeout", visibility_s, visibility_s_max));
    // What has become visible by now is there to be received, whether the timer has run or not.
    ONPUT_TRY_VOID(messages_.wake(*queue, caller.now, effects));
    return dispatcher_.receive(*queue,
                               {.messages_max = request.messages_max,
                                .visibility = std::chrono::seconds(visibility_s),
                                .wait = std::chrono::milliseconds(wait_ms),
                                .wait_name = request.wait_id},
                               caller.now, effects);
}

Result<schema::MessagesReceived> MessageCommands::peek(const schema::PeekMessages& request,
                                                       const Caller& caller) {
    ONPUT_TRY(const Queue* queue, find_allowed(catalogue_, caller, request.account, request.name,
                                               "sqs:ReceiveMessage"));
    const std::uint32_t limit = std::min(request.messages_max, schema::receive_messages_max);
    schema::MessagesReceived seen;
    for (const auto& [number, status] : queue->messages.peek(limit)) {
        ONPUT_TRY(auto record, messages_.read(*queue, number, status));
        seen.messages.push_back(
            {.message_id = std::move(record.message_id),
             .receipt_handle = {},
             .body = std::move(record.body),
             .attributes = std::move(record.attributes),
             .receive_count = status.receive_count,
             .sent_at = status.sent_at,
             .first_received_at = status.first_received_at,
             .sender_id = std::move(record.sender_id),
             .trace_header = std::move(record.trace_header),
             .group_id = std::move(record.group_id),
             .dead_letter_source_arn = std::move(record.dead_letter_source_arn)});
    }
    return seen;
}

// --- Receipts ---------------------------------------------------------------------------------

Result<schema::Empty> MessageCommands::cancel_receive(const schema::CancelReceive& request,
                                                      const Caller&, Effects& effects) {
    dispatcher_.cancel(request.wait_id, effects);
    return schema::Empty{};
}

Result<schema::EntriesDone> MessageCommands::remove(const schema::RemoveMessages& request,
                                                    const Caller& caller, Effects& effects) {
    ONPUT_TRY(Queue * queue,
              find_allowed(catalogue_, caller, request.account, request.name, "sqs:DeleteMessage"));
    schema::EntriesDone done;
    for (const schema::ReceiptEntry& entry : request.entries) {
        const auto result = remove_entry(*queue, entry, caller.now, effects);
        if (!result && is_store_fault(result.error())) return std::unexpected(result.error());
        done.entries.push_back(result ? done_entry(entry.id)
                                      : failed_entry(entry.id, result.error()));
    }
    return done;
}

Result<Receipt> MessageCommands::receipt_of(const Queue& queue, const std::string& handle) const {
    const auto receipt = parse_receipt(handle, counters_.receipt_key());
    if (receipt && receipt->queue == queue.number) return *receipt;
    return fail(ErrorCode::invalid_argument,
                "The input receipt handle \"" + handle + "\" is not a valid receipt handle.",
                "ReceiptHandleIsInvalid");
}

Result<void> MessageCommands::remove_entry(Queue& queue, const schema::ReceiptEntry& entry,
                                           Timestamp now, Effects& effects) {
    ONPUT_TRY(const Receipt receipt, receipt_of(queue, entry.receipt_handle));
    // Gone already, or purged: the reply to the first removal may have been lost.
    if (queue.messages.find(receipt.message) == nullptr) return {};
    return messages_.remove(queue, receipt.message, now, {.summary = "deleted by its receiver"},
                            effects);
}

Result<schema::EntriesDone> MessageCommands::change_visibility(
    const schema::ChangeVisibility& request, const Caller& caller, Effects& effects) {
    ONPUT_TRY(Queue * queue, find_allowed(catalogue_, caller, request.account, request.name,
                                          "sqs:ChangeMessageVisibility"));
    schema::EntriesDone done;
    for (const schema::ReceiptEntry& entry : request.entries) {
        const auto result = change_entry(*queue, entry, caller.now, effects);
        if (!result && is_store_fault(result.error())) return std::unexpected(result.error());
        done.entries.push_back(result ? done_entry(entry.id)
                                      : failed_entry(entry.id, result.error()));
    }
    return done;
}

Result<void> MessageCommands::change_entry(Queue& queue, const schema::ReceiptEntry& entry,
                                           Timestamp now, Effects& effects) {
    ONPUT_TRY(const Receipt receipt, receipt_of(queue, entry.receipt_handle));
    ONPUT_TRY_VOID(check_seconds("VisibilityTimeout", entry.visibility_s, visibility_s_max));
    const MessageStatus* status = queue.messages.find(receipt.message);
    if (status == nullptr) {
        return invalid("Value " + entry.receipt_handle +
                       " for parameter ReceiptHandle is invalid. Reason: Message does not exist or "
                       "is not available for visibility timeout change.");
    }
    if (status->state != MessageState::in_flight || status->visible_at <= now) return {};
    const bool is_current = status->lease == receipt.lease;
    // Any receipt gives a message back, as on SQS; but what a worker holds is the worker's.
    const bool is_received = status->worker == WorkerNumber();
    if (entry.visibility_s == 0 && (is_current || is_received)) {
        return messages_.give_back(queue, receipt.message,
                                   {.now = now,
                                    .visible_at = now,
                                    .what = "released",
                                    .detail = "given back by its receiver"},
                                   effects);
    }
    if (!is_current) return {};
    const Timestamp visible_at = now + std::chrono::seconds(entry.visibility_s);
    if (visible_at > status->leased_at + std::chrono::seconds(visibility_s_max)) {
        return invalid("Value " + std::to_string(entry.visibility_s) +
                       " for parameter VisibilityTimeout is invalid. Reason: Total "
                       "VisibilityTimeout for the message is beyond the limit [43200 seconds].");
    }
    messages_.extend(queue, receipt.message, visible_at, effects);
    return {};
}

}  // namespace onput::queue
