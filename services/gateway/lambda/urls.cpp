// CreateFunctionUrlConfig and its like: the HTTP addresses of functions and their aliases. What
// comes to them: url/serve.hpp.
#include <algorithm>
#include <utility>

#include "common/schema/function_url.hpp"
#include "services/gateway/lambda/errors.hpp"
#include "services/gateway/lambda/operation.hpp"
#include "services/gateway/lambda/url/url_host.hpp"

namespace onput::gateway::lambda {
namespace {

constexpr std::string_view buffered = "BUFFERED";

void show_list(Value& shown, const std::string& name, const std::vector<std::string>& items) {
    for (const auto& item : items) shown[name].push_back(Value(item));
}

Value describe_cors(const schema::FunctionUrlCors& cors) {
    Value shown;
    shown["AllowCredentials"] = Value::flag(cors.allows_credentials);
    show_list(shown, "AllowHeaders", cors.headers);
    show_list(shown, "AllowMethods", cors.methods);
    show_list(shown, "AllowOrigins", cors.origins);
    show_list(shown, "ExposeHeaders", cors.exposed);
    shown["MaxAge"] = Value(std::int64_t{cors.max_age_s});
    return shown;
}

Value describe(const Call& call, const schema::FunctionUrl& url) {
    const Config& config = call.context.shared.config;
    Value shown;
    shown["FunctionUrl"] =
        Value(write_url({.id = url.id, .region = config.region, .base_domain = config.base_domain},
                        call.context.public_address()));
    shown["FunctionArn"] = Value(url.function_arn);
    shown["AuthType"] = Value(url.auth_type);
    shown["InvokeMode"] = Value(buffered);
    if (url.has_cors) shown["Cors"] = describe_cors(url.cors);
    shown["CreationTime"] = Value(format_iso8601_millis(url.created_at));
    // An answer to its creation has no place for it.
    if (call.operation.name != "CreateFunctionUrlConfig")
        shown["LastModifiedTime"] = Value(format_iso8601_millis(url.modified_at));
    return shown;
}

// One without members takes the configuration away.
void read_cors(const Value& input, schema::FunctionUrl& url) {
    const Value* given = input.find("Cors");
    if (given == nullptr || given->map() == nullptr) return;
    url.has_cors = !given->map()->empty();
    const Value* age = given->find("MaxAge");
    url.cors = {
        .allows_credentials = given->text_of("AllowCredentials") == "true",
        .headers = aws::names_of(*given, "AllowHeaders"),
        .methods = aws::names_of(*given, "AllowMethods"),
        .origins = aws::names_of(*given, "AllowOrigins"),
        .exposed = aws::names_of(*given, "ExposeHeaders"),
        .max_age_s = static_cast<std::uint32_t>(age != nullptr ? age->number().value_or(0) : 0)};
}

Result<void> read(const Call& call, schema::FunctionUrl& url) {
    const std::string mode = call.input.text_of("InvokeMode");
    if (!mode.empty() && mode != buffered)
        return invalid("InvokeMode " + mode +
                       " is not available here: answers are BUFFERED. "
                       "Nothing was changed.");
    if (call.context.shared.config.base_domain.empty())
        return invalid(
            "Function URLs are hosts below the gateway's base domain, and it has none: "
            "set its option base_domain. Nothing was changed.");
    const std::string auth_type = call.input.text_of("AuthType");
    if (!auth_type.empty()) url.auth_type = auth_type;
    read_cors(call.input, url);
    return {};
}

// Those of the function that the input names.
http::Task<Result<std::vector<schema::FunctionUrl>>> list(Call& call, std::string function) {
    const schema::ListFunctionUrls message{.function = std::move(function)};
    auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    co_return std::move(answer->reply.urls);
}

// The one that the input names.
http::Task<Result<schema::FunctionUrl>> fetch(Call& call) {
    auto named = name_in(call);
    if (!named) co_return std::unexpected(std::move(named).error());
    auto urls = co_await list(call, named->name);
    if (!urls) co_return std::unexpected(std::move(urls).error());
    const auto found = std::ranges::find(*urls, named->qualifier, &schema::FunctionUrl::qualifier);
    if (found == urls->end())
        co_return fail(ErrorCode::not_found, "The resource you requested does not exist.",
                       "ResourceNotFound");
    co_return std::move(*found);
}

Outcome put(Call& call, schema::PutFunctionUrl message) {
    const auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(answer.error());
    co_return describe(call, answer->reply);
}

}  // namespace

Outcome create_function_url_config(Call& call) {
    auto named = name_in(call);
    if (!named) co_return std::unexpected(std::move(named).error());
    schema::PutFunctionUrl message{.mode = schema::PutMode::create};
    message.url.function = std::move(named->name);
    message.url.qualifier = std::move(named->qualifier);
    if (const auto done = read(call, message.url); !done) co_return std::unexpected(done.error());
    auto made = co_await put(call, std::move(message));
    co_return made;
}

Outcome get_function_url_config(Call& call) {
    const auto url = co_await fetch(call);
    if (!url) co_return std::unexpected(url.error());
    co_return describe(call, *url);
}

Outcome update_function_url_config(Call& call) {
    // What the input does not name must stay as somebody else leaves it meanwhile.
    for (int attempt = 1;; ++attempt) {
        auto url = co_await fetch(call);
        if (!url) co_return std::unexpected(std::move(url).error());
        schema::PutFunctionUrl message{.mode = schema::PutMode::replace,
                                       .modified_at = url->modified_at};
        message.url = *std::move(url);
        const auto done = read(call, message.url);
        if (!done) co_return std::unexpected(done.error());
        auto changed = co_await put(call, std::move(message));
        const bool was_changed = !changed && changed.error().reason == "PreconditionFailed";
        if (!was_changed || attempt == alias_attempts_max) co_return changed;
    }
}

Outcome delete_function_url_config(Call& call) {
    auto named = name_in(call);
    if (!named) co_return std::unexpected(std::move(named).error());
    const schema::DeleteFunctionUrl message{.function = std::move(named->name),
                                            .qualifier = std::move(named->qualifier)};
    const auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(answer.error());
    co_return Value();
}

Outcome list_function_url_configs(Call& call) {
    auto name = bare_name_in(call);
    if (!name) co_return std::unexpected(std::move(name).error());
    const auto urls = co_await list(call, *std::move(name));
    if (!urls) co_return std::unexpected(urls.error());
    Value result;
    result["FunctionUrlConfigs"] = Value(Value::List());
    const auto place_of = [&urls](std::size_t i) { return "$" + (*urls)[i].qualifier; };
    const auto page = take_page(call, urls->size(), place_of, result);
    if (!page) co_return std::unexpected(page.error());
    for (std::size_t i = page->begin; i < page->end; ++i)
        result["FunctionUrlConfigs"].push_back(describe(call, (*urls)[i]));
    co_return result;
}

}  // namespace onput::gateway::lambda
