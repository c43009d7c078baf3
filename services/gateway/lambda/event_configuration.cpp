// PutFunctionEventInvokeConfig and its like: how asynchronous invocations of a function, or of one
// of its versions, are tried again, and who is told of their ends.
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

constexpr std::uint32_t retries_default = 2;

void describe_destination(Value& destinations, const std::string& name, const std::string& arn) {
    destinations[name] = Value(Value::Map());
    if (!arn.empty()) destinations[name]["Destination"] = Value(arn);
}

Value describe(const schema::FunctionInfo& function) {
    const schema::FunctionManagement& management = function.management;
    Value described;
    described["LastModified"] = Value(to_millis(management.event_configured_at));
    described["FunctionArn"] =
        Value(management.version.empty() ? function.arn + ":$LATEST" : function.arn);
    described["MaximumRetryAttempts"] = Value(std::int64_t{function.retries_max});
    described["MaximumEventAgeInSeconds"] = Value(std::int64_t{management.event_age_s_max});
    describe_destination(described["DestinationConfig"], "OnSuccess", management.on_success_arn);
    describe_destination(described["DestinationConfig"], "OnFailure", management.on_failure_arn);
    return described;
}

void read_destination(const Value& destinations, std::string_view name, std::string& arn) {
    if (const Value* destination = destinations.find(name))
        arn = destination->text_of("Destination");
}

void read(const Value& input, schema::FunctionInfo& function) {
    schema::FunctionManagement& management = function.management;
    if (const Value* retries = input.find("MaximumRetryAttempts"))
        function.retries_max = static_cast<std::uint32_t>(retries->number().value_or(0));
    if (const Value* age = input.find("MaximumEventAgeInSeconds"))
        management.event_age_s_max = static_cast<std::uint32_t>(age->number().value_or(0));
    if (const Value* destinations = input.find("DestinationConfig")) {
        read_destination(*destinations, "OnSuccess", management.on_success_arn);
        read_destination(*destinations, "OnFailure", management.on_failure_arn);
    }
}

void clear(schema::FunctionInfo& function) {
    schema::FunctionManagement& management = function.management;
    function.retries_max = retries_default;
    management.event_age_s_max = schema::function_event_age_s_max;
    management.on_success_arn.clear();
    management.on_failure_arn.clear();
    management.has_event_configuration = false;
}

std::unexpected<Error> not_configured(const schema::FunctionInfo& function) {
    return fail(ErrorCode::not_found,
                fmt::format("The function {} doesn't have an EventInvokeConfig", function.arn),
                "ResourceNotFound");
}

// An alias has none of its own.
http::Task<Result<FunctionName>> find(Call& call) {
    auto named = name_in(call);
    if (!named) co_return named;
    const bool is_version = named->qualifier.empty() || named->qualifier == "$LATEST" ||
                            named->qualifier.find_first_not_of("0123456789") == std::string::npos;
    if (!is_version)
        co_return invalid("An alias has no EventInvokeConfig of its own here: give a version.");
    if (named->qualifier == "$LATEST") named->qualifier.clear();
    co_return named;
}

Outcome change(Call& call, std::function<Result<void>(schema::FunctionInfo&)> change) {
    auto named = co_await find(call);
    if (!named) co_return std::unexpected(std::move(named).error());
    auto set = [&call, &change](schema::FunctionInfo& function) -> Result<void> {
        ONPUT_TRY_VOID(change(function));
        function.management.has_event_configuration = true;
        function.management.event_configured_at = call.context.now;
        return {};
    };
    Modification wanted{.name = std::move(named->name), .change = std::move(set)};
    wanted.qualifier = std::move(named->qualifier);
    const auto changed = co_await modify(call, std::move(wanted));
    if (!changed) co_return std::unexpected(changed.error());
    co_return describe(*changed);
}

// Whom the input names must be within the reach of the function's role.
http::Task<Result<void>> check_destinations(Call& call) {
    const Value* destinations = call.input.find("DestinationConfig");
    if (destinations == nullptr) co_return Result<void>();
    std::vector<std::string> named(2);
    read_destination(*destinations, "OnSuccess", named[0]);
    read_destination(*destinations, "OnFailure", named[1]);
    auto function_name = co_await find(call);
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
    auto replace = [&call](schema::FunctionInfo& function) -> Result<void> {
        clear(function);
        read(call.input, function);
        return {};
    };
    const auto may = co_await check_destinations(call);
    if (!may) co_return std::unexpected(may.error());
    auto done = co_await change(call, std::move(replace));
    co_return done;
}

Outcome update_function_event_invoke_config(Call& call) {
    auto merge = [&call](schema::FunctionInfo& function) -> Result<void> {
        if (!function.management.has_event_configuration) return not_configured(function);
        read(call.input, function);
        return {};
    };
    const auto may = co_await check_destinations(call);
    if (!may) co_return std::unexpected(may.error());
    auto done = co_await change(call, std::move(merge));
    co_return done;
}

Outcome get_function_event_invoke_config(Call& call) {
    auto named = co_await find(call);
    if (!named) co_return std::unexpected(std::move(named).error());
    const schema::GetFunction message{.name = std::move(named->name),
                                      .qualifier = std::move(named->qualifier)};
    const auto found = co_await call.context.call(message);
    if (!found) co_return std::unexpected(found.error());
    if (!found->reply.management.has_event_configuration) co_return not_configured(found->reply);
    co_return describe(found->reply);
}

Outcome list_function_event_invoke_configs(Call& call) {
    auto name = bare_name_in(call);
    if (!name) co_return std::unexpected(std::move(name).error());
    const schema::ListFunctionVersions message{.name = *std::move(name)};
    const auto found = co_await call.context.call(message);
    if (!found) co_return std::unexpected(found.error());
    Value result;
    result["FunctionEventInvokeConfigs"] = Value(Value::List());
    for (const auto& state : found->reply.functions) {
        if (state.function.management.has_event_configuration)
            result["FunctionEventInvokeConfigs"].push_back(describe(state.function));
    }
    co_return result;
}

Outcome delete_function_event_invoke_config(Call& call) {
    auto named = co_await find(call);
    if (!named) co_return std::unexpected(std::move(named).error());
    auto remove = [](schema::FunctionInfo& function) -> Result<void> {
        if (!function.management.has_event_configuration) return not_configured(function);
        clear(function);
        return {};
    };
    Modification wanted{.name = std::move(named->name), .change = std::move(remove)};
    wanted.qualifier = std::move(named->qualifier);
    const auto changed = co_await modify(call, std::move(wanted));
    if (!changed) co_return std::unexpected(changed.error());
    co_return Value();
}

}  // namespace onput::gateway::lambda
