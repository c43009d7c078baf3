// Users, groups, roles and managed policies themselves: made, found, listed, changed, removed.
#include "services/storage/identity/identities.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/auth/iam_arn.hpp"
#include "common/auth/managed_policies.hpp"
#include "common/base/text.hpp"
#include "common/service/rows.hpp"
#include "services/storage/identity/commit.hpp"
#include "services/storage/identity/entity_rules.hpp"
#include "services/storage/identity/errors.hpp"
#include "services/storage/objects/records.hpp"

namespace onput::storage {
namespace {

using schema::Entity;
using schema::EntityKind;

constexpr std::size_t id_characters = 17;  // Behind the four of its kind.

std::string_view id_prefix_of(EntityKind kind) {
    switch (kind) {
        case EntityKind::user: return "AIDA";
        case EntityKind::role: return "AROA";
        case EntityKind::group: return "AGPA";
        case EntityKind::policy: break;
    }
    return "ANPA";
}

std::unexpected<Error> not_found(EntityKind kind, std::string_view name) {
    return no_such_entity(fmt::format("The {} with name {} cannot be found.", word_of(kind), name));
}

// "arn:aws:iam::123456789012:policy/team/reader"
struct PolicyArn {
    std::string_view account;
    std::string_view path;
    std::string_view name;
};
std::optional<PolicyArn> parse_policy_arn(std::string_view arn) {
    constexpr std::string_view prefix = "arn:aws:iam::";
    constexpr std::string_view word = "policy";
    if (!arn.starts_with(prefix)) return {};
    arn.remove_prefix(prefix.size());
    const auto colon = arn.find(':');
    if (colon == std::string_view::npos) return {};
    const std::string_view account = arn.substr(0, colon);
    arn.remove_prefix(colon + 1);
    if (!arn.starts_with("policy/")) return {};
    arn.remove_prefix(word.size());
    const auto slash = arn.rfind('/');
    return PolicyArn{
        .account = account, .path = arn.substr(0, slash + 1), .name = arn.substr(slash + 1)};
}

Entity entity_of(const auth::ManagedPolicy& policy) {
    const Timestamp made = from_seconds(1'420'070'400);  // The start of 2015.
    return {
        .kind = EntityKind::policy,
        .account = std::string(auth::managed_policies_account),
        .path = std::string(policy.path),
        .name = std::string(policy.name),
        .id = auth::managed_policy_id(policy),
        .created_at = made,
        .updated_at = made,
        .versions = {{.number = 1, .document = std::string(policy.document), .created_at = made}}};
}

// What may be left behind when one is removed: nothing.
Result<void> check_empty(const Entity& entity) {
    if (!entity.attached.empty())
        return delete_conflict("Cannot delete entity, must detach all policies first.");
    if (!entity.access_keys.empty())
        return delete_conflict("Cannot delete entity, must delete access keys first.");
    if (!entity.policies.empty())
        return delete_conflict("Cannot delete entity, must delete policies first.");
    if (!entity.groups.empty())
        return delete_conflict("Cannot delete entity, must remove user from groups first.");
    if (entity.versions.size() > 1) {
        return delete_conflict(
            "This policy has more than one version. Before you delete a policy, you must delete "
            "the policy's versions. The default version is deleted with the policy.");
    }
    return {};
}

struct Quota {
    std::string_view name;
    std::size_t most;
};
Quota quota_of(EntityKind kind) {
    switch (kind) {
        case EntityKind::user: return {.name = "UsersPerAccount", .most = schema::users_max};
        case EntityKind::role: return {.name = "RolesPerAccount", .most = schema::roles_max};
        case EntityKind::group: return {.name = "GroupsPerAccount", .most = schema::groups_max};
        case EntityKind::policy: break;
    }
    return {.name = "PoliciesPerAccount", .most = schema::policies_max};
}

}  // namespace

std::string Identities::new_id(std::string_view prefix) const {
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    std::string id(prefix);
    for (const char byte : new_secret_(id_characters))
        id += digits[static_cast<unsigned char>(byte) % digits.size()];
    return id;
}

// --- Finding ----------------------------------------------------------------------------------

Result<std::optional<Entity>> Identities::look_up(const EntityPlace& place) const {
    ONPUT_TRY(const auto row, view_.get(partition, entity_row(place)));
    if (!row) return std::nullopt;
    ONPUT_TRY(auto entity, schema::decode<Entity>(*row));
    return entity;
}

Result<Entity> Identities::find(const EntityPlace& place) const {
    ONPUT_TRY(auto entity, look_up(place));
    if (!entity) return not_found(place.kind, place.name);
    return *std::move(entity);
}

Result<Entity> Identities::find_policy(std::string_view arn, std::string_view account) const {
    const auto missing = [arn] {
        return no_such_entity(fmt::format("Policy {} was not found.", arn));
    };
    const auto named = parse_policy_arn(arn);
    if (!named) {
        return fail(ErrorCode::invalid_argument, fmt::format("ARN {} is not valid.", arn),
                    "InvalidInput");
    }
    if (named->account == auth::managed_policies_account) {
        const auto* managed = auth::find_managed_policy(named->name);
        if (managed == nullptr || managed->path != named->path) return missing();
        return entity_of(*managed);
    }
    if (named->account != account) return missing();
    ONPUT_TRY(auto entity,
              look_up({.account = account, .kind = EntityKind::policy, .name = named->name}));
    // Of an ARN the case counts.
    if (!entity || entity->path != named->path || entity->name != named->name) return missing();
    return *std::move(entity);
}

Result<std::map<std::string, Identities::PolicyUse>> Identities::count_uses(
    std::string_view account) const {
    std::map<std::string, PolicyUse> counts;
    for (const EntityKind kind : {EntityKind::user, EntityKind::group, EntityKind::role}) {
        const auto count = [&counts](const store::Row& row) -> Result<void> {
            ONPUT_TRY(const auto entity, schema::decode<Entity>(row.value));
            for (const std::string& arn : entity.attached) ++counts[arn].attachments;
            if (!entity.boundary.empty()) ++counts[entity.boundary].boundaries;
            return {};
        };
        ONPUT_TRY_VOID(service::for_each_row(view_, partition, entity_rows(account, kind), count));
    }
    return counts;
}

Result<Entity> Identities::get(const schema::GetEntity& request, const Caller& caller) const {
    const std::string& account = caller.principal.account;
    if (request.kind != EntityKind::policy)
        return find({.account = account, .kind = request.kind, .name = request.name});
    ONPUT_TRY(auto policy, find_policy(request.name, account));
    if (request.without_uses) return policy;
    ONPUT_TRY(auto counts, count_uses(account));
    const PolicyUse& use = counts[request.name];
    policy.attachments = use.attachments;
    policy.boundaries = use.boundaries;
    return policy;
}

Result<schema::EntityList> Identities::list(const schema::ListEntities& request,
                                            const Caller& caller) const {
    if (request.limit == 0 || request.limit > schema::entities_listed_max) {
        return invalid_value(fmt::format("{}", request.limit), "maxItems",
                             "Member must have value from 1 to 1000");
    }
    const std::string& account = caller.principal.account;
    const bool is_of_policies = request.kind == EntityKind::policy;
    std::map<std::string, PolicyUse> counts;
    if (is_of_policies) {
        ONPUT_TRY(counts, count_uses(account));
    }
    std::string group;
    if (!request.group.empty()) {
        ONPUT_TRY(const Entity found, find({account, EntityKind::group, request.group}));
        group = found.name;
    }
    schema::EntityList list;
    const auto add = [&](Entity entity) {
        if (!entity.path.starts_with(request.path_prefix)) return;
        if (is_of_policies) {
            const PolicyUse& use = counts[schema::entity_arn(entity)];
            entity.attachments = use.attachments;
            entity.boundaries = use.boundaries;
        }
        if (request.only_attached && entity.attachments == 0) return;
        const auto is_in = [](const std::string& wanted, const std::vector<std::string>& all) {
            return wanted.empty() || std::ranges::find(all, wanted) != all.end();
        };
        const bool is_wanted = is_in(request.attached_policy, entity.attached) &&
                               is_in(group, entity.groups) &&
                               (request.boundary.empty() || request.boundary == entity.boundary);
        if (is_wanted) list.entities.push_back(std::move(entity));
    };
    const bool has_aws = is_of_policies && request.scope != schema::PolicyScope::own;
    if (has_aws && request.after.empty()) {
        for (const auto& policy : auth::managed_policies()) add(entity_of(policy));
    }
    if (request.scope == schema::PolicyScope::aws) return list;
    const std::size_t most = list.entities.size() + request.limit;
    auto range = entity_rows(account, request.kind);
    if (!request.after.empty()) range.from = entity_row({account, request.kind, request.after});
    while (true) {
        ONPUT_TRY(const auto rows, view_.scan(partition, range, store::scan_rows_max));
        if (rows.empty()) return list;
        for (const store::Row& row : rows) {
            ONPUT_TRY(auto entity, schema::decode<Entity>(row.value));
            if (list.entities.size() == most) {
                list.next = entity.name;
                return list;
            }
            add(std::move(entity));
        }
        range.from = rows.back().key + '\0';
    }
}

// --- Changing ---------------------------------------------------------------------------------

Result<bool> Identities::is_there(const auth::NamedPrincipal& named) const {
    using Kind = auth::NamedPrincipal::Kind;
    if (named.kind == Kind::account) return true;
    const EntityKind kind = named.kind == Kind::user ? EntityKind::user : EntityKind::role;
    ONPUT_TRY(const auto entity,
              look_up({.account = named.account, .kind = kind, .name = named.name}));
    if (!entity || entity->name != named.name) return false;
    return named.kind == Kind::session || entity->path == named.path;
}

Result<void> Identities::check_trust(std::string_view document) const {
    ONPUT_TRY(const auto trust, parse_trust(document));
    for (const auto& named : trust.named_identities()) {
        ONPUT_TRY(const bool exists, is_there(named));
        if (exists) continue;
        return fail(ErrorCode::invalid_argument,
                    fmt::format(R"(Invalid principal in policy: "AWS":"{}")", named.text()),
                    "MalformedPolicyDocument");
    }
    return {};
}

Result<void> Identities::check_room_for(const schema::CreateEntity& request,
                                        std::string_view account) const {
    std::size_t count = 0;
    const auto see = [&count](const std::string&) -> Result<void> {
        ++count;
        return {};
    };
    ONPUT_TRY_VOID(
        service::for_each_key(view_, partition, entity_rows(account, request.kind), see));
    const Quota quota = quota_of(request.kind);
    if (count >= quota.most) return quota_reached(quota.name, quota.most);
    return {};
}

Result<Entity> Identities::create(const schema::CreateEntity& request, const Caller& caller,
                                  Effects& effects) {
    ONPUT_TRY_VOID(check_entity(request));
    const std::string& account = caller.principal.account;
    ONPUT_TRY(const auto before,
              look_up({.account = account, .kind = request.kind, .name = request.name}));
    if (before) {
        std::string text =
            request.kind == EntityKind::policy
                ? fmt::format("A policy called {} already exists. Duplicate names are not allowed.",
                              request.name)
                : fmt::format("{} with name {} already exists.", title_of(request.kind),
                              request.name);
        return fail(ErrorCode::conflict, std::move(text), "EntityAlreadyExists");
    }
    ONPUT_TRY_VOID(check_room_for(request, account));
    if (request.kind == EntityKind::role) ONPUT_TRY_VOID(check_trust(request.document));
    if (!request.boundary.empty()) ONPUT_TRY_VOID(check_boundary(request.boundary, account));
    Entity entity{.kind = request.kind,
                  .account = account,
                  .path = request.path,
                  .name = request.name,
                  .id = new_id(id_prefix_of(request.kind)),
                  .created_at = caller.now,
                  .updated_at = caller.now,
                  .description = request.description,
                  .tags = request.tags,
                  .boundary = request.boundary};
    if (request.kind == EntityKind::role) {
        entity.trust = request.document;
        entity.session_s_max = request.session_s_max;
    }
    if (request.kind == EntityKind::policy) {
        entity.versions.push_back(
            {.number = 1, .document = request.document, .created_at = caller.now});
    }
    commit_entity(entity, effects);
    return entity;
}

Result<schema::Empty> Identities::remove(const schema::DeleteEntity& request, const Caller& caller,
                                         Effects& effects) {
    const std::string& account = caller.principal.account;
    ONPUT_TRY(const Entity entity, get({.kind = request.kind, .name = request.name}, caller));
    if (entity.account != account) {
        return fail(ErrorCode::invalid_argument, fmt::format("ARN {} is not valid.", request.name),
                    "InvalidInput");
    }
    if (entity.attachments > 0)
        return delete_conflict("Cannot delete a policy attached to entities.");
    if (entity.boundaries > 0)
        return delete_conflict("Cannot delete a policy that is the boundary of entities.");
    if (entity.kind == EntityKind::group) {
        ONPUT_TRY(const auto members, members_of(entity));
        if (!members.empty())
            return delete_conflict("Cannot delete entity, must remove users from group first.");
    }
    ONPUT_TRY_VOID(check_empty(entity));
    Change change{{store::Batch(std::string(partition))}};
    change.batch.remove(entity_row({.account = account, .kind = entity.kind, .name = entity.name}));
    effects.changes.push_back(std::move(change));
    return schema::Empty{};
}

Result<Entity> Identities::update_role(const schema::UpdateRole& request, const Caller& caller,
                                       Effects& effects) {
    ONPUT_TRY(Entity role, find({.account = caller.principal.account,
                                 .kind = EntityKind::role,
                                 .name = request.name}));
    if (request.description) {
        ONPUT_TRY_VOID(check_description(*request.description));
        role.description = *request.description;
    }
    if (request.session_s_max) {
        ONPUT_TRY_VOID(check_session_length(*request.session_s_max));
        role.session_s_max = *request.session_s_max;
    }
    if (request.trust) {
        ONPUT_TRY_VOID(check_trust(*request.trust));
        role.trust = *request.trust;
    }
    role.updated_at = caller.now;
    commit_entity(role, effects);
    return role;
}

Result<schema::Empty> Identities::tag(const schema::TagEntity& request, const Caller& caller,
                                      Effects& effects) {
    ONPUT_TRY(Entity entity, get({.kind = request.kind, .name = request.name}, caller));
    if (entity.account != caller.principal.account) {
        return fail(ErrorCode::invalid_argument, fmt::format("ARN {} is not valid.", request.name),
                    "InvalidInput");
    }
    ONPUT_TRY_VOID(check_entity_tags(request.tags));
    const auto drop = [&entity](std::string_view key) {
        std::erase_if(entity.tags,
                      [key](const schema::Tag& tag) { return equal_ignoring_case(tag.key, key); });
    };
    for (const schema::Tag& tag : request.tags) drop(tag.key);
    for (const std::string& key : request.removed_keys) drop(key);
    entity.tags.insert(entity.tags.end(), request.tags.begin(), request.tags.end());
    ONPUT_TRY_VOID(check_entity_tags(entity.tags));
    commit_entity(entity, effects);
    return schema::Empty{};
}

Result<schema::PrincipalsFound> Identities::find_principals(const schema::FindPrincipals& request,
                                                            const Caller&) const {
    if (request.arns.size() > schema::principals_asked_max) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("more than {} principals", schema::principals_asked_max));
    }
    schema::PrincipalsFound found;
    for (const std::string& arn : request.arns) {
        const auto named = auth::parse_principal(arn);
        bool exists = false;
        if (named) {
            ONPUT_TRY(exists, is_there(*named));
        }
        if (!exists) found.missing.push_back(arn);
    }
    return found;
}

}  // namespace onput::storage
