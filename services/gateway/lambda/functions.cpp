// CreateFunction, GetFunction, GetFunctionConfiguration, ListFunctions, UpdateFunctionCode,
// UpdateFunctionConfiguration, DeleteFunction.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/base/encoding.hpp"
#include "common/schema/function_access.hpp"
#include "services/gateway/lambda/code.hpp"
#include "services/gateway/lambda/configuration.hpp"
#include "services/gateway/lambda/errors.hpp"
#include "services/gateway/lambda/operation.hpp"
#include "services/gateway/lambda/role.hpp"

namespace onput::gateway::lambda {
namespace {

constexpr std::string_view own_worker = "function";
constexpr int modify_attempts_max = 5;
constexpr std::size_t page_items_max = 50;

bool wants(const Value& input, std::string_view name) {
    return input.text_of(name) == "true";
}

Result<schema::FunctionInfo> read_function(const Call& call, std::string name) {
    const Value& input = call.input;
    schema::FunctionInfo function;
    function.name = std::move(name);
    function.worker = own_worker;
    function.timeout_s = timeout_s_default;
    function.management.needs_permission = true;
    if (input.text_of("Runtime").empty() || input.text_of("Handler").empty()) {
        return invalid(
            "Runtime and Handler are mandatory parameters for functions created with deployment "
            "packages.");
    }
    ONPUT_TRY_VOID(read_configuration(input, function));
    function.management.tags = aws::texts_of(input, "Tags");
    ONPUT_TRY_VOID(check_tags(function.management.tags));
    return function;
}

// Refused before the zip is looked at and stored.
http::Task<Result<void>> check_is_new(Call& call, std::string name) {
    const schema::GetFunction message{.name = name};
    const auto found = co_await call.context.call(message);
    if (!found && found.error().code == ErrorCode::not_found) co_return Result<void>();
    if (!found) co_return std::unexpected(found.error());
    co_return fail(ErrorCode::conflict, "Function already exist: " + name, "ResourceConflict");
}

http::Task<Result<schema::FunctionInfo>> put(Call& call, schema::PutFunction message) {
    auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    co_return std::move(answer->reply);
}

http::Task<Result<schema::FunctionInfo>> fetch(Call& call, FunctionName named) {
    const schema::GetFunction message{.name = std::move(named.name),
                                      .qualifier = std::move(named.qualifier)};
    auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    co_return std::move(answer->reply);
}

// Of what the function will have by this update: its role, and where its dead letters go.
http::Task<Result<void>> check_dead_letters(Call& call, const std::string& name) {
    const Value* letters = call.input.find("DeadLetterConfig");
    std::string role = call.input.text_of("Role");
    if (letters == nullptr && role.empty()) co_return Result<void>();
    FunctionName named{.name = name, .qualifier = {}};
    const auto function = co_await fetch(call, std::move(named));
    if (!function) co_return std::unexpected(function.error());
    if (role.empty()) role = function->handler.role_arn;
    std::string target =
        letters != nullptr ? letters->text_of("TargetArn") : function->dead_letter_arn;
    auto checked = co_await check_may_dead_letter(call, std::move(role), std::move(target));
    co_return checked;
}

Result<void> check_is_own(const schema::FunctionInfo& function) {
    if (function.worker == own_worker) return {};
    return invalid(fmt::format("{} is run by the worker {}: it has no code of its own.",
                               function.name, function.worker));
}

}  // namespace

namespace {

Result<FunctionName> read_name(const Call& call, NameParts parts) {
    const std::string name = call.input.text_of("FunctionName");
    const std::string qualifier = call.input.text_of("Qualifier");
    parts.text = name;
    parts.qualifier = qualifier;
    parts.account = call.context.identity.account_id;
    return parse_function_name(parts);
}

}  // namespace

Result<FunctionName> name_in(const Call& call) {
    return read_name(call, {});
}

Result<FunctionName> any_name_in(const Call& call) {
    return read_name(call, {.text = {}, .account = {}, .admits_other_accounts = true});
}

Result<std::string> bare_name_in(const Call& call) {
    ONPUT_TRY(auto named, name_in(call));
    if (named.qualifier.empty() || named.qualifier == "$LATEST") return std::move(named.name);
    return invalid(
        "This operation does not support function versions and aliases: give the name "
        "without a qualifier.");
}

http::Task<Result<schema::FunctionInfo>> modify(Call& call, Modification wanted) {
    for (int attempt = 0;; ++attempt) {
        FunctionName named{.name = wanted.name, .qualifier = wanted.qualifier};
        auto function = co_await fetch(call, std::move(named));
        if (!function) co_return function;
        schema::PutFunction message{.mode = schema::PutMode::replace, .manages = true};
        message.revision_id =
            wanted.revision_id.empty() ? function->management.revision_id : wanted.revision_id;
        if (const auto changed = wanted.change(*function); !changed)
            co_return std::unexpected(changed.error());
        message.function = *std::move(function);
        auto done = co_await put(call, std::move(message));
        const bool was_changed = !done && done.error().reason == "PreconditionFailed" &&
                                 wanted.revision_id.empty() && attempt < modify_attempts_max;
        if (!was_changed) co_return done;
    }
}

Result<Page> take_page(const Call& call, std::size_t count,
                       const std::function<std::string(std::size_t)>& place_of, Value& result) {
    const auto marker = from_base64(call.input.text_of("Marker"));
    if (!marker) return invalid("The marker is none that was given out.");
    Page page;
    if (!marker->empty()) {
        while (page.begin < count && place_of(page.begin) <= *marker) ++page.begin;
    }
    std::size_t most = page_items_max;
    if (const Value* items = call.input.find("MaxItems")) {
        const auto wanted = items->number().value_or(page_items_max);
        most = std::clamp<std::size_t>(static_cast<std::size_t>(wanted), 1, page_items_max);
    }
    page.end = std::min(count, page.begin + most);
    if (page.end < count && page.end > 0)
        result["NextMarker"] = Value(to_base64(place_of(page.end - 1)));
    return page;
}

Outcome create_function(Call& call) {
    auto name = bare_name_in(call);
    if (!name) co_return std::unexpected(std::move(name).error());
    schema::PutFunction message{.mode = schema::PutMode::create, .manages = true};
    auto function = read_function(call, *name);
    if (!function) co_return std::unexpected(std::move(function).error());
    message.function = *std::move(function);
    const auto is_new = co_await check_is_new(call, *name);
    if (!is_new) co_return std::unexpected(is_new.error());
    const auto has_role = co_await check_role(call);
    if (!has_role) co_return std::unexpected(has_role.error());
    const auto may_send = co_await check_may_dead_letter(call, message.function.handler.role_arn,
                                                         message.function.dead_letter_arn);
    if (!may_send) co_return std::unexpected(may_send.error());
    static const Value nothing;
    const Value* source = call.input.find("Code");
    auto code =
        co_await take_code(call, source != nullptr ? *source : nothing, *name, CodeUse::store);
    if (!code) co_return std::unexpected(std::move(code).error());
    message.function.handler.code = *std::move(code);
    auto layers = co_await find_layers(call);
    if (!layers) co_return std::unexpected(std::move(layers).error());
    if (*layers) message.function.handler.layers = **std::move(layers);
    auto made = co_await put(call, std::move(message));
    if (!made) co_return std::unexpected(std::move(made).error());
    if (!wants(call.input, "Publish")) co_return describe_configuration(*made);
    auto version = co_await publish(call, *name, std::string());
    if (!version) co_return std::unexpected(std::move(version).error());
    co_return describe_configuration(*version);
}

Outcome get_function(Call& call) {
    auto named = name_in(call);
    if (!named) co_return std::unexpected(std::move(named).error());
    const bool is_qualified = !named->qualifier.empty();
    const std::string name = named->name;
    auto function = co_await fetch(call, *std::move(named));
    if (!function) co_return std::unexpected(std::move(function).error());
    Value result;
    result["Configuration"] = describe_configuration(*function);
    result["Code"]["RepositoryType"] = Value("S3");
    if (auto location = code_location(call.context, function->handler.code); !location.empty())
        result["Code"]["Location"] = Value(std::move(location));
    if (!function->management.version.empty()) {
        FunctionName whole{.name = name, .qualifier = {}};
        function = co_await fetch(call, std::move(whole));
        if (!function) co_return std::unexpected(std::move(function).error());
    }
    for (const auto& [key, value] : function->management.tags) result["Tags"][key] = Value(value);
    const auto& reserved = function->management.reserved_concurrency;
    if (reserved && !is_qualified) {
        result["Concurrency"]["ReservedConcurrentExecutions"] = Value(std::int64_t{*reserved});
    }
    co_return result;
}

Outcome get_function_configuration(Call& call) {
    auto named = name_in(call);
    if (!named) co_return std::unexpected(std::move(named).error());
    const auto function = co_await fetch(call, *std::move(named));
    if (!function) co_return std::unexpected(function.error());
    co_return describe_configuration(*function);
}

Outcome list_functions(Call& call) {
    schema::FunctionList functions;
    const bool lists_versions = call.input.text_of("FunctionVersion") == "ALL";
    if (lists_versions) {
        const schema::ListFunctionVersions message;
        auto answer = co_await call.context.call(message);
        if (!answer) co_return std::unexpected(std::move(answer).error());
        functions = std::move(answer->reply);
    } else {
        const schema::ListFunctions message;
        auto answer = co_await call.context.call(message);
        if (!answer) co_return std::unexpected(std::move(answer).error());
        functions = std::move(answer->reply);
    }
    // Those of Onput itself, such as onput.polly, have names that nobody can ask for.
    auto& all = functions.functions;
    std::erase_if(all, [](const auto& state) { return state.function.name.contains('.'); });
    const auto place_of = [&all](std::size_t i) {
        const schema::FunctionInfo& function = all[i].function;
        return fmt::format("{}:{:0>20}", function.name, function.management.version);
    };
    std::vector<std::pair<std::string, std::size_t>> order;
    for (std::size_t i = 0; i < all.size(); ++i) order.emplace_back(place_of(i), i);
    std::ranges::sort(order);
    Value result;
    result["Functions"] = Value(Value::List());
    const auto page =
        take_page(call, order.size(), [&order](std::size_t i) { return order[i].first; }, result);
    if (!page) co_return std::unexpected(page.error());
    for (std::size_t i = page->begin; i < page->end; ++i)
        result["Functions"].push_back(describe_configuration(all[order[i].second].function));
    co_return result;
}

Outcome update_function_code(Call& call) {
    auto name = bare_name_in(call);
    if (!name) co_return std::unexpected(std::move(name).error());
    FunctionName named{.name = *name, .qualifier = {}};
    auto function = co_await fetch(call, std::move(named));
    if (!function) co_return std::unexpected(std::move(function).error());
    if (const auto own = check_is_own(*function); !own) co_return std::unexpected(own.error());
    const bool is_rehearsal = wants(call.input, "DryRun");
    auto code = co_await take_code(call, call.input, *name,
                                   is_rehearsal ? CodeUse::check_only : CodeUse::store);
    if (!code) co_return std::unexpected(std::move(code).error());
    if (is_rehearsal) {
        function->handler.code = *std::move(code);
        co_return describe_configuration(*function);
    }
    Modification wanted{.name = *name,
                        .revision_id = call.input.text_of("RevisionId"),
                        .change = [&](schema::FunctionInfo& changed) -> Result<void> {
                            changed.handler.code = *code;
                            return {};
                        }};
    const auto changed = co_await modify(call, std::move(wanted));
    if (!changed) co_return std::unexpected(changed.error());
    if (!wants(call.input, "Publish")) co_return describe_configuration(*changed);
    const auto version = co_await publish(call, *name, std::string());
    if (!version) co_return std::unexpected(version.error());
    co_return describe_configuration(*version);
}

Outcome update_function_configuration(Call& call) {
    auto name = bare_name_in(call);
    if (!name) co_return std::unexpected(std::move(name).error());
    const auto has_role = co_await check_role(call);
    if (!has_role) co_return std::unexpected(has_role.error());
    const auto layers = co_await find_layers(call);
    if (!layers) co_return std::unexpected(layers.error());
    const auto may_send = co_await check_dead_letters(call, *name);
    if (!may_send) co_return std::unexpected(may_send.error());
    Modification wanted{.name = *std::move(name),
                        .revision_id = call.input.text_of("RevisionId"),
                        .change = [&](schema::FunctionInfo& function) -> Result<void> {
                            ONPUT_TRY_VOID(check_is_own(function));
                            if (*layers) function.handler.layers = **layers;
                            return read_configuration(call.input, function);
                        }};
    const auto changed = co_await modify(call, std::move(wanted));
    if (!changed) co_return std::unexpected(changed.error());
    co_return describe_configuration(*changed);
}

Outcome delete_function(Call& call) {
    const auto named = name_in(call);
    if (!named) co_return std::unexpected(named.error());
    const schema::DeleteFunction message{.name = named->name, .version = named->qualifier};
    const auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(answer.error());
    co_return Value();
}

}  // namespace onput::gateway::lambda
