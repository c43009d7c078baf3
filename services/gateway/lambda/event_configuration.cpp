// PutFunctionEventInvokeConfig and its like: how asynchronous invocations of a function, of one of
// its versions or by one of its aliases are tried again, and who is told of their ends. That of an
// alias is the alias's, that of the others the function's or the version's.
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "common/schema/function_access.hpp"
#include "services/gateway/lambda/errors.hpp"
#include "services/gateway/lambda/operation.hpp"
#include "services/gateway/lambda/role.hpp"

namespace onput::gateway::lambda {
namespace {

using Events = schema::AliasEvents;

void describe_destination(Value& destinations, const std::string& name, const std::string& arn) {
    destinations[name] = Value(Value::Map());
    if (!arn.empty()) destinations[name]["Destination"] = Value(arn);
}

Value describe(const std::string& arn, const Events& events) {
    Value described;
    described["LastModified"] = Value(to_millis(events.configured_at));
    described["FunctionArn"] = Value(arn);
    described["MaximumRetryAttempts"] = Value(std::int64_t{events.retries_max});
    described["MaximumEventAgeInSeconds"] = Value(std::int64_t{events.event_age_s_max});
    describe_destination(described["DestinationConfig"], "OnSuccess", events.on_success_arn);
    describe_destination(described["DestinationConfig"], "OnFailure", events.on_failure_arn);
    return described;
}

void read_destination(const Value& destinations, std::string_view name, std::string& arn) {
    if (const Value* destination = destinations.find(name))
        arn = destination->text_of("Destination");
}

void read(const Value& input, Events& events) {
    if (const Value* retries = input.find("MaximumRetryAttempts"))
        events.retries_max = static_cast<std::uint32_t>(retries->number().value_or(0));
    if (const Value* age = input.find("MaximumEventAgeInSeconds"))
        events.event_age_s_max = static_cast<std::uint32_t>(age->number().value_or(0));
    if (const Value* destinations = input.find("DestinationConfig")) {
        read_destination(*destinations, "OnSuccess", events.on_success_arn);
        read_destination(*destinations, "OnFailure", events.on_failure_arn);
    }
}

std::string arn_of(const schema::FunctionInfo& function) {
    return function.management.version.empty() ? function.arn + ":$LATEST" : function.arn;
}

std::optional<Events> events_of(const schema::FunctionInfo& function) {
    const schema::FunctionManagement& management = function.management;
    if (!management.has_event_configuration) return std::nullopt;
    return Events{.configured_at = management.event_configured_at,
                  .retries_max = function.retries_max,
                  .event_age_s_max = management.event_age_s_max,
                  .on_success_arn = management.on_success_arn,
                  .on_failure_arn = management.on_failure_arn};
}

void set_events(schema::FunctionInfo& function, const std::optional<Events>& events) {
    schema::FunctionManagement& management = function.management;
    const Events wanted = events.value_or(Events{});
    function.retries_max = wanted.retries_max;
    management.has_event_configuration = events.has_value();
    if (events) management.event_configured_at = wanted.configured_at;
    management.event_age_s_max = wanted.event_age_s_max;
    management.on_success_arn = wanted.on_success_arn;
    management.on_failure_arn = wanted.on_failure_arn;
}

// What the input names, and what it has.
struct Configured {
    std::string arn;
    std::optional<Events> events;
};

std::unexpected<Error> not_configured(const std::string& arn) {
    return fail(ErrorCode::not_found,
                fmt::format("The function {} doesn't have an EventInvokeConfig", arn),
                "ResourceNotFound");
}

bool is_alias(const FunctionName& named) {
    return named.qualifier.find_first_not_of("0123456789") != std::string::npos;
}

Result<FunctionName> find(const Call& call) {
    ONPUT_TRY(auto named, name_in(call));
    if (named.qualifier == "$LATEST") named.qualifier.clear();
    return named;
}

http::Task<Result<schema::FunctionAlias>> fetch_alias(Call& call, FunctionName named) {
    const schema::GetFunctionAlias message{.function = std::move(named.name),
                                           .name = std::move(named.qualifier)};
    auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    co_return std::move(answer->reply);
}

http::Task<Result<Configured>> fetch(Call& call) {
    auto named = find(call);
    if (!named) co_return std::unexpected(std::move(named).error());
    if (is_alias(*named)) {
        auto alias = co_await fetch_alias(call, *std::move(named));
        if (!alias) co_return std::unexpected(std::move(alias).error());
        co_return Configured{.arn = std::move(alias->arn), .events = std::move(alias->events)};
    }
    const schema::GetFunction message{.name = std::move(named->name),
                                      .qualifier = std::move(named->qualifier)};
    const auto found = co_await call.context.call(message);
    if (!found) co_return std::unexpected(found.error());
    co_return Configured{.arn = arn_of(found->reply), .events = events_of(found->reply)};
}

// Nothing: there is to be none.
using Change = std::function<Result<std::optional<Events>>(const Configured&)>;

http::Task<Result<Configured>> change_alias(Call& call, FunctionName named, Change change) {
    for (int attempt = 1;; ++attempt) {
        FunctionName again = named;
        auto alias = co_await fetch_alias(call, std::move(again));
        if (!alias) co_return std::unexpected(std::move(alias).error());
        auto events = change({.arn = alias->arn, .events = alias->events});
        if (!events) co_return std::unexpected(std::move(events).error());
        schema::PutFunctionAlias message{.function = named.name,
                                         .mode = schema::PutMode::replace,
                                         .revision_id = alias->revision_id};
        message.alias = *std::move(alias);
        message.alias.events = *std::move(events);
        const auto answer = co_await call.context.call(message);
        if (answer) co_return Configured{.arn = answer->reply.arn, .events = answer->reply.events};
        const bool was_changed = answer.error().reason == "PreconditionFailed";
        if (!was_changed || attempt == alias_attempts_max)
            co_return std::unexpected(answer.error());
    }
}

http::Task<Result<Configured>> change(Call& call, Change change) {
    auto named = find(call);
    if (!named) co_return std::unexpected(std::move(named).error());
    if (is_alias(*named)) {
        auto changed = co_await change_alias(call, *std::move(named), std::move(change));
        co_return changed;
    }
    auto set = [&change](schema::FunctionInfo& function) -> Result<void> {
        ONPUT_TRY(const auto events,
                  change({.arn = arn_of(function), .events = events_of(function)}));
        set_events(function, events);
        return {};
    };
    Modification wanted{.name = std::move(named->name), .change = std::move(set)};
    wanted.qualifier = std::move(named->qualifier);
    const auto changed = co_await modify(call, std::move(wanted));
    if (!changed) co_return std::unexpected(changed.error());
    co_return Configured{.arn = arn_of(*changed), .events = events_of(*changed)};
}

// Whom the input names must be within the reach of the function's role.
http::Task<Result<void>> check_destinations(Call& call) {
    const Value* destinations = call.input.find("DestinationConfig");
    if (destinations == nullptr) co_return Result<void>();
    std::vector<std::string> named(2);
    read_destination(*destinations, "OnSuccess", named[0]);
    read_destination(*destinations, "OnFailure", named[1]);
    auto function_name = find(call);
    if (!function_name) co_return std::unexpected(std::move(function_name).error());
    const schema::GetFunction message{.name = std::move(function_name->name),
                                      .qualifier = std::move(function_name->qualifier)};
    const auto found = co_await call.context.call(message);
    if (!found) co_return std::unexpected(found.error());
    auto may = co_await check_may_tell(call, found->reply.handler.role_arn, std::move(named));
    co_return may;
}

}  // namespace

Outcome put_function_event_invoke_config(Call& call) {
    auto replace = [&call](const Configured&) -> Result<std::optional<Events>> {
        Events events{.configured_at = call.context.now};
        read(call.input, events);
        return events;
    };
    const auto may = co_await check_destinations(call);
    if (!may) co_return std::unexpected(may.error());
    const auto done = co_await change(call, std::move(replace));
    if (!done) co_return std::unexpected(done.error());
    co_return describe(done->arn, done->events.value_or(Events{}));
}

Outcome update_function_event_invoke_config(Call& call) {
    auto merge = [&call](const Configured& before) -> Result<std::optional<Events>> {
        if (!before.events) return not_configured(before.arn);
        Events events = *before.events;
        events.configured_at = call.context.now;
        read(call.input, events);
        return events;
    };
    const auto may = co_await check_destinations(call);
    if (!may) co_return std::unexpected(may.error());
    const auto done = co_await change(call, std::move(merge));
    if (!done) co_return std::unexpected(done.error());
    co_return describe(done->arn, done->events.value_or(Events{}));
}

Outcome get_function_event_invoke_config(Call& call) {
    const auto found = co_await fetch(call);
    if (!found) co_return std::unexpected(found.error());
    if (!found->events) co_return not_configured(found->arn);
    co_return describe(found->arn, *found->events);
}

Outcome list_function_event_invoke_configs(Call& call) {
    auto name = bare_name_in(call);
    if (!name) co_return std::unexpected(std::move(name).error());
    const schema::ListFunctionVersions versions_of{.name = *name};
    const auto versions = co_await call.context.call(versions_of);
    if (!versions) co_return std::unexpected(versions.error());
    const schema::ListFunctionAliases aliases_of{.function = *std::move(name)};
    const auto aliases = co_await call.context.call(aliases_of);
    if (!aliases) co_return std::unexpected(aliases.error());
    Value result;
    result["FunctionEventInvokeConfigs"] = Value(Value::List());
    Value& list = result["FunctionEventInvokeConfigs"];
    for (const auto& state : versions->reply.functions) {
        if (const auto events = events_of(state.function))
            list.push_back(describe(arn_of(state.function), *events));
    }
    for (const auto& alias : aliases->reply.aliases) {
        if (alias.events) list.push_back(describe(alias.arn, *alias.events));
    }
    co_return result;
}

Outcome delete_function_event_invoke_config(Call& call) {
    auto remove = [](const Configured& before) -> Result<std::optional<Events>> {
        if (!before.events) return not_configured(before.arn);
        return std::optional<Events>();
    };
    const auto done = co_await change(call, std::move(remove));
    if (!done) co_return std::unexpected(done.error());
    co_return Value();
}

}  // namespace onput::gateway::lambda
