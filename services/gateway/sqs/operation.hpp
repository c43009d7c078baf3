// The SQS operations that exist here. Each takes its input as a tree, and gives its result as one,
// whichever protocol they came in.
#pragma once

#include <string_view>
#include <vector>

#include "common/schema/queue.hpp"
#include "services/gateway/aws/service.hpp"
#include "services/gateway/sqs/errors.hpp"
#include "services/gateway/sqs/message.hpp"
#include "services/gateway/sqs/queue_address.hpp"

namespace onput::gateway::sqs {

using aws::Call;
using aws::Outcome;

// What an operation asks of the policies of who calls (asks.cpp).
std::vector<AskedAction> asks(const Call& call);

Outcome create_queue(Call& call);
Outcome delete_queue(Call& call);
Outcome get_queue_url(Call& call);
Outcome list_queues(Call& call);
Outcome list_dead_letter_source_queues(Call& call);
Outcome get_queue_attributes(Call& call);
Outcome set_queue_attributes(Call& call);
Outcome purge_queue(Call& call);
Outcome send_message(Call& call);
Outcome send_message_batch(Call& call);
Outcome receive_message(Call& call);
Outcome delete_message(Call& call);
Outcome delete_message_batch(Call& call);
Outcome change_message_visibility(Call& call);
Outcome change_message_visibility_batch(Call& call);
Outcome start_message_move_task(Call& call);
Outcome list_message_move_tasks(Call& call);
Outcome cancel_message_move_task(Call& call);

// The queue of QueueUrl, which is the path that was addressed when it is not sent.
Result<QueueName> queue_of(const Value& input);

// The entries of a batch: 1 to 10, ids distinct and well-formed.
Result<const Value::List*> batch_of(const Value& input, std::string_view operation);

// An item of `Failed`.
Value failed_entry(const std::string& id, const Error& error, Wire wire);
Value failed_entry(const schema::EntryResult& result, Wire wire);

// A batch's entries, read one by one: a bad one fails alone, but one that lacks a parameter fails
// the whole request, as on SQS.
template <typename Entry>
struct Batch {
    std::vector<Entry> entries;
    Value failed;  // A list of failed_entry, or null.
};
template <typename Entry>
Result<Batch<Entry>> read_batch(const Call& call, Result<Entry> (*read)(const Value&)) {
    ONPUT_TRY(const auto* list, batch_of(call.input, call.operation.name));
    Batch<Entry> batch;
    for (const Value& item : *list) {
        auto entry = read(item);
        if (entry) {
            batch.entries.push_back(std::move(*entry));
        } else if (entry.error().reason == "MissingParameter") {
            return std::unexpected(std::move(entry).error());
        } else {
            batch.failed.push_back(failed_entry(item.text_of("Id"), entry.error(), call.wire));
        }
    }
    return batch;
}

}  // namespace onput::gateway::sqs
