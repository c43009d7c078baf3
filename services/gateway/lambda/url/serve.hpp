// A request to a function URL, from the client to the handler and back:
//
//     find the URL ─> OPTIONS of a browser, where there is a Cors configuration: answered here
//          │
//          └────────> signature, if AWS_IAM asks for one ─> body ─> the function's policy
//                     ─> event ─> handler ─> answer
//
// What is refused, as Lambda does it:
//
//     404    there is no such URL, or it is of another region
//     403    {"Message":"Forbidden"}: no signature where AWS_IAM asks for one, or policies that do
//            not allow lambda:InvokeFunctionUrl; a wrong signature says what is wrong with it
//     413    a body, or the event that is made of it, has more than 6 MiB
//     429    the function's reserved concurrency is taken, or all workers are busy
//     502    Internal Server Error: the handler failed, or answered what is no answer
#pragma once

#include <string_view>

#include "services/gateway/lambda/url/url_host.hpp"
#include "services/gateway/request_context.hpp"

namespace onput::gateway::lambda {

// How these requests are counted beside the operations of Lambda.
inline constexpr std::string_view url_request = "InvokeFunctionUrl";

http::Task<void> serve_url(RequestContext& context, UrlHost host);

}  // namespace onput::gateway::lambda
