#include "services/queue/commands/functions.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "common/recipe/recipe.hpp"
#include "common/schema/topics.hpp"
#include "services/queue/messages/text.hpp"

namespace onput::queue {
namespace {

std::unexpected<Error> invalid(std::string message) {
    return fail(ErrorCode::invalid_argument, std::move(message), "InvalidParameterValue");
}

bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

bool is_function_name(std::string_view name) {
    return !name.empty() && name.size() <= schema::function_name_bytes_max &&
           std::ranges::all_of(name, is_name_character);
}

std::size_t environment_bytes(const schema::FunctionInfo& function) {
    std::size_t bytes = 0;
    for (const auto& [name, value] : function.environment) bytes += name.size() + value.size();
    return bytes;
}

bool is_digits(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// arn:aws:sns:<region>:<twelve digits>:<name>
bool is_topic_arn(std::string_view arn, std::string_view region) {
    const std::string head = fmt::format("arn:aws:sns:{}:", region);
    if (!arn.starts_with(head)) return false;
    arn.remove_prefix(head.size());
    constexpr std::size_t account_digits = 12;
    if (arn.find(':') != account_digits || !is_digits(arn.substr(0, account_digits))) return false;
    const std::string_view name = arn.substr(account_digits + 1);
    return !name.empty() && name.size() <= schema::topic_name_bytes_max &&
           std::ranges::all_of(name, is_name_character);
}

// Only the image worker takes one so far; a mistake in it is named by derivative, step and field.
Result<void> check_configuration(const schema::FunctionInfo& function) {
    if (function.configuration.size() > schema::function_configuration_bytes_max) {
        return invalid("a function's configuration has at most 32768 bytes");
    }
    if (function.worker != "image") {
        if (function.configuration.empty()) return {};
        return invalid("functions of the worker '" + cut_bytes(function.worker, 64) +
                       "' take no configuration");
    }
    auto recipe = recipe::parse_recipe(function.configuration);
    if (recipe) return {};
    return invalid(std::move(recipe).error().message);
}

constexpr std::string_view handler_worker = "function";

bool is_runtime(std::string_view runtime) {
    constexpr std::array<std::string_view, 2> fixed{"nodejs20.x", "provided.al2023"};
    constexpr std::string_view python = "python3.";
    if (std::ranges::find(fixed, runtime) != fixed.end()) return true;
    if (!runtime.starts_with(python)) return false;
    runtime.remove_prefix(python.size());
    return !runtime.empty() && runtime.size() <= 2 && is_digits(runtime);
}

bool is_within(std::uint32_t value, std::uint32_t least, std::uint32_t most) {
    return value >= least && value <= most;
}

// A user's own handler: for the workers that run them, and for no others.
Result<void> check_handler(const schema::FunctionInfo& function) {
    const schema::FunctionHandler& handler = function.handler;
    if (function.worker != handler_worker) {
        if (handler.runtime.empty()) return {};
        return invalid("only functions of the worker 'function' have a runtime");
    }
    if (!is_runtime(handler.runtime)) {
        return invalid("there is no runtime '" + cut_bytes(handler.runtime, 64) +
                       "'; there are python3.11 and others of python3, nodejs20.x and "
                       "provided.al2023");
    }
    if (handler.handler.size() > schema::handler_name_bytes_max)
        return invalid("a handler's name has at most 128 characters");
    if (handler.handler.empty() && !handler.runtime.starts_with("provided"))
        return invalid("a function of the runtime " + handler.runtime + " names its handler");
    if (!is_within(handler.memory_mb, schema::handler_memory_mb_min, schema::handler_memory_mb_max))
        return invalid("a function's memory is 128 to 10240 MB");
    if (!is_within(handler.ephemeral_mb, schema::handler_ephemeral_mb_min,
                   schema::handler_ephemeral_mb_max))
        return invalid("a function's ephemeral storage is 512 to 10240 MB");
    if (handler.description.size() > schema::function_description_bytes_max)
        return invalid("a function's description has at most 256 bytes");
    if (!handler.log_format.empty() && handler.log_format != "Text")
        return invalid("a function's log has the format Text");
    if (handler.code.bucket.empty() || handler.code.key.empty() || handler.code.sha256.empty())
        return invalid("a function's code names its bucket, its key and its sha256");
    return {};
}

}  // namespace

Result<Queue*> Functions::find(const std::string& name, const Caller& caller) const {
    Queue* queue = parts_.catalogue.find_function(caller.principal.account, name);
    if (queue != nullptr) return queue;
    return fail(
        ErrorCode::not_found,
        "Function not found: " + parts_.catalogue.function_arn(caller.principal.account, name),
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
    ONPUT_TRY_VOID(check_configuration(function));
    ONPUT_TRY_VOID(check_handler(function));
    ONPUT_TRY_VOID(check_topic(function.success_topic_arn));
    ONPUT_TRY_VOID(check_topic(function.failure_topic_arn));
    if (function.dead_letter_arn.empty()) return {};
    const auto target =
        parts_.catalogue.find_dead_letter_queue(function.account, function.dead_letter_arn);
    if (target) return {};
    return invalid("the dead-letter queue " + function.dead_letter_arn +
                   " cannot be named: " + target.error().message);
}

Result<void> Functions::check_topic(const std::string& arn) const {
    if (arn.empty()) return {};
    const std::string& region = parts_.catalogue.region();
    if (!is_topic_arn(arn, region)) {
        return invalid(
            fmt::format("'{}' is not the ARN of a topic: arn:aws:sns:{}:<account>:<name>",
                        cut_bytes(arn, schema::topic_name_bytes_max), region));
    }
    if (parts_.topics == Topics::reachable) return {};
    return invalid("a function cannot tell the topic " + arn +
                   ": the queue service has no notifier (option notifier_endpoint)");
}

Result<schema::FunctionInfo> Functions::put(const schema::PutFunction& request,
                                            const Caller& caller, Effects& effects) {
    schema::FunctionInfo function = request.function;
    function.account = caller.principal.account;
    function.arn = parts_.catalogue.function_arn(function.account, function.name);
    if (function.account.empty()) return invalid("a function belongs to an account");
    ONPUT_TRY_VOID(check(function));
    Queue* queue = parts_.catalogue.find_function(function.account, function.name);
    if (queue == nullptr) {
        if (parts_.catalogue.count_functions(function.account) >= functions_per_account_max) {
            return fail(ErrorCode::resource_exhausted, "this account has too many functions",
                        "OverLimit");
        }
        FunctionRecord record{.number = parts_.counters.next_queue(effects.batch()).get(),
                              .function = function};
        queue = &parts_.catalogue.add(std::move(record));
    } else {
        queue->function->function = function;
    }
    effects.batch().put(function_key(queue->account, queue->name),
                        schema::encode(*queue->function));
    // Its jobs may suit other workers now.
    parts_.dispatcher.reconsider();
    return function;
}

Result<schema::FunctionInfo> Functions::get(const schema::GetFunction& request,
                                            const Caller& caller) const {
    ONPUT_TRY(const Queue* queue, find(request.name, caller));
    return queue->function->function;
}

Result<schema::FunctionList> Functions::list(const schema::ListFunctions&,
                                             const Caller& caller) const {
    schema::FunctionList list;
    for (const auto& [key, queue] : parts_.catalogue.functions()) {
        if (queue->account != caller.principal.account) continue;
        schema::FunctionState state{.function = queue->function->function};
        state.waiting = queue->messages.count(MessageState::visible) +
                        queue->messages.count(MessageState::hidden);
        state.running = queue->messages.count(MessageState::in_flight);
        state.dead_lettered = queue->function->dead_lettered;
        for (const auto& [number, worker] : parts_.workers.all()) {
            if (!worker->endpoint.empty() && worker->serves(*queue)) ++state.workers;
        }
        list.functions.push_back(std::move(state));
    }
    return list;
}

Result<schema::WorkersFound> Functions::find_workers(const schema::FindWorkers& request,
                                                     const Caller&) const {
    schema::WorkersFound found;
    for (const auto& [number, worker] : parts_.workers.all()) {
        const bool takes_calls =
            worker->kind == request.worker && !worker->call_endpoint.empty() && !worker->is_leaving;
        if (!takes_calls) continue;
        found.workers.push_back({.worker_id = worker->id,
                                 .endpoint = worker->call_endpoint,
                                 .places = worker->call_places});
    }
    return found;
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
    effects.batch().remove(function_key(queue->account, queue->name));
    parts_.catalogue.remove(*queue);
    return schema::Empty{};
}

}  // namespace onput::queue
