#include "services/queue/commands/functions.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "common/recipe/recipe.hpp"
#include "common/schema/topics.hpp"
#include "common/service/policy_principal.hpp"
#include "services/queue/commands/access.hpp"
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

Result<void> check_layers(const schema::FunctionHandler& handler) {
    if (handler.layers.size() > schema::function_layers_max)
        return invalid("a function cannot reference more than 5 layers");
    std::uint64_t bytes = handler.code.unzipped_bytes;
    for (const schema::FunctionLayer& layer : handler.layers) {
        const bool is_whole =
            !layer.arn.empty() && !layer.code.bucket.empty() && !layer.code.sha256.empty();
        if (!is_whole)
            return invalid("a function's layer names its ARN, its bucket and its sha256");
        bytes += layer.code.unzipped_bytes;
    }
    if (bytes <= schema::function_unzipped_bytes_max) return {};
    return invalid(
        fmt::format("Function code combined with layers exceeds the maximum allowed size of {} "
                    "bytes. The actual size is {} bytes.",
                    schema::function_unzipped_bytes_max, bytes));
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
    return check_layers(handler);
}

constexpr std::string_view latest = "$LATEST";

std::string qualified_arn(const schema::FunctionInfo& function, const std::string& qualifier) {
    if (qualifier.empty() || function.arn.ends_with(":" + qualifier)) return function.arn;
    const std::string& version = function.management.version;
    const std::size_t suffix = version.empty() ? 0 : version.size() + 1;
    return function.arn.substr(0, function.arn.size() - suffix) + ":" + qualifier;
}

// `existing`: of that name; null: none.
Result<void> check_put(const schema::PutFunction& request, const Queue* existing) {
    if (existing != nullptr && request.mode == schema::PutMode::create) {
        return fail(ErrorCode::conflict, "Function already exist: " + request.function.name,
                    "ResourceConflict");
    }
    if (existing == nullptr && request.mode == schema::PutMode::replace) {
        return fail(ErrorCode::not_found, "Function not found: " + request.function.name,
                    "ResourceNotFound");
    }
    const bool is_another =
        existing != nullptr && !request.revision_id.empty() &&
        existing->function->function.management.revision_id != request.revision_id;
    if (!is_another) return {};
    return fail(ErrorCode::conflict,
                "The Revision Id provided does not match the latest Revision Id. Call the "
                "GetFunction/GetAlias API to retrieve the latest Revision Id",
                "PreconditionFailed");
}

schema::FunctionManagement management_of(const schema::PutFunction& request,
                                         const Queue* existing) {
    schema::FunctionManagement management;
    if (request.manages) {
        management = request.function.management;
    } else if (existing != nullptr) {
        management = existing->function->function.management;
    }
    management.version.clear();
    return management;
}

Result<void> check_empty(const Queue& queue) {
    if (queue.messages.size() == 0) return {};
    return fail(
        ErrorCode::conflict,
        "function " + queue.name + " still has " + std::to_string(queue.messages.size()) + " jobs",
        "FunctionNotEmpty");
}

void remove_rows(const Queue& queue, Effects& effects) {
    effects.batch().remove(function_key(queue.account, queue.name));
    effects.batch().remove(failures_key(queue.number));
}

std::unexpected<Error> no_function(std::string arn, const std::string& qualifier) {
    if (!qualifier.empty()) arn += ":" + qualifier;
    return fail(ErrorCode::not_found, "Function not found: " + arn, "ResourceNotFound");
}

}  // namespace

Result<Queue*> Functions::find(const std::string& name, const std::string& qualifier,
                               const Caller& caller) const {
    const std::string& account = caller.principal.account;
    Queue* queue = parts_.catalogue.find_version(account, name, qualifier);
    if (queue != nullptr) return queue;
    return no_function(parts_.catalogue.function_arn(account, name), qualifier);
}

