// Groups of users, and the boundaries of users and roles. Who is in a group is in the user's row.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/base/text.hpp"
#include "common/service/rows.hpp"
#include "services/storage/identity/commit.hpp"
#include "services/storage/identity/entity_rules.hpp"
#include "services/storage/identity/errors.hpp"
#include "services/storage/identity/identities.hpp"
#include "services/storage/objects/records.hpp"

namespace onput::storage {

using schema::Entity;
using schema::EntityKind;

Result<std::vector<Entity>> Identities::members_of(const Entity& group) const {
    std::vector<Entity> members;
    const auto see = [&](const store::Row& row) -> Result<void> {
        ONPUT_TRY(auto user, schema::decode<Entity>(row.value));
        const bool is_member = std::ranges::find(user.groups, group.name) != user.groups.end();
        if (is_member) members.push_back(std::move(user));
        return {};
    };
    ONPUT_TRY_VOID(
        service::for_each_row(view_, partition, entity_rows(group.account, EntityKind::user), see));
    return members;
}

Result<Entity> Identities::update_group(const schema::UpdateGroup& request, const Caller& caller,
                                        Effects& effects) {
    const std::string& account = caller.principal.account;
    ONPUT_TRY(const Entity before, find({account, EntityKind::group, request.name}));
    Entity group = before;
    if (request.new_path) {
        ONPUT_TRY_VOID(check_path(*request.new_path));
        group.path = *request.new_path;
    }
    Change change{{store::Batch(std::string(partition))}};
    if (request.new_name && *request.new_name != before.name) {
        ONPUT_TRY_VOID(check_name({.kind = EntityKind::group, .name = *request.new_name}));
        ONPUT_TRY(const auto other, look_up({account, EntityKind::group, *request.new_name}));
        // Another case of its own name is no other group.
        if (other && other->id != before.id) {
            return fail(ErrorCode::conflict,
                        fmt::format("Group with name {} already exists.", *request.new_name),
                        "EntityAlreadyExists");
        }
        group.name = *request.new_name;
        ONPUT_TRY(auto members, members_of(before));
        for (Entity& member : members) {
            std::ranges::replace(member.groups, before.name, group.name);
            put_entity(member, change.batch);
        }
        change.batch.remove(entity_row({account, EntityKind::group, before.name}));
    }
    group.updated_at = caller.now;
    put_entity(group, change.batch);
    effects.changes.push_back(std::move(change));
    return group;
}

Result<schema::Empty> Identities::change_membership(const schema::ChangeMembership& request,
                                                    const Caller& caller, Effects& effects) {
    const std::string& account = caller.principal.account;
    ONPUT_TRY(const Entity group, find({account, EntityKind::group, request.group}));
    ONPUT_TRY(Entity user, find({account, EntityKind::user, request.user}));
    const auto at = std::ranges::find(user.groups, group.name);
    const bool is_member = at != user.groups.end();
    if (is_member == request.is_member) return schema::Empty{};
    if (is_member) {
        user.groups.erase(at);
    } else {
        if (user.groups.size() >= schema::groups_of_user_max)
            return quota_reached("GroupsPerUser", schema::groups_of_user_max);
        user.groups.push_back(group.name);
    }
    commit_entity(user, effects);
    return schema::Empty{};
}

Result<void> Identities::check_boundary(std::string_view policy_arn,
                                        std::string_view account) const {
    const auto policy = find_policy(policy_arn, account);
    if (policy) return {};
    if (policy.error().code != ErrorCode::not_found) return std::unexpected(policy.error());
    return no_such_entity(
        fmt::format("Scope ARN: {} does not exist or is not attachable.", policy_arn));
}

Result<schema::Empty> Identities::set_boundary(const schema::SetBoundary& request,
                                               const Caller& caller, Effects& effects) {
    const std::string& account = caller.principal.account;
    if (!may_have_boundary(request.kind))
        return invalid_value(request.policy_arn, "permissionsBoundary", "of users and roles only");
    ONPUT_TRY(Entity entity, find({account, request.kind, request.name}));
    if (!request.policy_arn.empty()) {
        ONPUT_TRY_VOID(check_boundary(request.policy_arn, account));
    } else if (entity.boundary.empty()) {
        return no_such_entity(fmt::format("The {} with name {} has no permissions boundary.",
                                          word_of(request.kind), request.name));
    }
    entity.boundary = request.policy_arn;
    commit_entity(entity, effects);
    return schema::Empty{};
}

}  // namespace onput::storage
