// Policies of users and roles, versions of managed ones, and what all of an identity's say.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/auth/managed_policies.hpp"
#include "services/storage/identity/commit.hpp"
#include "services/storage/identity/entity_rules.hpp"
#include "services/storage/identity/errors.hpp"
#include "services/storage/identity/identities.hpp"
#include "services/storage/objects/records.hpp"

namespace onput::storage {
namespace {

using schema::Entity;
using schema::EntityKind;

std::unexpected<Error> access_denied() {
    return fail(ErrorCode::permission_denied, "Access Denied", "access_denied");
}

std::unexpected<Error> no_such_version(std::uint32_t number) {
    return no_such_entity(
        fmt::format("Policy version v{} does not exist or is not attachable.", number));
}

std::unexpected<Error> not_own(std::string_view arn) {
    return fail(ErrorCode::invalid_argument, fmt::format("ARN {} is not valid.", arn),
                "InvalidInput");
}

auto find_version(Entity& policy, std::uint32_t number) {
    return std::ranges::find(policy.versions, number, &schema::PolicyVersion::number);
}

}  // namespace

void put_entity(const Entity& entity, store::Batch& batch) {
    batch.put(entity_row({.account = entity.account, .kind = entity.kind, .name = entity.name}),
              schema::encode(entity));
}

void commit_entity(const Entity& entity, Effects& effects) {
    Change change{{store::Batch(std::string(partition))}};
    put_entity(entity, change.batch);
    effects.changes.push_back(std::move(change));
}

// --- Policies of their own --------------------------------------------------------------------

Result<schema::Empty> Identities::put_policy(const schema::PutEntityPolicy& request,
                                             const Caller& caller, Effects& effects) {
    ONPUT_TRY(
        Entity entity,
        find({.account = caller.principal.account, .kind = request.kind, .name = request.name}));
    ONPUT_TRY_VOID(check_policy_name(request.policy.name));
    ONPUT_TRY_VOID(parse_own(request.policy.document));
    auto& policies = entity.policies;
    const auto at =
        std::ranges::lower_bound(policies, request.policy.name, {}, &schema::PolicyText::name);
    if (at != policies.end() && at->name == request.policy.name) {
        *at = request.policy;
    } else {
        policies.insert(at, request.policy);
    }
    ONPUT_TRY_VOID(check_own_policies(entity));
    commit_entity(entity, effects);
    return schema::Empty{};
}

Result<schema::Empty> Identities::delete_policy(const schema::DeleteEntityPolicy& request,
                                                const Caller& caller, Effects& effects) {
    ONPUT_TRY(
        Entity entity,
        find({.account = caller.principal.account, .kind = request.kind, .name = request.name}));
    const auto at =
        std::ranges::find(entity.policies, request.policy_name, &schema::PolicyText::name);
    if (at == entity.policies.end()) {
        return no_such_entity(fmt::format("The {} policy with name {} cannot be found.",
                                          word_of(request.kind), request.policy_name));
    }
    entity.policies.erase(at);
    commit_entity(entity, effects);
    return schema::Empty{};
}

// --- Attached ones ----------------------------------------------------------------------------

Result<schema::Empty> Identities::attach(const schema::AttachPolicy& request, const Caller& caller,
                                         Effects& effects) {
    const std::string& account = caller.principal.account;
    ONPUT_TRY(Entity entity,
              find({.account = account, .kind = request.kind, .name = request.name}));
    const auto policy = find_policy(request.policy_arn, account);
    if (!policy && policy.error().code == ErrorCode::not_found) {
        return no_such_entity(
            fmt::format("Policy {} does not exist or is not attachable.", request.policy_arn));
    }
    if (!policy) return std::unexpected(policy.error());
    auto& attached = entity.attached;
    if (std::ranges::find(attached, request.policy_arn) != attached.end()) return schema::Empty{};
    if (attached.size() >= schema::policies_attached_max) {
        return quota_reached(
            request.kind == EntityKind::role ? "PoliciesPerRole" : "PoliciesPerUser",
            schema::policies_attached_max);
    }
    attached.push_back(request.policy_arn);
    commit_entity(entity, effects);
    return schema::Empty{};
}

Result<schema::Empty> Identities::detach(const schema::DetachPolicy& request, const Caller& caller,
                                         Effects& effects) {
    ONPUT_TRY(
        Entity entity,
        find({.account = caller.principal.account, .kind = request.kind, .name = request.name}));
    const auto at = std::ranges::find(entity.attached, request.policy_arn);
    if (at == entity.attached.end())
        return no_such_entity(fmt::format("Policy {} was not found.", request.policy_arn));
    entity.attached.erase(at);
    commit_entity(entity, effects);
    return schema::Empty{};
}

// --- Versions ---------------------------------------------------------------------------------

Result<Entity> Identities::create_version(const schema::CreatePolicyVersion& request,
                                          const Caller& caller, Effects& effects) {
    ONPUT_TRY(Entity policy, find_policy(request.policy_arn, caller.principal.account));
    if (policy.account != caller.principal.account) return not_own(request.policy_arn);
    ONPUT_TRY_VOID(parse_managed(request.document));
    if (policy.versions.size() >= schema::policy_versions_max) {
        return fail(ErrorCode::resource_exhausted,
                    "A managed policy can have up to 5 versions. Before you create a new version, "
                    "you must delete an existing version.",
                    "LimitExceeded");
    }
    policy.versions.push_back(
        {.number = ++policy.last_version, .document = request.document, .created_at = caller.now});
    if (request.is_default) policy.default_version = policy.last_version;
    policy.updated_at = caller.now;
    commit_entity(policy, effects);
    return policy;
}

Result<schema::Empty> Identities::delete_version(const schema::DeletePolicyVersion& request,
                                                 const Caller& caller, Effects& effects) {
    ONPUT_TRY(Entity policy, find_policy(request.policy_arn, caller.principal.account));
    if (policy.account != caller.principal.account) return not_own(request.policy_arn);
    const auto version = find_version(policy, request.number);
    if (version == policy.versions.end()) return no_such_version(request.number);
    if (request.number == policy.default_version)
        return delete_conflict("Cannot delete the default version of a policy.");
    policy.versions.erase(version);
    commit_entity(policy, effects);
    return schema::Empty{};
}

Result<schema::Empty> Identities::set_default_version(
    const schema::SetDefaultPolicyVersion& request, const Caller& caller, Effects& effects) {
    ONPUT_TRY(Entity policy, find_policy(request.policy_arn, caller.principal.account));
    if (policy.account != caller.principal.account) return not_own(request.policy_arn);
    if (find_version(policy, request.number) == policy.versions.end())
        return no_such_version(request.number);
    policy.default_version = request.number;
    policy.updated_at = caller.now;
    commit_entity(policy, effects);
    return schema::Empty{};
}

// --- What they say ----------------------------------------------------------------------------

Result<std::vector<std::string>> Identities::documents_of(const Entity& entity) const {
    std::vector<std::string> documents;
    for (const auto& policy : entity.policies) documents.push_back(policy.document);
    for (const std::string& arn : entity.attached) {
        ONPUT_TRY(Entity policy, find_policy(arn, entity.account));
        const auto version = find_version(policy, policy.default_version);
        if (version == policy.versions.end()) return no_such_version(policy.default_version);
        documents.push_back(version->document);
    }
    return documents;
}

Result<std::shared_ptr<const auth::IamPolicy>> Identities::parsed(
    const std::string& document) const {
    const auto found = parsed_.find(document);
    if (found != parsed_.end()) return found->second;
    ONPUT_TRY(auto policy, auth::IamPolicy::parse(document));
    if (parsed_.size() >= parsed_policies_max) parsed_.clear();
    auto kept = std::make_shared<const auth::IamPolicy>(std::move(policy));
    parsed_.emplace(document, kept);
    return kept;
}

Result<auth::PolicyEffect> Identities::evaluate(const schema::Principal& principal,
                                                const auth::IamRequest& request) const {
    using auth::PolicyEffect;
    if (!principal.limited) return PolicyEffect::allow;
    const auto& limited = *principal.limited;
    const bool is_role = !limited.role.empty();
    ONPUT_TRY(const auto entity, look_up({.account = principal.account,
                                          .kind = is_role ? EntityKind::role : EntityKind::user,
                                          .name = is_role ? limited.role : principal.user}));
    // Another one of the name has the rights of the other.
    if (!entity || entity->id != limited.id) return access_denied();
    ONPUT_TRY(const auto documents, documents_of(*entity));
    const auto say = [&](const std::vector<std::string>& texts) -> Result<PolicyEffect> {
        PolicyEffect effect = PolicyEffect::no_match;
        for (const std::string& text : texts) {
            ONPUT_TRY(const auto policy, parsed(text));
            const PolicyEffect said = policy->evaluate(request).effect;
            if (said == PolicyEffect::deny) return said;
            if (said == PolicyEffect::allow) effect = said;
        }
        return effect;
    };
    ONPUT_TRY(const PolicyEffect by_identity, say(documents));
    if (limited.session_policies.empty() || by_identity == PolicyEffect::deny) return by_identity;
    ONPUT_TRY(const PolicyEffect by_session, say(limited.session_policies));
    return by_session == PolicyEffect::allow ? by_identity : PolicyEffect::deny;
}

}  // namespace onput::storage
