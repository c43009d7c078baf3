#include "services/function/runtime_api.hpp"

#include <fmt/format.h>

#include "services/function/http_message.hpp"

namespace onput::function {
namespace {

constexpr std::string_view json_type = "application/json";

std::string refuse(int status, std::string_view type, std::string_view message) {
    return http_answer(status, {{"Content-Type", std::string(json_type)}},
                       fmt::format(R"({{"errorType":"{}","errorMessage":"{}"}})", type, message));
}

}  // namespace

ApiCall read_api_call(std::string_view method, std::string_view target) {
    constexpr std::string_view base = "/2018-06-01/runtime/";
    constexpr std::string_view invocation = "invocation/";
    using enum ApiCall::Kind;
    if (!target.starts_with(base)) return {};
    target.remove_prefix(base.size());
    if (method == "GET" && target == "invocation/next") return {.kind = next};
    if (method != "POST") return {};
    if (target == "init/error") return {.kind = init_error};
    if (!target.starts_with(invocation)) return {};
    target.remove_prefix(invocation.size());
    const std::size_t slash = target.find('/');
    if (slash == std::string_view::npos) return {};
    const std::string_view what = target.substr(slash + 1);
    if (what == "response") return {.kind = response, .request_id = target.substr(0, slash)};
    if (what == "error") return {.kind = error, .request_id = target.substr(0, slash)};
    return {};
}

std::string answer_next(const NextEvent& event) {
    HttpHeaders headers{
        {"Content-Type", std::string(json_type)},
        {"Lambda-Runtime-Aws-Request-Id", std::string(event.request_id)},
        {"Lambda-Runtime-Deadline-Ms", fmt::format("{}", to_millis(event.deadline))},
        {"Lambda-Runtime-Invoked-Function-Arn", std::string(event.function_arn)}};
    if (!event.trace_header.empty())
        headers.emplace_back("Lambda-Runtime-Trace-Id", event.trace_header);
    if (!event.client_context.empty())
        headers.emplace_back("Lambda-Runtime-Client-Context", event.client_context);
    return http_answer(200, headers, event.payload.empty() ? "{}" : event.payload);
}

std::string answer_verdict(Verdict verdict) {
    switch (verdict) {
        case Verdict::accepted:
            return http_answer(202, {{"Content-Type", std::string(json_type)}},
                               R"({"status":"OK"})");
        case Verdict::wrong_invocation:
            return refuse(400, "InvalidRequestID", "Invalid request ID");
        case Verdict::wrong_state:
            return refuse(403, "InvalidStateTransition", "State transition is not allowed");
    }
    return {};
}

std::string answer_unknown_call() {
    return refuse(404, "NotFound", "There is no such call of the Runtime API");
}

std::string answer_error(const Error& error) {
    if (error.code == ErrorCode::resource_exhausted)
        return refuse(413, "RequestEntityTooLarge", error.message);
    return refuse(400, "InvalidRequest", error.message);
}

}  // namespace onput::function
