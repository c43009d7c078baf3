// The Lambda Runtime API, version 2018-06-01, as a child runtime speaks it: which call a request
// is, and what is answered. Pure.
//
//     GET  /2018-06-01/runtime/invocation/next            200: the event, when there is one
//     POST /2018-06-01/runtime/invocation/<id>/response   202; 400: another id; 403: not now
//     POST /2018-06-01/runtime/invocation/<id>/error      the same
//     POST /2018-06-01/runtime/init/error                 202; 403: not now
#pragma once

#include <string>
#include <string_view>

#include "common/base/time.hpp"
#include "services/function/environments.hpp"

namespace onput::function {

struct ApiCall {
    enum class Kind : std::uint8_t { next, response, error, init_error, unknown };
    Kind kind = Kind::unknown;
    std::string_view request_id = {};  // Of a response or an error.
};
ApiCall read_api_call(std::string_view method, std::string_view target);

// An event, as the answer to `next`.
struct NextEvent {
    std::string_view request_id;
    std::string_view function_arn;
    Timestamp deadline;
    std::string_view trace_header = {};    // Empty: none.
    std::string_view client_context = {};  // JSON; empty: none.
    std::string_view payload;              // Empty: "{}".
};
std::string answer_next(const NextEvent& event);

std::string answer_verdict(Verdict verdict);
std::string answer_unknown_call();
// To a request that cannot be read; the connection is closed behind it.
std::string answer_error(const Error& error);

}  // namespace onput::function
