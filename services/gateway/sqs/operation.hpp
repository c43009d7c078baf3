// The SQS operations that exist here. Each takes its parameters as a tree, and gives its result as
// one, whichever protocol they came in.
#pragma once

#include <string_view>
#include <vector>

#include "common/schema/queue.hpp"
#include "services/gateway/request_context.hpp"
#include "services/gateway/sqs/message.hpp"
#include "services/gateway/sqs/protocol.hpp"
#include "services/gateway/sqs/queue_address.hpp"
#include "services/gateway/sqs/value.hpp"

namespace onput::gateway::sqs {

struct SqsRequest {
    RequestContext& context;
    std::string operation;
    Value parameters;
    Wire wire = Wire::json;
    std::string path_queue;  // "/<account>/<queue>" of the URL; else empty.
};

// A null value is the result of an operation that has none.
using Outcome = http::Task<Result<Value>>;
using Run = Outcome (*)(SqsRequest&);

// unimplemented for what SQS has and this has not; reason InvalidAction for anything else, and
// MissingAction for no name at all.
Result<Run> find_operation(std::string_view name);

// Of all operations that there are.
std::vector<std::string_view> operation_names();

Outcome create_queue(SqsRequest& request);
Outcome delete_queue(SqsRequest& request);
Outcome get_queue_url(SqsRequest& request);
Outcome list_queues(SqsRequest& request);
Outcome get_queue_attributes(SqsRequest& request);
Outcome set_queue_attributes(SqsRequest& request);
Outcome purge_queue(SqsRequest& request);
Outcome send_message(SqsRequest& request);
Outcome send_message_batch(SqsRequest& request);
Outcome receive_message(SqsRequest& request);
Outcome delete_message(SqsRequest& request);
Outcome delete_message_batch(SqsRequest& request);
Outcome change_message_visibility(SqsRequest& request);
Outcome change_message_visibility_batch(SqsRequest& request);

// The queue of QueueUrl, or of the path that was addressed.
Result<QueueName> queue_of(const SqsRequest& request);

// The entries of a batch: 1 to 10, ids distinct and well-formed.
Result<const Value::List*> batch_of(const Value& parameters, std::string_view operation);

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
Result<Batch<Entry>> read_batch(const SqsRequest& request, Result<Entry> (*read)(const Value&)) {
    ONPUT_TRY(const auto* list, batch_of(request.parameters, request.operation));
    Batch<Entry> batch;
    for (std::size_t i = 0; i < list->size(); ++i) {
        const Value& item = (*list)[i];
        auto entry = read(item);
        if (entry) {
            batch.entries.push_back(std::move(*entry));
        } else if (entry.error().reason == "MissingParameter") {
            return std::unexpected(std::move(entry).error());
        } else {
            batch.failed.push_back(failed_entry(item.text_of("Id"), entry.error(), request.wire));
        }
    }
    return batch;
}

}  // namespace onput::gateway::sqs