template <typename Request>
Result<const Queue*> Functions::find_invoked(const Request& request, const Caller& caller) const {
    const std::string& own = caller.principal.account;
    const bool is_own = request.account.empty() || request.account == own;
    const std::string& account = is_own ? own : request.account;
    const Queue* function = parts_.catalogue.find_function(account, request.name);
    // Which functions there are is told to those who may invoke them.
    const bool may_know =
        is_own && service::identity_effect_of(caller.principal) == auth::PolicyEffect::allow;
    if (function == nullptr && !may_know) {
        const std::string arn = parts_.catalogue.function_arn(account, request.name);
        return not_invocable(arn, caller);
    }
    if (function != nullptr) ONPUT_TRY_VOID(check_invoker(*function, request.qualifier, caller));
    if (parts_.catalogue.find_version(account, request.name, request.qualifier) != nullptr)
        return function;
    return no_function(parts_.catalogue.function_arn(account, request.name), request.qualifier);
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

// A destination is a queue, a topic, another function or a bus, all but the topic of the same
// account. Whether topic and bus are there the notifier knows.
Result<void> Functions::check_events(const schema::FunctionInfo& function) const {
    const schema::FunctionManagement& management = function.management;
    if (!is_within(management.event_age_s_max, schema::function_event_age_s_min,
                   schema::function_event_age_s_max))
        return invalid("an event's age is 60 to 21600 seconds");
    for (const std::string& arn : {management.on_success_arn, management.on_failure_arn}) {
        if (arn.empty()) continue;
        if (arn.starts_with("arn:aws:sns:")) {
            ONPUT_TRY_VOID(check_topic(arn));
            continue;
        }
        if (is_bus_arn(arn)) {
            ONPUT_TRY_VOID(check_bus(arn, function.account));
            continue;
        }
        const Queue* target = parts_.catalogue.find_arn(arn);
        const bool is_there = target != nullptr && target->account == function.account;
        if (!is_there)
            return invalid("The destination ARN " + cut_bytes(arn, schema::topic_name_bytes_max) +
                           " is invalid: there is no such queue or function of this account.");
        const bool is_itself = target->function && target->function->function.name == function.name;
        if (is_itself)
            return invalid("You can't specify the function as a destination for itself.");
    }
    return {};
}

Result<schema::FunctionInfo> Functions::put_version(const schema::PutFunction& request,
                                                    const Caller& caller, Effects& effects) {
    ONPUT_TRY(Queue * queue,
              find(request.function.name, request.function.management.version, caller));
    schema::FunctionInfo function = queue->function->function;
    const schema::FunctionManagement& wanted = request.function.management;
    function.retries_max = request.function.retries_max;
    function.management.has_event_configuration = wanted.has_event_configuration;
    function.management.event_configured_at = caller.now;
    function.management.event_age_s_max = wanted.event_age_s_max;
    function.management.on_success_arn = wanted.on_success_arn;
    function.management.on_failure_arn = wanted.on_failure_arn;
    ONPUT_TRY_VOID(check_events(function));
    FunctionRecord changed = *queue->function;
    changed.function = function;
    ONPUT_TRY_VOID(check_room(changed, *queue->function));
    *queue->function = std::move(changed);
    effects.batch().put(function_key(queue->account, queue->name),
                        schema::encode(*queue->function));
    return function;
}

Result<void> Functions::check_bus(const std::string& arn, const std::string& account) const {
    const std::string own =
        fmt::format("arn:aws:events:{}:{}:event-bus/", parts_.catalogue.region(), account);
    if (!arn.starts_with(own) || arn.size() == own.size()) {
        return invalid("The destination ARN " + cut_bytes(arn, schema::topic_name_bytes_max) +
                       " is invalid: it is no bus of this account and region.");
    }
    if (parts_.topics == Topics::reachable) return {};
    return invalid("a function cannot tell the bus " + arn +
                   ": the queue service has no notifier (option notifier_endpoint)");
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
    if (request.manages && !request.function.management.version.empty())
        return put_version(request, caller, effects);
    schema::FunctionInfo function = request.function;
    function.account = caller.principal.account;
    function.arn = parts_.catalogue.function_arn(function.account, function.name);
    if (function.account.empty()) return invalid("a function belongs to an account");
    ONPUT_TRY_VOID(check(function));
    Queue* queue = parts_.catalogue.find_function(function.account, function.name);
    ONPUT_TRY_VOID(check_put(request, queue));
    function.management = management_of(request, queue);
    ONPUT_TRY_VOID(check_events(function));
    function.management.revision_id = parts_.random.uuid();
    function.management.modified_at = caller.now;
    if (queue == nullptr) {
        if (parts_.catalogue.count_functions(function.account) >= functions_per_account_max) {
            return fail(ErrorCode::resource_exhausted, "this account has too many functions",
                        "OverLimit");
        }
        FunctionRecord record{.number = parts_.counters.next_queue(effects.batch()).get(),
                              .function = function};
        queue = &parts_.catalogue.add(std::move(record));
    } else {
        FunctionRecord changed = *queue->function;
        changed.function = function;
        ONPUT_TRY_VOID(check_room(changed, *queue->function));
        *queue->function = std::move(changed);
    }
    effects.batch().put(function_key(queue->account, queue->name),
                        schema::encode(*queue->function));
    // Its jobs may suit other workers now.
    parts_.dispatcher.reconsider();
    return function;
}

Result<schema::FunctionInfo> Functions::get(const schema::GetFunction& request,
                                            const Caller& caller) const {
    ONPUT_TRY(const Queue* queue, find(request.name, request.qualifier, caller));
    schema::FunctionInfo function = queue->function->function;
    function.arn = qualified_arn(function, request.qualifier);
    return function;
}

Result<schema::InvocationPrepared> Functions::prepare(const schema::PrepareInvocation& request,
                                                      const Caller& caller) {
    ONPUT_TRY(const Queue* function, find_invoked(request, caller));
    const Queue* queue = parts_.catalogue.draw_version(function->account, request.name,
                                                       request.qualifier, parts_.random);
    schema::InvocationPrepared prepared{.function = queue->function->function};
    prepared.function.arn = qualified_arn(prepared.function, request.qualifier);
    const std::string& version = prepared.function.management.version;
    prepared.version = version.empty() ? latest : version;
    // What is reserved is reserved for all versions together.
    const auto& reserved = function->function->function.management.reserved_concurrency;
    prepared.function.management.allows_loops =
        function->function->function.management.allows_loops;
    prepared.function.management.reserved_concurrency = reserved;
    if (reserved && parts_.dispatcher.free_concurrency(*function) == 0) {
        return fail(ErrorCode::resource_exhausted, "Rate Exceeded.", "TooManyRequests");
    }
    if (reserved && request.takes_place) {
        prepared.place = request.place.empty() ? parts_.random.uuid() : request.place;
        const auto time = std::chrono::seconds(prepared.function.timeout_s);
        parts_.dispatcher.take_place(*function, prepared.place, caller.now + time + call_start_max);
    }
    return prepared;
}

Result<schema::Empty> Functions::end_invocation(const schema::EndInvocation& request,
                                                const Caller&) {
    parts_.dispatcher.give_back(request.place);
    return schema::Empty{};
}

Result<schema::EventInvoked> Functions::invoke_event(const schema::InvokeEvent& request,
                                                     const Caller& caller, Effects& effects) {
    ONPUT_TRY(const Queue* function, find_invoked(request, caller));
    Queue* queue = parts_.catalogue.draw_version(function->account, request.name, request.qualifier,
                                                 parts_.random);
    if (request.payload.size() > schema::event_payload_bytes_max) {
        return fail(ErrorCode::invalid_argument,
                    "Request must be smaller than 1048576 bytes for the InvokeFunction operation",
                    "RequestTooLarge");
    }
    ONPUT_TRY_VOID(parts_.messages.check_room());
    MessageRecord record;
    record.message_id = parts_.random.uuid();
    record.body = request.payload;
    record.trace_header = request.trace_header;
    record.trace = caller.trace;
    record.is_logged = !caller.trace.trace_id.empty();
    if (Catalogue::is_alias(request.qualifier)) record.alias = request.qualifier;
    schema::EventInvoked invoked{.request_id = record.message_id};
    parts_.messages.add(*queue, std::move(record), caller.now, Duration{}, effects);
    return invoked;
}

schema::FunctionState Functions::describe(const Queue& queue) const {
    schema::FunctionState state{.function = queue.function->function};
    state.waiting =
        queue.messages.count(MessageState::visible) + queue.messages.count(MessageState::hidden);
    state.running = queue.messages.count(MessageState::in_flight);
    state.dead_lettered = queue.function->dead_lettered;
    for (const auto& [number, worker] : parts_.workers.all()) {
        if (!worker->endpoint.empty() && worker->serves(queue)) ++state.workers;
    }
    return state;
}

Result<schema::FunctionList> Functions::list(const schema::ListFunctions&,
                                             const Caller& caller) const {
    schema::FunctionList list;
    for (const auto& [key, queue] : parts_.catalogue.functions()) {
        const bool is_version = !queue->function->function.management.version.empty();
        if (queue->account != caller.principal.account || is_version) continue;
        list.functions.push_back(describe(*queue));
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
    if (!request.version.empty()) return remove_version(request, caller, effects);
    ONPUT_TRY_VOID(find(request.name, {}, caller));
    const auto queues = parts_.catalogue.versions_of(caller.principal.account, request.name);
    for (const Queue* queue : queues) ONPUT_TRY_VOID(check_empty(*queue));
    for (const Queue* queue : queues) {
        remove_rows(*queue, effects);
        parts_.catalogue.remove(*queue);
    }
    return schema::Empty{};
}

Result<schema::Empty> Functions::remove_version(const schema::DeleteFunction& request,
                                                const Caller& caller, Effects& effects) {
    ONPUT_TRY(Queue * function, find(request.name, {}, caller));
    ONPUT_TRY(const Queue* queue, find(request.name, request.version, caller));
    if (queue->function->function.management.version != request.version) {
        return fail(ErrorCode::invalid_argument,
                    "$LATEST version cannot be deleted without deleting the function.",
                    "InvalidParameterValue");
    }
    for (const auto& [name, alias] : function->function->aliases) {
        if (alias.version != request.version && !alias.weights.contains(request.version)) continue;
        return fail(ErrorCode::conflict,
                    "Version cannot be deleted. Alias " + alias.arn + " references it.",
                    "ResourceConflict");
    }
    ONPUT_TRY_VOID(check_empty(*queue));
    remove_rows(*queue, effects);
    parts_.catalogue.remove(*queue);
    // Its policy is in the function's row, as those of all qualifiers.
    if (function->function->policies.erase(request.version) != 0) {
        function->permissions.erase(request.version);
        effects.batch().put(function_key(function->account, function->name),
                            schema::encode(*function->function));
    }
    return schema::Empty{};
}

}  // namespace onput::queue
