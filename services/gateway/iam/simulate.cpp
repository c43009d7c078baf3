// SimulatePrincipalPolicy: what the policies of a user or role say, without asking for anything.
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "common/auth/iam_policy.hpp"
#include "common/auth/identity_decision.hpp"
#include "common/auth/language/principal_values.hpp"
#include "common/base/text.hpp"
#include "services/gateway/iam/describe.hpp"
#include "services/gateway/iam/operation.hpp"

namespace onput::gateway::iam {
namespace {

using auth::PolicyEffect;

struct Source {
    auth::PolicyPrincipal principal;
    std::vector<auth::IamPolicy> policies;
    std::optional<std::vector<auth::IamPolicy>> boundary = {};
};

std::unexpected<Error> invalid_input(std::string message) {
    return fail(ErrorCode::invalid_argument, std::move(message), "InvalidInput");
}

Result<schema::ResolveIdentity> read_source(const Call& call) {
    const std::string arn = call.input.text_of("PolicySourceArn");
    const auto named = auth::parse_principal(arn);
    using Kind = auth::NamedPrincipal::Kind;
    const bool is_entity = named && (named->kind == Kind::user || named->kind == Kind::role) &&
                           named->account == call.context.identity.account_id;
    if (!is_entity)
        return invalid_input(
            fmt::format("Invalid Entity Arn: {} does not identify a user or role "
                        "of this account.",
                        arn.substr(0, 256)));
    schema::ResolveIdentity message{.account = named->account};
    (named->kind == Kind::user ? message.user : message.role) = named->name;
    return message;
}

Result<std::vector<auth::IamPolicy>> parse_all(const std::vector<std::string>& documents) {
    auto policies = auth::parse_policies(documents);
    if (!policies) return invalid_input(policies.error().message);
    return policies;
}

// Those of the input take the place of the one that the identity has.
Result<std::optional<std::vector<auth::IamPolicy>>> boundary_of(
    const schema::ResolvedIdentity& resolved, const Value& input) {
    auto documents = aws::names_of(input, "PermissionsBoundaryPolicyInputList");
    if (documents.empty() && !resolved.boundary) return std::nullopt;
    if (documents.empty() && !resolved.boundary->empty()) documents = {*resolved.boundary};
    ONPUT_TRY(auto policies, parse_all(documents));
    return policies;
}

Result<Source> source_of(const schema::ResolvedIdentity& resolved, const Value& input) {
    Source source;
    auto& principal = source.principal;
    principal.account_id = resolved.account;
    principal.path = resolved.path;
    principal.id = resolved.id;
    if (resolved.kind == schema::EntityKind::role) {
        principal.role = resolved.name;
        principal.session = "simulated";
    } else {
        principal.user = resolved.name;
    }
    for (const auto& tag : resolved.tags) principal.tags.emplace_back(tag.key, tag.value);
    std::vector<std::string> documents = resolved.documents;
    for (std::string& document : aws::names_of(input, "PolicyInputList"))
        documents.push_back(std::move(document));
    ONPUT_TRY(source.policies, parse_all(documents));
    ONPUT_TRY(source.boundary, boundary_of(resolved, input));
    return source;
}

auth::RequestValues values_in(const Value& input, const Source& source) {
    auth::RequestValues values;
    auth::add_principal(source.principal, values);
    const Value* entries = input.find("ContextEntries");
    if (entries == nullptr || entries->list() == nullptr) return values;
    for (const Value& entry : *entries->list()) {
        std::string key = entry.text_of("ContextKeyName");
        const auto slash = key.find('/');
        key = lower_case(key.substr(0, slash)) +
              (slash == std::string::npos ? std::string() : key.substr(slash));
        values.set_all(key, aws::names_of(entry, "ContextKeyValues"));
    }
    return values;
}

Value describe_evaluation(const Source& source, const auth::IamRequest& request) {
    auth::IdentityEffects effects{.by_policies = auth::evaluate_all(source.policies, request),
                                  .is_role = !source.principal.role.empty()};
    if (source.boundary) effects.by_boundary = auth::evaluate_all(*source.boundary, request);
    const auth::IdentityDecision decision = auth::decide_identity(effects);
    Value shown;
    shown["EvalActionName"] = Value(std::string(request.action));
    shown["EvalResourceName"] = Value(std::string(request.resource));
    shown["EvalDecision"] = Value(decision.effect == PolicyEffect::allow ? "allowed"
                                  : decision.is_explicit                 ? "explicitDeny"
                                                                         : "implicitDeny");
    shown["MatchedStatements"] = Value(Value::List());
    shown["MissingContextValues"] = Value(Value::List());
    if (source.boundary) {
        shown["PermissionsBoundaryDecisionDetail"]["AllowedByPermissionsBoundary"] =
            Value::flag(effects.by_boundary == PolicyEffect::allow);
    }
    return shown;
}

Result<void> check_supported(const Value& input) {
    for (const std::string_view member :
         {"ResourcePolicy", "CallerArn", "ResourceOwner", "ResourceHandlingOption"}) {
        if (input.find(member) != nullptr)
            return invalid_input(fmt::format("{} is not implemented here.", member));
    }
    return {};
}

}  // namespace

Outcome simulate_principal_policy(Call& call) {
    const auto supported = check_supported(call.input);
    if (!supported) co_return std::unexpected(supported.error());
    auto message = read_source(call);
    if (!message) co_return std::unexpected(std::move(message).error());
    const auto resolved = co_await ask(call, *std::move(message));
    if (!resolved) co_return std::unexpected(resolved.error());
    const auto source = source_of(*resolved, call.input);
    if (!source) co_return std::unexpected(source.error());
    const auth::RequestValues values = values_in(call.input, *source);
    std::vector<std::string> resources = aws::names_of(call.input, "ResourceArns");
    if (resources.empty()) resources.emplace_back("*");
    Value::List results;
    for (const std::string& action : aws::names_of(call.input, "ActionNames")) {
        for (const std::string& resource : resources) {
            const auth::IamRequest request{
                .action = action, .resource = resource, .values = values};
            results.push_back(describe_evaluation(*source, request));
        }
    }
    Value result;
    const auto paged = put_page(call.input, "EvaluationResults", results, result);
    if (!paged) co_return std::unexpected(paged.error());
    co_return result;
}

}  // namespace onput::gateway::iam
