#include "services/queue/functions.hpp"

#include <algorithm>

namespace onput::queue {
namespace {

std::unexpected<Error> invalid(std::string message) {
    return fail(ErrorCode::invalid_argument, std::move(message), "InvalidParameterValue");
}

bool is_function_name(std::string_view name) {
    if (name.empty() || name.size() > schema::function_name_bytes_max) return false;
    return std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    });
}

std::size_t environment_bytes(const schema::FunctionInfo& function) {
    std::size_t bytes = 0;
    for (const auto& [name, value] : function.environment) bytes += name.size() + value.size();
    return bytes;
}

}  // namespace

Result<Queue*> Functions::find(const std::string& name, const Caller& caller) const {
    Queue* queue = catalogue_.find_function(caller.principal.account, name);
    if (queue != nullptr) return queue;
    return fail(ErrorCode::not_found,
                "Function not found: " + catalogue_.function_arn(caller.principal.account, name),
                "ResourceNotFound");
}

Result<void> Functions::check(const schema::FunctionInfo& function) const {
    if (!is_function_name(function.name)) {
        return invalid("a function's name is 1 to 64 letters, digits, '-' and '_'");
    }
    if (function.worker.empty()) return invalid("a function names the kind of its worker");
    if (function.timeout_s < 1 || function.timeout_s > function_timeout_s_max) {
        return invalid("a function's time limit is 1 to 900 seconds");
    }
    if (function.retries_max > function_retries_max) {
        return invalid("a function is retried at most 10 times");
    }
    if (function.retry_delay_s > function_retry_delay_s_max) {
        return invalid("a function's retry delay is at most 3600 seconds");
    }
    if (environment_bytes(function) > schema::environment_bytes_max) {
        return invalid("a function's environment has at most 4096 bytes");
    }
    if (function.dead_letter_arn.empty()) return {};
    const Queue* target = catalogue_.find_arn(function.dead_letter_arn);
    if (target != nullptr && !target->function) return {};
    return invalid("the dead-letter queue " + function.dead_letter_arn + " does not exist");
}

Result<schema::FunctionInfo> Functions::put(const schema::PutFunction& request,
                                            const Caller& caller, Effects& effects) {
    schema::FunctionInfo function = request.function;
    function.account = caller.principal.account;
    function.arn = catalogue_.function_arn(function.account, function.name);
    if (function.account.empty()) return invalid("a function belongs to an account");
    ONPUT_TRY_VOID(check(function));
    Queue* queue = catalogue_.find_function(function.account, function.name);
    if (queue == nullptr) {
        if (catalogue_.functions().size() >= functions_max) {
            return fail(ErrorCode::resource_exhausted, "there are too many functions", "OverLimit");
        }
        FunctionRecord record{.number = counters_.next_queue(effects.writes).get(),
                              .function = function};
        queue = &catalogue_.add(std::move(record));
    } else {
        queue->function->function = function;
    }
    effects.writes.put(function_key(queue->account, queue->name), schema::encode(*queue->function));
    // Its jobs may suit other workers now.
    dispatcher_.reconsider();
    return function;
}

Result<schema::FunctionInfo> Functions::get(const schema::GetFunction& request,
                                            const Caller& caller) const {
    ONPUT_TRY(const Queue* queue, find(request.name, caller));
    return queue->function->function;
}

Result<schema::FunctionList> Functions::list(const Caller& caller) const {
    schema::FunctionList list;
    for (const auto& [key, queue] : catalogue_.functions()) {
        if (queue->account != caller.principal.account) continue;
        schema::FunctionState state{.function = queue->function->function};
        state.waiting = queue->messages.count(MessageState::visible) +
                        queue->messages.count(MessageState::hidden);
        state.running = queue->messages.count(MessageState::in_flight);
        state.dead_lettered = queue->function->dead_lettered;
        for (const auto& [number, worker] : workers_.all()) {
            if (!worker->endpoint.empty() && worker->serves(*queue)) ++state.workers;
        }
        list.functions.push_back(std::move(state));
    }
    return list;
}

Result<schema::Empty> Functions::remove(const schema::DeleteFunction& request, const Caller& caller,
                                        Effects& effects) {
    ONPUT_TRY(const Queue* queue, find(request.name, caller));
    if (queue->messages.size() > 0) {
        return fail(ErrorCode::conflict,
                    "function " + request.name + " still has " +
                        std::to_string(queue->messages.size()) + " jobs",
                    "FunctionNotEmpty");
    }
    effects.writes.remove(function_key(queue->account, queue->name));
    catalogue_.remove(*queue);
    return schema::Empty{};
}

}  // namespace onput::queue
