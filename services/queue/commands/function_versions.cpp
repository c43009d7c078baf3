#include "services/queue/commands/function_versions.hpp"

#include <algorithm>

namespace onput::queue {
namespace {

constexpr std::string_view latest = "$LATEST";

std::unexpected<Error> invalid(std::string message) {
    return fail(ErrorCode::invalid_argument, std::move(message), "InvalidParameterValue");
}

std::unexpected<Error> revision_differs() {
    return fail(ErrorCode::conflict,
                "The Revision Id provided does not match the latest Revision Id. Call the "
                "GetFunction/GetAlias API to retrieve the latest Revision Id",
                "PreconditionFailed");
}

// What two versions must have in common to be the same.
schema::FunctionInfo essence(schema::FunctionInfo function) {
    function.arn.clear();
    function.handler.description.clear();
    const schema::FunctionManagement& management = function.management;
    function.management = {.architecture = management.architecture,
                           .tracing_mode = management.tracing_mode};
    return function;
}

bool is_number(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_alias_name(std::string_view name) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    };
    return !name.empty() && name.size() <= schema::alias_name_bytes_max && !is_number(name) &&
           std::ranges::all_of(name, fits);
}

std::unexpected<Error> no_alias(const Queue& function, const std::string& name) {
    return fail(ErrorCode::not_found, "Cannot find alias arn: " + function.arn + ":" + name,
                "ResourceNotFound");
}

}  // namespace

Result<schema::FunctionInfo> FunctionVersions::publish(
    const schema::PublishFunctionVersion& request, const Caller& caller, Effects& effects) {
    ONPUT_TRY(Queue * queue, parts_.functions.find(request.name, {}, caller));
    FunctionRecord& function = *queue->function;
    if (!request.revision_id.empty() &&
        request.revision_id != function.function.management.revision_id)
        return revision_differs();
    if (!request.code_sha256.empty() &&
        request.code_sha256 != function.function.handler.code.sha256)
        return invalid("CodeSHA256 (" + request.code_sha256 +
                       ") is different from current CodeSHA256 in $LATEST (" +
                       function.function.handler.code.sha256 +
                       "). Please try again with the CodeSHA256 in $LATEST.");
    const auto versions = parts_.catalogue.versions_of(queue->account, queue->name);
    const schema::FunctionInfo& last = versions.back()->function->function;
    if (versions.size() > 1 && essence(last) == essence(function.function)) return last;
    const bool is_full =
        versions.size() > schema::function_versions_max ||
        parts_.catalogue.count_functions(queue->account) >= functions_per_account_max;
    if (is_full)
        return fail(ErrorCode::resource_exhausted,
                    "this function, or its account, has too many versions: delete some",
                    "OverLimit");
    FunctionRecord record{.number = parts_.counters.next_queue(effects.batch()).get(),
                          .function = function.function};
    schema::FunctionManagement& management = record.function.management;
    management = essence(record.function).management;
    management.version = std::to_string(++function.last_version);
    management.revision_id = parts_.random.uuid();
    management.modified_at = caller.now;
    management.needs_permission = function.function.management.needs_permission;
    record.function.arn = queue->arn + ":" + management.version;
    if (!request.description.empty()) record.function.handler.description = request.description;
    const Queue& version = parts_.catalogue.add(std::move(record));
    effects.batch().put(function_key(version.account, version.name),
                        schema::encode(*version.function));
    effects.batch().put(function_key(queue->account, queue->name), schema::encode(function));
    return version.function->function;
}

Result<schema::FunctionList> FunctionVersions::list(const schema::ListFunctionVersions& request,
                                                    const Caller& caller) const {
    schema::FunctionList list;
    if (!request.name.empty()) {
        ONPUT_TRY_VOID(parts_.functions.find(request.name, {}, caller));
        const auto queues = parts_.catalogue.versions_of(caller.principal.account, request.name);
        for (const Queue* queue : queues)
            list.functions.push_back({.function = queue->function->function});
        return list;
    }
    for (const auto& [key, queue] : parts_.catalogue.functions()) {
        if (queue->account == caller.principal.account)
            list.functions.push_back({.function = queue->function->function});
    }
    return list;
}

Result<void> FunctionVersions::check_events(const schema::AliasEvents& events,
                                            const Queue& function) const {
    if (events.retries_max > alias_retries_max)
        return invalid("an event is tried again at most 2 times");
    schema::FunctionInfo checked = function.function->function;
    checked.management.event_age_s_max = events.event_age_s_max;
    checked.management.on_success_arn = events.on_success_arn;
    checked.management.on_failure_arn = events.on_failure_arn;
    return parts_.functions.check_events(checked);
}

