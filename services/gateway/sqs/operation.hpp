// The SQS operations that exist here. Each takes its parameters as a tree, and gives its result as
// one, whichever protocol they came in.
#pragma once

#include <string_view>

#include "common/schema/queue.hpp"
#include "services/gateway/request_context.hpp"
#include "services/gateway/sqs/protocol.hpp"
#include "services/gateway/sqs/value.hpp"

namespace onput::gateway::sqs {

struct SqsRequest {
    RequestContext& context;
    Value parameters;
    Wire wire = Wire::json;
    std::string path_queue;  // "/<account>/<queue>" of the URL; else empty.
};

// A null value is the result of an operation that has none.
using Outcome = http::Task<Result<Value>>;
using Run = Outcome (*)(SqsRequest&);

// unimplemented for what SQS has and this has not; reason InvalidAction for anything else.
Result<Run> find_operation(std::string_view name);

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

// Which queue is meant: QueueUrl of any host, or the path that was addressed.
struct QueueName {
    std::string account;
    std::string name;
};
Result<QueueName> queue_of(const SqsRequest& request);
std::string queue_url(const RequestContext& context, std::string_view account,
                      std::string_view name);

std::unexpected<Error> missing_parameter(std::string_view name);
std::unexpected<Error> invalid_value(std::string message);
// A whole number within bounds, or nothing when it is not there.
struct NumberRule {
    std::string_view name;
    std::int64_t low;
    std::int64_t high;
    std::string_view wanted;  // "Must be >= 0 and <= 20, if provided."
};
Result<std::optional<std::uint32_t>> number_of(const Value& parameters, const NumberRule& rule);

// An item of `Failed`.
Value failed_entry(const std::string& id, const schema::EntryResult& result, Wire wire);

// The entries of a batch: 1 to 10, ids distinct and well-formed.
Result<const Value::List*> batch_of(const SqsRequest& request);

}  // namespace onput::gateway::sqs
