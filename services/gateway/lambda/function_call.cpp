#include "services/gateway/lambda/function_call.hpp"

#include <utility>

#include "services/gateway/worker_calls.hpp"

namespace onput::gateway::lambda {
namespace {

// Beyond the longest time of a function: it, its start, and who waits before it.
constexpr Duration invoke_timeout = std::chrono::minutes(17);

http::Task<Result<FunctionAnswer>> receive(RequestContext& context, WorkerCall& invocation) {
    FunctionAnswer answer;
    auto piece = co_await invocation.next();
    if (!piece) co_return std::unexpected(std::move(piece).error());
    if (!piece->is_last) {
        auto memory = co_await reserve(context.exchange, context.shared.body_memory,
                                       schema::invoke_payload_bytes_max, MemoryBudget::Use::whole);
        if (!memory) co_return std::unexpected(std::move(memory).error());
        answer.memory = *std::move(memory);
    }
    while (true) {
        answer.payload += piece->bytes;
        if (piece->is_last) break;
        if (answer.payload.size() > schema::invoke_payload_bytes_max)
            co_return fail(ErrorCode::internal, "a handler's answer has too many bytes");
        piece = co_await invocation.next();
        if (!piece) co_return std::unexpected(std::move(piece).error());
    }
    auto invoked = schema::decode<schema::FunctionInvoked>(piece->result);
    if (!invoked) co_return std::unexpected(std::move(invoked).error());
    answer.invoked = *std::move(invoked);
    co_return answer;
}

}  // namespace

void HeldPlace::give_back() {
    if (place_.empty()) return;
    context_.shared.backend.send_and_forget(schema::EndInvocation{.place = place_},
                                            context_.call_options());
    place_.clear();
}

http::Task<Result<FunctionAnswer>> call_function(RequestContext& context,
                                                 schema::InvokeFunction task, HeldPlace& place) {
    WorkerCall invocation(context, std::string(handler_worker), schema::encode(task),
                          invoke_timeout);
    auto answer = co_await receive(context, invocation);
    place.give_back();
    co_return answer;
}

}  // namespace onput::gateway::lambda
