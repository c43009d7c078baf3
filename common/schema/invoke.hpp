// InvokeFunction: the task of a call (call.hpp) to a worker of the kind "function", for a caller
// who waits for what the handler answers. The answer's payload travels as the pieces of the call.
#pragma once

#include <cstdint>
#include <string>

#include "common/schema/codec.hpp"
#include "common/schema/fields.hpp"
#include "common/schema/function.hpp"

namespace onput::schema {

// Of the event, and of the answer, as on Lambda.
inline constexpr std::size_t invoke_payload_bytes_max = 6 * 1024 * 1024;
// Of an event that nobody waits for the answer of: the body of a function's message.
inline constexpr std::size_t event_payload_bytes_max = 1024 * 1024;
inline constexpr std::size_t log_tail_bytes_max = 4096;
inline constexpr std::size_t client_context_bytes_max = 3583;  // Base64, in the caller's header.

struct InvokeFunction {
    // Version 2 added management to function, version 3 layers to its handler.
    static constexpr MessageInfo info{.kind = Kind::invoke_function, .version = 3};

    FunctionInfo function = {};       // As its queue service has it now.
    std::string version = {};         // What is run: "$LATEST", or a number.
    std::string request_id = {};      // A UUID: what handler and logs call this invocation.
    std::string payload = {};         // JSON; at most invoke_payload_bytes_max.
    std::string client_context = {};  // JSON; empty: none.
    std::string trace_header = {};    // X-Amzn-Trace-Id; empty: none.
    bool wants_log_tail = false;

    ONPUT_FIELDS(function, version, request_id, payload, client_context, trace_header,
                 wants_log_tail)
    friend bool operator==(const InvokeFunction&, const InvokeFunction&) = default;
};

// The end of such a call. A handler that failed is an answer as well: its payload says how.
struct FunctionInvoked {
    static constexpr MessageInfo info{.kind = Kind::function_invoked};

    std::string function_error = {};     // "Unhandled"; empty: the handler answered.
    std::string executed_version = {};   // "$LATEST", or a number.
    std::string log_tail = {};           // The last log_tail_bytes_max, when they were wanted.
    std::uint64_t duration_us = 0;       // From the event in the handler's hands to its answer.
    std::uint64_t init_duration_us = 0;  // Of the environment's start; 0: it was warm.
    std::uint64_t memory_bytes = 0;      // The most that was seen.

    ONPUT_FIELDS(function_error, executed_version, log_tail, duration_us, init_duration_us,
                 memory_bytes)
    friend bool operator==(const FunctionInvoked&, const FunctionInvoked&) = default;
};

// What an invocation now would run. Errors: those of GetFunction; resource_exhausted, reason
// TooManyRequests: all of the function's reserved concurrency is taken.
struct InvocationPrepared {
    // Version 2 added place, version 3 layers to the function's handler.
    static constexpr MessageInfo info{.kind = Kind::invocation_prepared, .version = 3};

    FunctionInfo function = {};  // Its ARN as it was asked for.
    std::string version = {};    // "$LATEST", or a number: of an alias with weights, drawn.
    std::string place = {};      // What was taken of the reserved concurrency; empty: nothing.

    ONPUT_FIELDS(function, version, place)
    friend bool operator==(const InvocationPrepared&, const InvocationPrepared&) = default;
};

struct PrepareInvocation {
    // Version 2 added takes_place, 3 account, 4 place.
    static constexpr MessageInfo info{.kind = Kind::prepare_invocation, .version = 4};
    static constexpr std::string_view method = "queue.prepare_invocation";
    using Reply = InvocationPrepared;

    std::string name = {};
    std::string qualifier = {};
    // It is to run at once: it takes a place of the reserved concurrency, if any is reserved, until
    // EndInvocation, or at most until its time and 2 minutes are over.
    bool takes_place = false;
    std::string account = {};  // Whose function it is; empty: the caller's.
    // What the place is called, a new UUID: who leaves before the answer can give it back. Empty:
    // the queue names it.
    std::string place = {};

    ONPUT_FIELDS(name, qualifier, takes_place, account, place)
    friend bool operator==(const PrepareInvocation&, const PrepareInvocation&) = default;
};

// Gives the place back that a prepared invocation took. One that is not taken any more is no error.
struct EndInvocation {
    static constexpr MessageInfo info{.kind = Kind::end_invocation};
    static constexpr std::string_view method = "queue.end_invocation";
    using Reply = Empty;

    std::string place = {};

    ONPUT_FIELDS(place)
    friend bool operator==(const EndInvocation&, const EndInvocation&) = default;
};

struct EventInvoked {
    static constexpr MessageInfo info{.kind = Kind::event_invoked};

    std::string request_id = {};  // The id of the message.

    ONPUT_FIELDS(request_id)
    friend bool operator==(const EventInvoked&, const EventInvoked&) = default;
};

// An invocation that nobody waits for: durable in the function's queue when it is answered. Errors:
// those of GetFunction; invalid_argument, reason RequestTooLarge.
struct InvokeEvent {
    // Version 2 added account.
    static constexpr MessageInfo info{.kind = Kind::invoke_event, .version = 2};
    static constexpr std::string_view method = "queue.invoke_event";
    using Reply = EventInvoked;

    std::string name = {};
    std::string qualifier = {};
    std::string payload = {};  // JSON; at most event_payload_bytes_max.
    std::string trace_header = {};
    std::string account = {};  // Whose function it is; empty: the caller's.

    ONPUT_FIELDS(name, qualifier, payload, trace_header, account)
    friend bool operator==(const InvokeEvent&, const InvokeEvent&) = default;
};

}  // namespace onput::schema
