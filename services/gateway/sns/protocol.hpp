// SNS over HTTP: the query protocol (form parameters, XML), by POST or GET.
#pragma once

#include <string>
#include <string_view>

#include "services/gateway/query/value.hpp"
#include "services/gateway/request_context.hpp"

namespace onput::gateway::sns {

// A call as it was sent: nothing in it is checked yet.
struct Call {
    std::string operation;                 // "Publish"; empty when none was named.
    Result<query::Value> parameters = {};  // Or why they cannot be read.
};

Call read_call(const RequestContext& context, std::string_view body);

// Whether an anonymous caller may ask for it: what the links in messages to subscribers do, whose
// token or ARN is the proof.
bool admits_anyone(std::string_view operation);

// Runs the call when `ready` (body read, signature proven or not needed), and renders the answer or
// the error.
http::Task<http::Response> serve(RequestContext& context, Call call, Result<void> ready);

}  // namespace onput::gateway::sns
