// What belongs to a function besides its configuration: TagResource, UntagResource, ListTags,
// PutFunctionConcurrency and its like, and what clients read although it cannot be set here.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/schema/event_source.hpp"
#include "services/gateway/lambda/configuration.hpp"
#include "services/gateway/lambda/errors.hpp"
#include "services/gateway/lambda/operation.hpp"

namespace onput::gateway::lambda {
namespace {

// Of which some are always for functions that reserve none.
constexpr std::int64_t concurrency_max = 1000;
constexpr std::int64_t unreserved_min = 100;

// Tags are a function's, not a version's.
Result<std::string> tagged_name(const Call& call) {
    const std::string arn = call.input.text_of("Resource");
    ONPUT_TRY(auto named,
              parse_function_name({.text = arn, .account = call.context.identity.account_id}));
    if (named.qualifier.empty() && arn.starts_with("arn:")) return std::move(named.name);
    return invalid(
        "Tags on function aliases and versions are not supported. Please specify either "
        "a function ARN.");
}

// Of the ARN of an event source mapping; empty: it is another's.
std::string mapping_in(const Call& call) {
    constexpr std::string_view kind = ":event-source-mapping:";
    const std::string arn = call.input.text_of("Resource");
    const auto at = arn.find(kind);
    return at == std::string::npos ? std::string() : arn.substr(at + kind.size());
}

http::Task<Result<schema::EventSourceMapping>> fetch_mapping(Call& call, std::string id) {
    const schema::GetEventSourceMapping message{.id = std::move(id)};
    auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    co_return std::move(answer->reply);
}

using Tags = std::map<std::string, std::string>;

Outcome change_mapping_tags(Call& call, std::string id, std::function<void(Tags&)> change) {
    auto mapping = co_await fetch_mapping(call, std::move(id));
    if (!mapping) co_return std::unexpected(std::move(mapping).error());
    schema::PutEventSourceMapping message{.mapping = *std::move(mapping)};
    change(message.mapping.tags);
    if (const auto checked = check_tags(message.mapping.tags); !checked)
        co_return std::unexpected(checked.error());
    const auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(answer.error());
    co_return Value();
}

Value describe_tags(const Tags& tags) {
    Value result;
    result["Tags"] = Value(Value::Map());
    for (const auto& [key, value] : tags) result["Tags"][key] = Value(value);
    return result;
}

Value describe_concurrency(const schema::FunctionInfo& function) {
    Value result;
    if (const auto& reserved = function.management.reserved_concurrency)
        result["ReservedConcurrentExecutions"] = Value(std::int64_t{*reserved});
    return result;
}

http::Task<Result<schema::FunctionInfo>> fetch(Call& call, std::string name) {
    const schema::GetFunction message{.name = std::move(name)};
    auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    co_return std::move(answer->reply);
}

// The function that FunctionName names; only that it is there matters.
http::Task<Result<schema::FunctionInfo>> fetch_named(Call& call) {
    auto named = name_in(call);
    if (!named) co_return std::unexpected(std::move(named).error());
    auto function = co_await fetch(call, std::move(named->name));
    co_return function;
}

Outcome change_function(Call& call, std::string name,
                        std::function<Result<void>(schema::FunctionInfo&)> change) {
    Modification wanted{.name = std::move(name), .change = std::move(change)};
    const auto changed = co_await modify(call, std::move(wanted));
    if (!changed) co_return std::unexpected(changed.error());
    co_return Value();
}

// Of a function or a mapping.
Outcome change_tags(Call& call, std::function<void(Tags&)> change) {
    if (std::string mapping = mapping_in(call); !mapping.empty()) {
        auto changed = co_await change_mapping_tags(call, std::move(mapping), std::move(change));
        co_return changed;
    }
    auto name = tagged_name(call);
    if (!name) co_return std::unexpected(std::move(name).error());
    auto set = [&change](schema::FunctionInfo& function) -> Result<void> {
        change(function.management.tags);
        return check_tags(function.management.tags);
    };
    auto changed = co_await change_function(call, *std::move(name), std::move(set));
    co_return changed;
}

}  // namespace

Outcome get_account_settings(Call& call) {
    const schema::ListFunctions message;
    const auto functions = co_await call.context.call(message);
    if (!functions) co_return std::unexpected(functions.error());
    std::int64_t bytes = 0;
    std::int64_t reserved = 0;
    for (const auto& state : functions->reply.functions) {
        bytes += static_cast<std::int64_t>(state.function.handler.code.bytes);
        reserved += state.function.management.reserved_concurrency.value_or(0);
    }
    Value result;
    result["AccountLimit"]["ConcurrentExecutions"] = Value(concurrency_max);
    result["AccountLimit"]["UnreservedConcurrentExecutions"] =
        Value(std::max<std::int64_t>(concurrency_max - reserved, unreserved_min));
    result["AccountLimit"]["CodeSizeUnzipped"] = Value(std::int64_t{262'144'000});
    result["AccountLimit"]["CodeSizeZipped"] = Value(std::int64_t{52'428'800});
    result["AccountUsage"]["FunctionCount"] =
        Value(static_cast<std::int64_t>(functions->reply.functions.size()));
    result["AccountUsage"]["TotalCodeSize"] = Value(bytes);
    co_return result;
}

Outcome tag_resource(Call& call) {
    const auto tags = aws::texts_of(call.input, "Tags");
    auto add = [&tags](Tags& held) {
        for (const auto& [key, value] : tags) held[key] = value;
    };
    auto changed = co_await change_tags(call, std::move(add));
    co_return changed;
}

Outcome untag_resource(Call& call) {
    const auto keys = aws::names_of(call.input, "TagKeys");
    auto remove = [&keys](Tags& held) {
        for (const auto& key : keys) held.erase(key);
    };
    auto changed = co_await change_tags(call, std::move(remove));
    co_return changed;
}

Outcome list_tags(Call& call) {
    if (std::string id = mapping_in(call); !id.empty()) {
        const auto mapping = co_await fetch_mapping(call, std::move(id));
        if (!mapping) co_return std::unexpected(mapping.error());
        co_return describe_tags(mapping->tags);
    }
    auto name = tagged_name(call);
    if (!name) co_return std::unexpected(std::move(name).error());
    const auto function = co_await fetch(call, *std::move(name));
    if (!function) co_return std::unexpected(function.error());
    co_return describe_tags(function->management.tags);
}

Outcome put_function_concurrency(Call& call) {
    auto name = bare_name_in(call);
    if (!name) co_return std::unexpected(std::move(name).error());
    const Value* wanted = call.input.find("ReservedConcurrentExecutions");
    const std::int64_t reserved = wanted != nullptr ? wanted->number().value_or(0) : 0;
    const schema::ListFunctions message;
    const auto functions = co_await call.context.call(message);
    if (!functions) co_return std::unexpected(functions.error());
    std::int64_t all = reserved;
    for (const auto& state : functions->reply.functions) {
        if (state.function.name != *name)
            all += state.function.management.reserved_concurrency.value_or(0);
    }
    if (all > concurrency_max - unreserved_min) {
        co_return invalid(
            fmt::format("Specified ReservedConcurrentExecutions for function "
                        "decreases account's UnreservedConcurrentExecution below "
                        "its minimum value of [{}].",
                        unreserved_min));
    }
    auto change = [reserved](schema::FunctionInfo& function) -> Result<void> {
        function.management.reserved_concurrency = static_cast<std::uint32_t>(reserved);
        return {};
    };
    const auto changed = co_await change_function(call, *std::move(name), std::move(change));
    if (!changed) co_return std::unexpected(changed.error());
    Value result;
    result["ReservedConcurrentExecutions"] = Value(reserved);
    co_return result;
}

Outcome get_function_concurrency(Call& call) {
    auto name = bare_name_in(call);
    if (!name) co_return std::unexpected(std::move(name).error());
    const auto function = co_await fetch(call, *std::move(name));
    if (!function) co_return std::unexpected(function.error());
    co_return describe_concurrency(*function);
}

Outcome delete_function_concurrency(Call& call) {
    auto name = bare_name_in(call);
    if (!name) co_return std::unexpected(std::move(name).error());
    auto change = [](schema::FunctionInfo& function) -> Result<void> {
        function.management.reserved_concurrency.reset();
        return {};
    };
    auto changed = co_await change_function(call, *std::move(name), std::move(change));
    co_return changed;
}

// There is none: clients that read everything back read this, too.
Outcome get_function_code_signing_config(Call& call) {
    const auto function = co_await fetch_named(call);
    if (!function) co_return std::unexpected(function.error());
    Value result;
    result["FunctionName"] = Value(function->name);
    co_return result;
}

// What a function causes is followed, and a loop of functions is stopped (the loop guard).
Outcome get_function_recursion_config(Call& call) {
    const auto function = co_await fetch_named(call);
    if (!function) co_return std::unexpected(function.error());
    Value result;
    result["RecursiveLoop"] = Value(function->management.allows_loops ? "Allow" : "Terminate");
    co_return result;
}

Outcome put_function_recursion_config(Call& call) {
    auto name = bare_name_in(call);
    if (!name) co_return std::unexpected(std::move(name).error());
    const std::string wanted = call.input.text_of("RecursiveLoop");
    Modification change{.name = *std::move(name),
                        .change = [&wanted](schema::FunctionInfo& function) -> Result<void> {
                            function.management.allows_loops = wanted == "Allow";
                            return {};
                        }};
    const auto changed = co_await modify(call, std::move(change));
    if (!changed) co_return std::unexpected(changed.error());
    Value result;
    result["RecursiveLoop"] = Value(wanted);
    co_return result;
}

Outcome get_runtime_management_config(Call& call) {
    const auto function = co_await fetch_named(call);
    if (!function) co_return std::unexpected(function.error());
    Value result;
    result["UpdateRuntimeOn"] = Value("Auto");
    result["FunctionArn"] = Value(function->arn);
    co_return result;
}

}  // namespace onput::gateway::lambda
