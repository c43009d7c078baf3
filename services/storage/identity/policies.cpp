// Policies of users, groups and roles, versions of managed ones, and what all of an identity's say.
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
    if (attached.size() >= schema::policies_attached_max)
        return quota_reached(attachment_quota_of(request.kind), schema::policies_attached_max);
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

Result<std::string> Identities::document_of(std::string_view policy_arn,
                                            std::string_view account) const {
    ONPUT_TRY(Entity policy, find_policy(policy_arn, account));
    const auto version = find_version(policy, policy.default_version);
    if (version == policy.versions.end()) return no_such_version(policy.default_version);
    return version->document;
}

Result<void> Identities::add_documents(const Entity& entity,
                                       std::vector<std::string>& documents) const {
    for (const auto& policy : entity.policies) documents.push_back(policy.document);
    for (const std::string& arn : entity.attached) {
        ONPUT_TRY(auto document, document_of(arn, entity.account));
        documents.push_back(std::move(document));
    }
    return {};
}

Result<std::vector<std::string>> Identities::documents_of(const Entity& entity) const {
    std::vector<std::string> documents;
    ONPUT_TRY_VOID(add_documents(entity, documents));
    for (const std::string& name : entity.groups) {
        ONPUT_TRY(const Entity group, find({entity.account, EntityKind::group, name}));
        ONPUT_TRY_VOID(add_documents(group, documents));
    }
    return documents;
}

Result<std::optional<std::string>> Identities::boundary_of(const Entity& entity) const {
    if (entity.boundary.empty()) return std::nullopt;
    auto document = document_of(entity.boundary, entity.account);
    if (document) return *std::move(document);
    if (document.error().code == ErrorCode::not_found) return std::string();
    return std::unexpected(std::move(document).error());
}

Result<std::vector<std::string>> Identities::managed_documents(const std::vector<std::string>& arns,
                                                               std::string_view account) const {
    std::vector<std::string> documents;
    for (const std::string& arn : arns) {
        auto document = document_of(arn, account);
        if (document) {
            documents.push_back(*std::move(document));
        } else if (document.error().code != ErrorCode::not_found) {
            return std::unexpected(std::move(document).error());
        }
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

Result<auth::PolicyEffect> Identities::say(const std::vector<std::string>& documents,
                                           const auth::IamRequest& request) const {
    using auth::PolicyEffect;
    PolicyEffect effect = PolicyEffect::no_match;
    for (const std::string& document : documents) {
        ONPUT_TRY(const auto policy, parsed(document));
        const PolicyEffect said = policy->evaluate(request).effect;
        if (said == PolicyEffect::deny) return said;
        if (said == PolicyEffect::allow) effect = said;
    }
    return effect;
}

Result<auth::IdentityDecision> Identities::evaluate(const schema::Principal& principal,
                                                    const auth::IamRequest& request) const {
    if (!principal.limited) return auth::IdentityDecision{};
    const auto& limited = *principal.limited;
    const bool is_role = !limited.role.empty();
    ONPUT_TRY(const auto entity, look_up({.account = principal.account,
                                          .kind = is_role ? EntityKind::role : EntityKind::user,
                                          .name = is_role ? limited.role : principal.user}));
    // Another one of the name has the rights of the other.
    if (!entity || entity->id != limited.id) return access_denied();
    auth::IdentityEffects effects{.is_role = is_role};
    ONPUT_TRY(const auto documents, documents_of(*entity));
    ONPUT_TRY(effects.by_policies, say(documents, request));
    ONPUT_TRY(const auto boundary, boundary_of(*entity));
    if (boundary) {
        std::vector<std::string> documents_of_boundary;
        if (!boundary->empty()) documents_of_boundary.push_back(*boundary);
        ONPUT_TRY(effects.by_boundary, say(documents_of_boundary, request));
    }
    if (limited.has_session_policies()) {
        ONPUT_TRY(auto of_session,
                  managed_documents(limited.session_policy_arns, principal.account));
        of_session.insert(of_session.end(), limited.session_policies.begin(),
                          limited.session_policies.end());
        ONPUT_TRY(effects.by_session, say(of_session, request));
    }
    return auth::decide_identity(effects);
}

}  // namespace onput::storage
