#include "services/queue/commands/function_urls.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "common/auth/decision.hpp"
#include "common/base/check.hpp"
#include "common/service/policy_principal.hpp"
#include "common/service/request_values.hpp"

namespace onput::queue {
namespace {

constexpr std::string_view action = "lambda:InvokeFunctionUrl";
constexpr std::string_view function_action = "lambda:InvokeFunction";
constexpr std::string_view handler_worker = "function";

std::unexpected<Error> invalid(std::string message) {
    return fail(ErrorCode::invalid_argument, std::move(message), "InvalidParameterValue");
}

std::unexpected<Error> no_url() {
    return fail(ErrorCode::not_found, "The resource you requested does not exist.",
                "ResourceNotFound");
}

std::string plain(const std::string& qualifier) {
    return qualifier == "$LATEST" ? std::string() : qualifier;
}

bool is_method(std::string_view text) {
    constexpr std::array<std::string_view, 9> methods{"*",       "CONNECT", "DELETE", "GET", "HEAD",
                                                      "OPTIONS", "PATCH",   "POST",   "PUT"};
    return std::ranges::find(methods, text) != methods.end();
}

// They are sent as headers.
bool is_item(std::string_view text) {
    const bool is_plain = std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
    return is_plain && !text.empty() && text.size() <= schema::function_url_cors_item_bytes_max;
}

Result<void> check_cors(const schema::FunctionUrlCors& cors) {
    for (const auto* items : {&cors.headers, &cors.origins, &cors.exposed}) {
        if (items->size() > schema::function_url_cors_items_max)
            return invalid("each list of a Cors configuration has at most 100 items");
        if (!std::ranges::all_of(*items, is_item))
            return invalid(
                "an item of a Cors configuration is 1 to 1024 characters without blanks");
    }
    if (cors.methods.size() > schema::function_url_cors_methods_max ||
        !std::ranges::all_of(cors.methods, is_method))
        return invalid("AllowMethods are at most 6 of the methods of HTTP, or *");
    if (cors.max_age_s > schema::function_url_cors_age_s_max)
        return invalid("MaxAge is 0 to 86400 seconds");
    return {};
}

Result<void> check_url(const schema::FunctionUrl& url, const Queue& function) {
    if (function.function->function.worker != handler_worker) {
        return invalid(fmt::format("{} is run by the worker {}, which takes events only",
                                   url.function, function.function->function.worker));
    }
    const std::string& qualifier = url.qualifier;
    const bool is_version =
        !qualifier.empty() && qualifier.find_first_not_of("0123456789") == std::string::npos;
    if (is_version) return invalid("a function URL is for $LATEST or an alias, not for a version");
    const bool is_known =
        url.auth_type == schema::function_url_open || url.auth_type == schema::function_url_signed;
    if (!is_known) return invalid("AuthType is NONE or AWS_IAM");
    return check_cors(url.cors);
}

// What the policy of the URL's qualifier says to who asks.
auth::PolicyDecision ask_policy(const Queue& function, const schema::FunctionUrl& url,
                                const Caller& caller, std::string_view asked) {
    const auto policy = function.permissions.find(url.qualifier);
    if (policy == function.permissions.end()) return {};
    auth::PolicyRequest request;
    request.principal = service::policy_principal_of(caller.principal);
    request.action = asked;
    request.resource = url.function_arn;
    request.values = service::request_values_of(caller);
    request.values.set("lambda:functionurlauthtype", url.auth_type);
    request.values.set("lambda:invokedviafunctionurl", "true");
    return policy->second.evaluate(request);
}

Result<void> check_may(const Queue& function, const schema::FunctionUrl& url,
                       const Caller& caller) {
    const schema::Principal& principal = caller.principal;
    auto by_resource = ask_policy(function, url, caller, action);
    // Who is kept from the function is kept from its URL.
    const auto by_function = ask_policy(function, url, caller, function_action);
    if (by_function.effect == auth::PolicyEffect::deny) by_resource = by_function;
    const bool is_own_account = !principal.account.empty() && principal.account == function.account;
    const auto effect = auth::decide({.by_resource = by_resource,
                                      .by_identity = service::identity_effect_of(principal),
                                      .is_own_account = is_own_account});
    const bool is_unsigned =
        url.auth_type == schema::function_url_signed && principal.account.empty();
    if (effect == auth::PolicyEffect::allow && !is_unsigned) return {};
    return fail(ErrorCode::permission_denied,
                fmt::format("not authorized to perform {} on {}", action, url.function_arn),
                "AccessDenied");
}

}  // namespace

Result<schema::FunctionUrl> FunctionUrls::put(const schema::PutFunctionUrl& request,
                                              const Caller& caller, Effects& effects) {
    schema::FunctionUrl url = request.url;
    url.qualifier = plain(url.qualifier);
    ONPUT_TRY_VOID(functions_.find(url.function, url.qualifier, caller));
    ONPUT_TRY(Queue * queue, functions_.find(url.function, {}, caller));
    ONPUT_TRY_VOID(check_url(url, *queue));
    const auto& urls = queue->function->urls;
    const auto existing = urls.find(url.qualifier);
    const bool is_there = existing != urls.end();
    if (is_there && request.mode == schema::PutMode::create) {
        return fail(ErrorCode::conflict,
                    fmt::format("Failed to create function url config for [functionArn = {}]. "
                                "Error message:  FunctionUrlConfig exists for this Lambda function",
                                existing->second.function_arn),
                    "ResourceConflict");
    }
    if (!is_there && request.mode == schema::PutMode::replace) return no_url();
    url.account = queue->account;
    url.function_arn = url.qualifier.empty() ? queue->arn : queue->arn + ":" + url.qualifier;
    url.modified_at = caller.now;
    if (is_there) {
        const Timestamp before = existing->second.modified_at;
        if (request.modified_at != Timestamp{} && request.modified_at != before) {
            return fail(ErrorCode::conflict, "the function URL has been changed meanwhile",
                        "PreconditionFailed");
        }
        // No two changes have the same time.
        url.modified_at = std::max(caller.now, before + Duration(1));
    }
    url.created_at = is_there ? existing->second.created_at : caller.now;
    url.id = is_there ? existing->second.id : random_.hex(schema::function_url_id_digits);
    FunctionRecord changed = *queue->function;
    changed.urls.insert_or_assign(url.qualifier, url);
    ONPUT_TRY_VOID(check_room(changed, *queue->function));
    if (!is_there) catalogue_.add_url(url.id, *queue, url.qualifier);
    *queue->function = std::move(changed);
    effects.batch().put(function_key(queue->account, queue->name),
                        schema::encode(*queue->function));
    return url;
}

Result<schema::Empty> FunctionUrls::remove(const schema::DeleteFunctionUrl& request,
                                           const Caller& caller, Effects& effects) {
    ONPUT_TRY(Queue * queue, functions_.find(request.function, {}, caller));
    auto& urls = queue->function->urls;
    const auto found = urls.find(plain(request.qualifier));
    if (found == urls.end()) return no_url();
    catalogue_.remove_url(found->second.id);
    urls.erase(found);
    effects.batch().put(function_key(queue->account, queue->name),
                        schema::encode(*queue->function));
    return schema::Empty{};
}

Result<schema::FunctionUrlList> FunctionUrls::list(const schema::ListFunctionUrls& request,
                                                   const Caller& caller) const {
    ONPUT_TRY(const Queue* queue, functions_.find(request.function, {}, caller));
    schema::FunctionUrlList list;
    for (const auto& [qualifier, url] : queue->function->urls) list.urls.push_back(url);
    return list;
}

Result<schema::FunctionUrl> FunctionUrls::find(const schema::FindFunctionUrl& request,
                                               const Caller& caller) const {
    const auto* place = catalogue_.find_url(request.id);
    if (place == nullptr) return no_url();
    const auto& urls = place->function->function->urls;
    const auto url = urls.find(place->qualifier);
    ONPUT_CHECK(url != urls.end());
    if (request.asks_access) ONPUT_TRY_VOID(check_may(*place->function, url->second, caller));
    return url->second;
}

Result<schema::InvocationPrepared> FunctionUrls::prepare(
    const schema::PrepareUrlInvocation& request, const Caller& caller) {
    ONPUT_TRY(const schema::FunctionUrl url, find({.id = request.id}, caller));
    const Queue& function = *catalogue_.find_url(request.id)->function;
    ONPUT_TRY_VOID(check_may(function, url, caller));
    Caller owner = caller;
    owner.principal = {.account = url.account, .id = {}, .user = {}, .region = {}};
    const schema::PrepareInvocation invocation{.name = url.function,
                                               .qualifier = url.qualifier,
                                               .takes_place = true,
                                               .account = {},
                                               .place = request.place};
    return functions_.prepare(invocation, owner);
}

}  // namespace onput::queue
