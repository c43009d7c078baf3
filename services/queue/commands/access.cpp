#include "services/queue/commands/access.hpp"

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

auth::PolicyDecision ask_policy(const Queue& queue, const schema::Principal& principal,
                                std::string_view action) {
    if (!queue.settings.policy) return {};
    auth::PolicyRequest request;
    request.principal = service::policy_principal_of(principal);
    request.action = action;
    request.resource = queue.arn;
    return queue.settings.policy->evaluate(request);
}

bool may(const Queue& queue, const schema::Principal& principal, std::string_view action) {
    return auth::decide({.by_resource = ask_policy(queue, principal, action),
                         .by_identity = service::identity_effect_of(principal),
                         .is_own_account = queue.account == principal.account}) ==
           auth::PolicyEffect::allow;
}

// The account's own key, as AWS's root: no policy of its queue keeps it from seeing, changing and
// deleting the policy and what it belongs to.
bool is_root_of(const Queue& queue, const schema::Principal& principal) {
    return principal.is_root() && queue.account == principal.account;
}

// A schedule's target has a role, which whoever made the schedule may pass, and was allowed to call
// the target himself: in the account itself that takes the place of the resource's policy.
bool acts_by_role(const ServiceCall& call, const Queue& queue) {
    return call.service == "scheduler.amazonaws.com" && !call.source_account.empty() &&
           call.source_account == queue.account;
}

constexpr std::string_view see_policy = "sqs:GetQueueAttributes";

}  // namespace

Result<Queue*> find_allowed(const Catalogue& catalogue, const schema::Principal& principal,
                            const std::string& account, const std::string& name,
                            std::string_view action) {
    Queue* queue = catalogue.find_queue(account.empty() ? principal.account : account, name);
    if (queue == nullptr) return does_not_exist();
    if (action == see_policy && is_root_of(*queue, principal)) return queue;
    if (!may(*queue, principal, action)) return denied(*queue);
    return queue;
}

Result<Queue*> find_own(const Catalogue& catalogue, const schema::Principal& principal,
                        const std::string& account, const std::string& name,
                        std::string_view action) {
    Queue* queue = catalogue.find_queue(account.empty() ? principal.account : account, name);
    if (queue == nullptr) return does_not_exist();
    if (queue->account != principal.account) return denied(*queue);
    if (is_root_of(*queue, principal)) return queue;
    if (!may(*queue, principal, action)) return denied(*queue);
    return queue;
}

Result<void> check_service(const Queue& queue, const ServiceCall& call) {
    const bool has_role = acts_by_role(call, queue);
    if (!queue.settings.policy) return has_role ? Result<void>() : denied(queue);
    auth::PolicyRequest request;
    request.principal.service = call.service;
    request.action = "sqs:SendMessage";
    request.resource = queue.arn;
    if (!call.source_arn.empty()) request.source_arn = call.source_arn;
    if (!call.source_account.empty()) request.source_account = call.source_account;
    const auto effect = queue.settings.policy->evaluate(request).effect;
    if (effect == auth::PolicyEffect::allow) return {};
    if (has_role && effect == auth::PolicyEffect::no_match) return {};
    return denied(queue);
}

Result<void> check_service(const Queue& function, std::string_view qualifier,
                           const ServiceCall& call) {
    if (qualifier == "$LATEST") qualifier = {};
    const std::string resource =
        qualifier.empty() ? function.arn : function.arn + ":" + std::string(qualifier);
    auth::PolicyEffect effect = auth::PolicyEffect::no_match;
    const auto policy = function.permissions.find(std::string(qualifier));
    if (policy != function.permissions.end()) {
        auth::PolicyRequest request;
        request.principal.service = call.service;
        request.action = "lambda:InvokeFunction";
        request.resource = resource;
        if (!call.source_arn.empty()) request.source_arn = call.source_arn;
        if (!call.source_account.empty()) request.source_account = call.source_account;
        effect = policy->second.evaluate(request).effect;
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
