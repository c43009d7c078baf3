// SQS over HTTP in both of its protocols: AWS JSON 1.0 (X-Amz-Target) and the query protocol (form
// parameters, XML). The operations are the same; only how a call is read and its answer written
// differ.
#pragma once

#include <string>

#include "services/gateway/request_context.hpp"

namespace onput::gateway::sqs {

inline constexpr std::string_view target_prefix = "AmazonSQS.";  // Of X-Amz-Target.

enum class Wire { json, query };

// A call as it was sent: nothing in it is checked yet.
struct Call {
    Wire wire = Wire::json;
    std::string operation;   // "SendMessage"; empty when none was named.
    std::string body;        // Of the request: JSON, or the form of a POST.
    std::string path_queue;  // "/<account>/<queue>" addressed by the path; else empty.
};

Call read_call(const RequestContext& context, std::string body);

// Runs the call when `ready` (body read, signature proven), and renders the answer or the error in
// the call's own protocol.
http::Task<http::Response> serve(RequestContext& context, Call call, Result<void> ready);

}  // namespace onput::gateway::sqs
