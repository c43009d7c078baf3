// The record of an asynchronous invocation that its destination gets, as Lambda writes it. Pure.
//
//     {"version":"1.0","timestamp":..,"requestContext":{..},"requestPayload":..,
//      "responseContext":{..},"responsePayload":..}
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/time.hpp"
#include "common/schema/function.hpp"
#include "services/queue/messages/records.hpp"

namespace onput::queue {

// Failures' code when an event was older than its function wants them.
inline constexpr const char* event_age_exceeded = "event.age_exceeded";
// Of one whose chain of events has come by its function too often (common/schema/trace_header.hpp).
inline constexpr const char* recursive_invocation = "event.recursive_invocation";

struct InvocationEnd {
    const schema::FunctionInfo& function;
    const MessageRecord& job;
    std::uint32_t attempts = 0;
    Timestamp time;
    const std::string& response;       // What the handler answered; empty: it is not known.
    const Failure* failure = nullptr;  // Nothing: it succeeded.
};

// At most `bytes_max`: payloads are left out (null), the answer first, rather than cut.
std::string invocation_record(const InvocationEnd& end, std::size_t bytes_max);

// arn:aws:events:<region>:<account>:event-bus/<name>
bool is_bus_arn(std::string_view arn);

// The function's ARN, with its version or $LATEST.
std::string invoked_arn(const InvocationEnd& end);

}  // namespace onput::queue
