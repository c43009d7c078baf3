#include "services/queue/commands/access.hpp"

#include <map>
#include <string>

#include <fmt/format.h>

#include "common/auth/decision.hpp"
#include "common/service/policy_principal.hpp"

namespace onput::queue {
namespace {

std::unexpected<Error> does_not_exist() {
    return fail(ErrorCode::not_found, "The specified queue does not exist.", "QueueDoesNotExist");
}

std::unexpected<Error> denied(const Queue& queue) {
    return fail(ErrorCode::permission_denied, "Access to the resource " + queue.arn + " is denied.",
                "AccessDenied");
}

const std::map<std::string, std::string>& tags_of(const Queue& queue) {
    return queue.function ? queue.function->function.management.tags : queue.record.tags;
}

// What the request says, of whoever asks, and what is known of the resource.
template <typename Asker>
auth::RequestValues values_of(const Queue& queue, const Asker& asker) {
    auth::RequestValues values = service::request_values_of(asker);
    service::add_resource(queue.arn, tags_of(queue), values);
    return values;
}

auth::PolicyDecision ask_policy(const Queue& queue, const Caller& caller, std::string_view action) {
    if (!queue.settings.policy) return {};
    const auth::Policy& policy = *queue.settings.policy;
    auth::PolicyRequest request;
    request.principal = service::policy_principal_of(caller.principal);
    request.action = action;
    request.resource = queue.arn;
    if (policy.asks_for_values()) request.values = values_of(queue, caller);
    return policy.evaluate(request);
}

bool may(const Queue& queue, const Caller& caller, std::string_view action) {
    return auth::decide({.by_resource = ask_policy(queue, caller, action),
                         .by_identity = service::identity_effect_of(caller.principal),
                         .is_own_account = queue.account == caller.principal.account}) ==
           auth::PolicyEffect::allow;
}

// The account's own key, as AWS's root: no policy of its queue keeps it from seeing, changing and
// deleting the policy and what it belongs to.
bool is_root_of(const Queue& queue, const Caller& caller) {
    return caller.principal.is_root() && queue.account == caller.principal.account;
}

// A schedule's target has a role, which whoever made the schedule may pass, and was allowed to call
// the target himself: in the account itself that takes the place of the resource's policy.
bool acts_by_role(const ServiceOrigin& call, const Queue& queue) {
    return call.service == "scheduler.amazonaws.com" && !call.source_account.empty() &&
           call.source_account == queue.account;
}

constexpr std::string_view see_policy = "sqs:GetQueueAttributes";

constexpr std::string_view invoke_action = "lambda:InvokeFunction";

// What is invoked, and the policy of this qualifier; null: it has none.
struct Invoked {
    std::string resource;
    const auth::Policy* policy = nullptr;
};
Invoked invoked(const Queue& function, std::string_view qualifier) {
    if (qualifier == "$LATEST") qualifier = {};
    const auto found = function.permissions.find(std::string(qualifier));
    return {.resource =
                qualifier.empty() ? function.arn : fmt::format("{}:{}", function.arn, qualifier),
            .policy = found != function.permissions.end() ? &found->second : nullptr};
}

}  // namespace

Result<Queue*> find_allowed(const Catalogue& catalogue, const Caller& caller,
                            const std::string& account, const std::string& name,
                            std::string_view action) {
    Queue* queue = catalogue.find_queue(account.empty() ? caller.principal.account : account, name);
    if (queue == nullptr) return does_not_exist();
    if (action == see_policy && is_root_of(*queue, caller)) return queue;
    if (!may(*queue, caller, action)) return denied(*queue);
    return queue;
}

Result<Queue*> find_own(const Catalogue& catalogue, const Caller& caller,
                        const std::string& account, const std::string& name,
                        std::string_view action) {
    Queue* queue = catalogue.find_queue(account.empty() ? caller.principal.account : account, name);
    if (queue == nullptr) return does_not_exist();
    if (queue->account != caller.principal.account) return denied(*queue);
    if (is_root_of(*queue, caller)) return queue;
    if (!may(*queue, caller, action)) return denied(*queue);
    return queue;
}

Result<void> check_service(const Queue& queue, const ServiceOrigin& call) {
    const bool has_role = acts_by_role(call, queue);
    if (!queue.settings.policy) return has_role ? Result<void>() : denied(queue);
    const auth::PolicyRequest request{.principal = {.service = call.service},
                                      .action = "sqs:SendMessage",
                                      .resource = queue.arn,
                                      .values = values_of(queue, call)};
    const auto effect = queue.settings.policy->evaluate(request).effect;
    if (effect == auth::PolicyEffect::allow) return {};
    if (has_role && effect == auth::PolicyEffect::no_match) return {};
    return denied(queue);
}

std::unexpected<Error> not_invocable(std::string_view function_arn, const Caller& caller) {
    // Of another account's function it is that one's policy that says no.
    const bool is_limited = caller.principal.limited.has_value();
    const bool is_own = function_arn.contains(fmt::format(":{}:", caller.principal.account));
    return fail(
        ErrorCode::permission_denied,
        fmt::format("User: {} is not authorized to perform: {} on resource: {} because no {} "
                    "policy allows the {} action",
                    schema::principal_arn(caller.principal), invoke_action, function_arn,
                    is_limited && is_own ? "identity-based" : "resource-based", invoke_action),
        "AccessDenied");
}

Result<void> check_invoker(const Queue& function, std::string_view qualifier,
                           const Caller& caller) {
    const auto [resource, policy] = invoked(function, qualifier);
    auth::PolicyDecision by_resource;
    if (policy != nullptr) {
        auth::PolicyRequest request;
        request.principal = service::policy_principal_of(caller.principal);
        request.action = invoke_action;
        request.resource = resource;
        if (policy->asks_for_values()) request.values = values_of(function, caller);
        by_resource = policy->evaluate(request);
    }
    const auto effect =
        auth::decide({.by_resource = by_resource,
                      .by_identity = service::identity_effect_of(caller.principal),
                      .is_own_account = function.account == caller.principal.account});
    if (effect == auth::PolicyEffect::allow) return {};
    return not_invocable(resource, caller);
}

Result<void> check_service(const Queue& function, std::string_view qualifier,
                           const ServiceOrigin& call) {
    const auto [resource, policy] = invoked(function, qualifier);
    auth::PolicyEffect effect = auth::PolicyEffect::no_match;
    if (policy != nullptr) {
        const auth::PolicyRequest request{.principal = {.service = call.service},
                                          .action = std::string(invoke_action),
                                          .resource = resource,
                                          .values = values_of(function, call)};
        effect = policy->evaluate(request).effect;
    }
    if (effect == auth::PolicyEffect::allow) return {};
    const bool needs_none =
        acts_by_role(call, function) || (!function.function->function.management.needs_permission &&
                                         function.account == call.source_account);
    if (needs_none && effect != auth::PolicyEffect::deny) return {};
    return fail(ErrorCode::permission_denied,
                "Not authorized to invoke function [" + resource + "]", "AccessDenied");
}

}  // namespace onput::queue
