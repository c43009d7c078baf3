#include "services/notifier/topics/topic_access.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "common/auth/decision.hpp"
#include "common/auth/wildcard.hpp"
#include "common/base/check.hpp"
#include "common/json/reader.hpp"
#include "common/json/writer.hpp"
#include "common/service/policy_principal.hpp"
#include "common/service/request_values.hpp"

namespace onput::notifier {
namespace {

// As whom the ends of jobs are told, and a schedule's target: by a role of the account, so that a
// topic of the same account needs no policy.
bool acts_by_role(std::string_view service) {
    return service == "lambda.amazonaws.com" || service == "polly.amazonaws.com" ||
           service == "scheduler.amazonaws.com";
}

// What a topic's policy can speak about.
constexpr std::array<std::string_view, 15> topic_actions{
    "sns:addpermission",
    "sns:deletetopic",
    "sns:getdataprotectionpolicy",
    "sns:gettopicattributes",
    "sns:listsubscriptionsbytopic",
    "sns:listtagsforresource",
    "sns:publish",
    "sns:putdataprotectionpolicy",
    "sns:receive",
    "sns:removepermission",
    "sns:settopicattributes",
    "sns:subscribe",
    "sns:tagresource",
    "sns:unsubscribe",
    "sns:untagresource",
};

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    }
    return out;
}

bool is_topic_action(std::string_view written) {
    const std::string pattern = lower(written);
    // "*" would speak about every service's actions.
    if (!pattern.starts_with("sns:")) return false;
    return std::ranges::any_of(topic_actions, [&pattern](std::string_view action) {
        return auth::matches_wildcard(pattern, action);
    });
}

// Of a statement whose form is known to be right.
bool speaks_of_topics(const json::Value& statement) {
    const json::Value* actions = statement.find("Action");
    if (actions == nullptr) actions = statement.find("NotAction");
    ONPUT_CHECK(actions != nullptr);
    if (const auto* action = actions->text()) return is_topic_action(*action);
    return std::ranges::all_of(*actions->array(), [](const json::Value& action) {
        return is_topic_action(*action.text());
    });
}

// Of a policy that auth::Policy has accepted.
Result<void> check_actions(const json::Value& document) {
    const auto out_of_scope = [] {
        return fail(ErrorCode::invalid_argument, "Policy statement action out of service scope!",
                    "InvalidParameter");
    };
    const json::Value* statements = document.find("Statement");
    ONPUT_CHECK(statements != nullptr);
    const auto* list = statements->array();
    const bool is_in_scope = list != nullptr ? std::ranges::all_of(*list, &speaks_of_topics)
                                             : speaks_of_topics(*statements);
    if (!is_in_scope) return out_of_scope();
    return {};
}

// Beside the topic's policy: what lets the caller in, or keeps him out.
struct Standing {
    // Of a limited identity: what its policies say.
    auth::PolicyEffect by_identity = auth::PolicyEffect::allow;
    bool is_own_account = false;  // Or one that the owner has already said yes to.
    bool is_limited = false;
};

Result<void> judge(const Topic& topic, const auth::PolicyRequest& request, const Standing& standing,
                   const std::string& who) {
    const auto by_resource =
        topic.policy ? topic.policy->evaluate(request) : auth::PolicyDecision();
    const auth::PolicyEffect effect = auth::decide({.by_resource = by_resource,
                                                    .by_identity = standing.by_identity,
                                                    .is_own_account = standing.is_own_account});
    if (effect == auth::PolicyEffect::allow) return {};
    if (by_resource.effect == auth::PolicyEffect::deny) {
        return not_authorized(who, request.action, topic.arn,
                              "with an explicit deny in a resource-based policy");
    }
    const std::string_view kind = standing.is_limited ? "identity-based" : "resource-based";
    return not_authorized(
        who, request.action, topic.arn,
        fmt::format("because no {} policy allows the {} action", kind, request.action));
}

auth::PolicyRequest request_of(const Topic& topic, const Caller& caller, std::string_view action) {
    const schema::Principal& principal = caller.principal;
    auth::PolicyRequest request;
    request.principal = service::policy_principal_of(principal);
    request.action = action;
    request.resource = topic.arn;
    if (!topic.policy || !topic.policy->asks_for_values()) return request;
    request.values = service::request_values_of(caller);
    service::add_resource(topic.arn, topic.tags, request.values);
    // What the default policy's condition compares with the owner.
    // Whom IAM knows his own policies let in, not that one.
    const bool speaks_for_account = !principal.account.empty() && !principal.limited;
    if (speaks_for_account) request.values.set("aws:sourceowner", principal.account);
    return request;
}

