// SimulatePrincipalPolicy: what the policies of a user or role say, without asking for anything.
#include <fmt/format.h>

#include "common/auth/iam_policy.hpp"
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
    for (const std::string& document : documents) {
        auto policy = auth::IamPolicy::parse(document);
        if (!policy) return invalid_input(policy.error().message);
        source.policies.push_back(*std::move(policy));
    }
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

std::string_view decision_of(PolicyEffect effect) {
    switch (effect) {
        case PolicyEffect::allow: return "allowed";
        case PolicyEffect::deny: return "explicitDeny";
        case PolicyEffect::no_match: break;
    }
    return "implicitDeny";
}

Result<void> check_supported(const Value& input) {
    for (const std::string_view member : {"PermissionsBoundaryPolicyInputList", "ResourcePolicy",
                                          "CallerArn", "ResourceOwner", "ResourceHandlingOption"}) {
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
            Value shown;
            shown["EvalActionName"] = Value(action);
            shown["EvalResourceName"] = Value(resource);
            shown["EvalDecision"] =
                Value(decision_of(auth::evaluate_all(source->policies, request)));
            shown["MatchedStatements"] = Value(Value::List());
            shown["MissingContextValues"] = Value(Value::List());
            results.push_back(std::move(shown));
        }
    }
    Value result;
    const auto paged = put_page(call.input, "EvaluationResults", results, result);
    if (!paged) co_return std::unexpected(paged.error());
    co_return result;
}

}  // namespace onput::gateway::iam