Result<void> FunctionVersions::check_alias(const schema::FunctionAlias& alias,
                                           const Queue& function, const Caller& caller) const {
    if (!is_alias_name(alias.name))
        return invalid("an alias is 1 to 128 letters, digits, '-' and '_', and not only digits");
    if (alias.description.size() > schema::function_description_bytes_max)
        return invalid("an alias's description has at most 256 bytes");
    const auto is_version = [](const std::string& text) {
        return text == latest || is_number(text);
    };
    if (!is_version(alias.version)) return invalid("an alias names a version: $LATEST or a number");
    ONPUT_TRY_VOID(parts_.functions.find(function.name, alias.version, caller));
    if (alias.events) ONPUT_TRY_VOID(check_events(*alias.events, function));
    if (alias.weights.size() > 1)
        return invalid("an alias has at most one version besides its own");
    for (const auto& [version, weight] : alias.weights) {
        if (!is_number(version) || alias.version == latest)
            return invalid("$LATEST is not supported for an alias pointing to more than 1 version");
        if (version == alias.version)
            return invalid("Invalid function version " + version + ". Function version " + version +
                           " is already included in routing "
                           "configuration.");
        if (!(weight >= 0.0 && weight <= 1.0)) return invalid("a version's weight is 0.0 to 1.0");
        ONPUT_TRY_VOID(parts_.functions.find(function.name, version, caller));
    }
    return {};
}

Result<schema::FunctionAlias> FunctionVersions::put_alias(const schema::PutFunctionAlias& request,
                                                          const Caller& caller, Effects& effects) {
    ONPUT_TRY(Queue * queue, parts_.functions.find(request.function, {}, caller));
    schema::FunctionAlias alias = request.alias;
    alias.arn = queue->arn + ":" + alias.name;
    const auto& aliases = queue->function->aliases;
    const auto existing = aliases.find(alias.name);
    const bool is_there = existing != aliases.end();
    if (is_there && request.mode == schema::PutMode::create)
        return fail(ErrorCode::conflict, "Alias already exists: " + alias.arn, "ResourceConflict");
    if (!is_there && request.mode == schema::PutMode::replace) return no_alias(*queue, alias.name);
    if (is_there && !request.revision_id.empty() &&
        request.revision_id != existing->second.revision_id)
        return revision_differs();
    ONPUT_TRY_VOID(check_alias(alias, *queue, caller));
    if (!is_there && aliases.size() >= schema::function_aliases_max)
        return fail(ErrorCode::resource_exhausted, "this function has too many aliases",
                    "OverLimit");
    alias.revision_id = parts_.random.uuid();
    FunctionRecord changed = *queue->function;
    changed.aliases[alias.name] = alias;
    ONPUT_TRY_VOID(check_room(changed, *queue->function));
    *queue->function = std::move(changed);
    effects.batch().put(function_key(queue->account, queue->name),
                        schema::encode(*queue->function));
    return alias;
}

Result<schema::FunctionAlias> FunctionVersions::get_alias(const schema::GetFunctionAlias& request,
                                                          const Caller& caller) const {
    ONPUT_TRY(const Queue* queue, parts_.functions.find(request.function, {}, caller));
    const auto found = queue->function->aliases.find(request.name);
    if (found == queue->function->aliases.end()) return no_alias(*queue, request.name);
    return found->second;
}

Result<schema::FunctionAliasList> FunctionVersions::list_aliases(
    const schema::ListFunctionAliases& request, const Caller& caller) const {
    ONPUT_TRY(const Queue* queue, parts_.functions.find(request.function, {}, caller));
    schema::FunctionAliasList list;
    for (const auto& [name, alias] : queue->function->aliases) list.aliases.push_back(alias);
    return list;
}

Result<schema::Empty> FunctionVersions::remove_alias(const schema::DeleteFunctionAlias& request,
                                                     const Caller& caller, Effects& effects) {
    ONPUT_TRY(Queue * queue, parts_.functions.find(request.function, {}, caller));
    if (queue->function->aliases.erase(request.name) == 0) return schema::Empty{};
    queue->function->policies.erase(request.name);
    queue->permissions.erase(request.name);
    if (const auto url = queue->function->urls.find(request.name);
        url != queue->function->urls.end()) {
        parts_.catalogue.remove_url(url->second.id);
        queue->function->urls.erase(url);
    }
    effects.batch().put(function_key(queue->account, queue->name),
                        schema::encode(*queue->function));
    return schema::Empty{};
}

}  // namespace onput::queue