// What the owner's root may do whatever the policy says, so that no policy is out of reach.
constexpr std::array<std::string_view, 3> root_actions{"SNS:GetTopicAttributes",
                                                       "SNS:SetTopicAttributes", "SNS:DeleteTopic"};

bool is_of_root(const Topic& topic, const schema::Principal& principal, std::string_view action) {
    return principal.account == topic.account && principal.is_root() &&
           std::ranges::find(root_actions, action) != root_actions.end();
}

}  // namespace

std::unexpected<Error> not_authorized(std::string_view who, std::string_view action,
                                      std::string_view resource, std::string_view why) {
    std::string text = "User: " + std::string(who) + " is not authorized to perform: ";
    text.append(action).append(" on resource: ").append(resource).append(" ").append(why);
    return fail(ErrorCode::permission_denied, std::move(text), "AuthorizationError");
}

Result<auth::Policy> parse_topic_access(std::string_view json, auth::PolicySource source) {
    auto policy = auth::Policy::parse(json, source);
    if (!policy) {
        return fail(ErrorCode::invalid_argument, "Policy Error: " + policy.error().message,
                    "InvalidParameter");
    }
    const auto document = json::read(json);
    ONPUT_CHECK(document.has_value());
    ONPUT_TRY_VOID(check_actions(*document));
    return policy;
}

std::string default_topic_access(const Topic& topic) {
    using json::Object;
    using json::Value;
    const Object statement{
        {"Sid", "__default_statement_ID"},
        {"Effect", "Allow"},
        {"Principal", Object{{"AWS", "*"}}},
        {"Action", Value::Array{"SNS:GetTopicAttributes", "SNS:SetTopicAttributes",
                                "SNS:AddPermission", "SNS:RemovePermission", "SNS:DeleteTopic",
                                "SNS:Subscribe", "SNS:ListSubscriptionsByTopic", "SNS:Publish"}},
        {"Resource", topic.arn},
        {"Condition", Object{{"StringEquals", Object{{"AWS:SourceOwner", topic.account}}}}},
    };
    return json::write(Object{{"Version", "2008-10-17"},
                              {"Id", "__default_policy_ID"},
                              {"Statement", Value::Array{statement}}});
}

namespace {

// `add_values` adds what the operation has to say beside.
template <typename AddValues>
Result<void> check(const Topic& topic, const Caller& caller, std::string_view action,
                   AddValues add_values) {
    const schema::Principal& principal = caller.principal;
    const std::string who = schema::principal_arn(principal);
    if (principal.account.empty() && action != "SNS:Publish") {
        return not_authorized(who, action, topic.arn, "because the request is not signed");
    }
    if (is_of_root(topic, principal, action)) return {};
    const Standing standing{.by_identity = service::identity_effect_of(principal),
                            .is_own_account = principal.account == topic.account,
                            .is_limited = principal.limited.has_value()};
    auth::PolicyRequest request = request_of(topic, caller, action);
    add_values(request.values);
    return judge(topic, request, standing, who);
}

}  // namespace

Result<void> check_access(const Topic& topic, const Caller& caller, std::string_view action) {
    return check(topic, caller, action, [](auth::RequestValues&) {});
}

Result<void> check_subscriber(const Topic& topic, const Caller& caller,
                              const NewSubscriber& subscriber) {
    return check(topic, caller, "SNS:Subscribe", [&subscriber](auth::RequestValues& values) {
        values.set("sns:protocol", subscriber.protocol);
        values.set("sns:endpoint", subscriber.endpoint);
    });
}

Result<void> check_publisher(const Topic& topic, const schema::TopicMessage& message) {
    if (message.service.empty()) {
        const Caller account{.principal = {.account = message.account, .id = {}, .user = {}},
                             .trace = {},
                             .now = message.time};
        return check_access(topic, account, "SNS:Publish");
    }
    auth::PolicyRequest request{
        .principal = {.service = message.service},
        .action = "SNS:Publish",
        .resource = topic.arn,
        .values = service::request_values_of({.service = message.service,
                                              .source_arn = message.source_arn,
                                              .source_account = message.source_account,
                                              .now = message.time})};
    service::add_resource(topic.arn, topic.tags, request.values);
    // A function's own configuration, a speech task or a schedule names the topic: its owner has
    // said so already. Everything else that acts for somebody must be let in by the policy, as on
    // AWS.
    const bool has_own_role = acts_by_role(message.service) && !message.source_account.empty() &&
                              message.source_account == topic.account;
    return judge(topic, request, {.is_own_account = has_own_role}, message.service);
}

}  // namespace onput::notifier
