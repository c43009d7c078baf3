// Invoke, InvokeAsync.
#include "common/schema/invoke.hpp"

#include <optional>
#include <utility>

#include <fmt/format.h>

#include "common/base/encoding.hpp"
#include "common/base/random.hpp"
#include "common/json/reader.hpp"
#include "services/gateway/aws/directory.hpp"
#include "services/gateway/lambda/errors.hpp"
#include "services/gateway/lambda/function_call.hpp"
#include "services/gateway/lambda/operation.hpp"

namespace onput::gateway::lambda {
namespace {

std::unexpected<Error> too_large(std::size_t most) {
    return fail(
        ErrorCode::invalid_argument,
        fmt::format("Request must be smaller than {} bytes for the InvokeFunction operation", most),
        "RequestTooLarge");
}

// Nothing is an empty event.
Result<std::string> read_payload(const Value& input, std::string_view member) {
    std::string payload = input.text_of(member);
    if (payload.empty()) return std::string("{}");
    if (payload.size() > schema::invoke_payload_bytes_max)
        return too_large(schema::invoke_payload_bytes_max);
    const auto parsed = json::read(payload);
    if (parsed) return payload;
    return fail(
        ErrorCode::invalid_argument,
        fmt::format("Could not parse request body into json: {}", json::explain(parsed.error())),
        "InvalidRequestContentException");
}

Result<std::string> read_client_context(const Value& input) {
    const std::string encoded = input.text_of("ClientContext");
    if (encoded.empty()) return std::string();
    const bool fits = encoded.size() <= schema::client_context_bytes_max;
    auto decoded = from_base64(encoded);
    if (fits && decoded && json::read(*decoded)) return std::move(*decoded);
    return fail(ErrorCode::invalid_argument,
                fmt::format("Client context must be a valid Base64-encoded JSON object of at most "
                            "{} bytes.",
                            schema::client_context_bytes_max),
                "InvalidRequestContentException");
}

Outcome send_event(Call& call, FunctionName named, std::string payload) {
    if (payload.size() > schema::event_payload_bytes_max)
        co_return too_large(schema::event_payload_bytes_max);
    const schema::InvokeEvent message{.name = std::move(named.name),
                                      .qualifier = std::move(named.qualifier),
                                      .payload = std::move(payload),
                                      .trace_header = call.context.trace_header(),
                                      .account = std::move(named.account)};
    auto options = call.context.call_options();
    options.access = origin_of(call.context);
    const auto answer = co_await call.context.call(message, std::move(options));
    if (!answer) co_return std::unexpected(answer.error());
    // What the handler's context and log call it.
    call.context.request_id = answer->reply.request_id;
    Value result;
    result["StatusCode"] = Value(std::int64_t{202});
    co_return result;
}

Value describe(const schema::FunctionInvoked& invoked) {
    Value result;
    result["StatusCode"] = Value(std::int64_t{200});
    result["ExecutedVersion"] = Value(invoked.executed_version);
    if (!invoked.function_error.empty()) result["FunctionError"] = Value(invoked.function_error);
    if (!invoked.log_tail.empty()) result["LogResult"] = Value(to_base64(invoked.log_tail));
    return result;
}

Result<void> check_takes_calls(const schema::FunctionInfo& function) {
    if (function.worker == handler_worker) return {};
    return invalid(
        fmt::format("{} is run by the worker {}, which takes events only: use the "
                    "InvocationType Event.",
                    function.name, function.worker));
}

Outcome answer_call(Call& call, schema::InvokeFunction task, HeldPlace& place) {
    auto answer = co_await call_function(call.context, std::move(task), place);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    // Its memory is held until it is sent.
    const auto begun = aws::begin_stream(call, aws::lambda_model(), describe(answer->invoked));
    if (!begun) co_return std::unexpected(begun.error());
    auto& exchange = call.context.exchange;
    auto sent = answer->payload.empty() ? Result<void>() : co_await exchange.write(answer->payload);
    if (sent) sent = co_await exchange.finish();
    if (!sent) exchange.abort();
    co_return Value();
}

}  // namespace

Outcome invoke(Call& call) {
    auto named = any_name_in(call);
    if (!named) co_return std::unexpected(std::move(named).error());
    auto payload = read_payload(call.input, "Payload");
    if (!payload) co_return std::unexpected(std::move(payload).error());
    const std::string type = call.input.text_of("InvocationType");
    if (type == "Event") {
        auto sent = co_await send_event(call, *std::move(named), *std::move(payload));
        co_return sent;
    }
    auto context = read_client_context(call.input);
    if (!context) co_return std::unexpected(std::move(context).error());
    const bool takes_place = type != "DryRun";
    HeldPlace place(call.context, takes_place ? Random::from_system().uuid() : std::string());
    const schema::PrepareInvocation message{.name = named->name,
                                            .qualifier = named->qualifier,
                                            .takes_place = takes_place,
                                            .account = named->account,
                                            .place = place.name()};
    auto options = call.context.call_options();
    options.access = origin_of(call.context);
    auto prepared = co_await call.context.call(message, std::move(options));
    if (!prepared) co_return std::unexpected(std::move(prepared).error());
    place.settle(std::move(prepared->reply.place));
    const auto takes = check_takes_calls(prepared->reply.function);
    if (!takes) co_return std::unexpected(takes.error());
    if (type == "DryRun") {
        Value result;
        result["StatusCode"] = Value(std::int64_t{204});
        co_return result;
    }
    schema::InvokeFunction task{.function = std::move(prepared->reply.function),
                                .version = std::move(prepared->reply.version),
                                .request_id = Random::from_system().uuid(),
                                .payload = *std::move(payload),
                                .client_context = *std::move(context),
                                .trace_header = call.context.trace_header(),
                                .wants_log_tail = call.input.text_of("LogType") == "Tail"};
    call.context.request_id = task.request_id;
    auto answered = co_await answer_call(call, std::move(task), place);
    co_return answered;
}

// The older form of an asynchronous invocation.
Outcome invoke_async(Call& call) {
    auto named = any_name_in(call);
    if (!named) co_return std::unexpected(std::move(named).error());
    auto payload = read_payload(call.input, "InvokeArgs");
    if (!payload) co_return std::unexpected(std::move(payload).error());
    auto sent = co_await send_event(call, *std::move(named), *std::move(payload));
    if (!sent) co_return sent;
    Value result;
    result["Status"] = Value(std::int64_t{202});
    co_return result;
}

}  // namespace onput::gateway::lambda
