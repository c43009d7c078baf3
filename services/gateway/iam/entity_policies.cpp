// Policies of users, groups and roles: their own, those that are attached to them, and those that
// bound them.
#include <algorithm>

#include <fmt/format.h>

#include "services/gateway/iam/describe.hpp"
#include "services/gateway/iam/operation.hpp"

namespace onput::gateway::iam {
namespace {

using schema::EntityKind;

std::string_view member_of(EntityKind kind) {
    switch (kind) {
        case EntityKind::user: return "UserName";
        case EntityKind::group: return "GroupName";
        case EntityKind::role:
        case EntityKind::policy: break;
    }
    return "RoleName";
}

std::string_view word_of(EntityKind kind) {
    switch (kind) {
        case EntityKind::user: return "user";
        case EntityKind::group: return "group";
        case EntityKind::role:
        case EntityKind::policy: break;
    }
    return "role";
}

Outcome put_policy(Call& call, EntityKind kind) {
    schema::PutEntityPolicy message{.kind = kind,
                                    .name = call.input.text_of(member_of(kind)),
                                    .policy = {.name = call.input.text_of("PolicyName"),
                                               .document = call.input.text_of("PolicyDocument")}};
    co_return co_await carry_out(call, std::move(message));
}

// An ARN; empty: there is to be none.
Outcome set_boundary(Call& call, EntityKind kind, std::string policy_arn) {
    schema::SetBoundary message{.kind = kind,
                                .name = call.input.text_of(member_of(kind)),
                                .policy_arn = std::move(policy_arn)};
    co_return co_await carry_out(call, std::move(message));
}

http::Task<Result<schema::Entity>> fetch(Call& call, EntityKind kind) {
    schema::GetEntity message{.kind = kind, .name = call.input.text_of(member_of(kind))};
    co_return co_await ask(call, std::move(message));
}

Outcome get_own_policy(Call& call, EntityKind kind) {
    const auto entity = co_await fetch(call, kind);
    if (!entity) co_return std::unexpected(entity.error());
    const std::string name = call.input.text_of("PolicyName");
    const auto found = std::ranges::find(entity->policies, name, &schema::PolicyText::name);
    if (found == entity->policies.end()) {
        co_return fail(
            ErrorCode::not_found,
            fmt::format("The {} policy with name {} cannot be found.", word_of(kind), name),
            "NoSuchEntity");
    }
    Value result;
    result[std::string(member_of(kind))] = Value(entity->name);
    result["PolicyName"] = Value(name);
    result["PolicyDocument"] = encoded_document(found->document);
    co_return result;
}

Outcome list_own_policies(Call& call, EntityKind kind) {
    const auto entity = co_await fetch(call, kind);
    if (!entity) co_return std::unexpected(entity.error());
    Value::List names;
    for (const auto& policy : entity->policies) names.emplace_back(policy.name);
    Value result;
    const auto paged = put_page(call.input, "PolicyNames", names, result);
    if (!paged) co_return std::unexpected(paged.error());
    co_return result;
}

Outcome delete_own_policy(Call& call, EntityKind kind) {
    schema::DeleteEntityPolicy message{.kind = kind,
                                       .name = call.input.text_of(member_of(kind)),
                                       .policy_name = call.input.text_of("PolicyName")};
    co_return co_await carry_out(call, std::move(message));
}

Outcome attach(Call& call, EntityKind kind) {
    schema::AttachPolicy message{.kind = kind,
                                 .name = call.input.text_of(member_of(kind)),
                                 .policy_arn = call.input.text_of("PolicyArn")};
    co_return co_await carry_out(call, std::move(message));
}

Outcome detach(Call& call, EntityKind kind) {
    schema::DetachPolicy message{.kind = kind,
                                 .name = call.input.text_of(member_of(kind)),
                                 .policy_arn = call.input.text_of("PolicyArn")};
    co_return co_await carry_out(call, std::move(message));
}

// With a path prefix, those policies whose path begins so: "arn:aws:iam::123456789012:policy/x/y".
bool has_path(std::string_view arn, std::string_view prefix) {
    const auto at = arn.find(":policy/");
    return at != std::string_view::npos && arn.substr(at + 7).starts_with(prefix);
}

Outcome list_attached(Call& call, EntityKind kind) {
    const auto entity = co_await fetch(call, kind);
    if (!entity) co_return std::unexpected(entity.error());
    const std::string prefix = call.input.text_of("PathPrefix");
    Value::List attached;
    for (const std::string& arn : entity->attached) {
        if (!prefix.empty() && !has_path(arn, prefix)) continue;
        Value shown;
        shown["PolicyName"] = Value(arn.substr(arn.rfind('/') + 1));
        shown["PolicyArn"] = Value(arn);
        attached.push_back(std::move(shown));
    }
    Value result;
    const auto paged = put_page(call.input, "AttachedPolicies", attached, result);
    if (!paged) co_return std::unexpected(paged.error());
    co_return result;
}

}  // namespace

Outcome put_user_policy(Call& call) {
    return put_policy(call, EntityKind::user);
}
Outcome put_group_policy(Call& call) {
    return put_policy(call, EntityKind::group);
}
Outcome put_role_policy(Call& call) {
    return put_policy(call, EntityKind::role);
}
Outcome get_user_policy(Call& call) {
    return get_own_policy(call, EntityKind::user);
}
Outcome get_group_policy(Call& call) {
    return get_own_policy(call, EntityKind::group);
}
Outcome get_role_policy(Call& call) {
    return get_own_policy(call, EntityKind::role);
}
Outcome list_user_policies(Call& call) {
    return list_own_policies(call, EntityKind::user);
}
Outcome list_group_policies(Call& call) {
    return list_own_policies(call, EntityKind::group);
}
Outcome list_role_policies(Call& call) {
    return list_own_policies(call, EntityKind::role);
}
Outcome delete_user_policy(Call& call) {
    return delete_own_policy(call, EntityKind::user);
}
Outcome delete_group_policy(Call& call) {
    return delete_own_policy(call, EntityKind::group);
}
Outcome delete_role_policy(Call& call) {
    return delete_own_policy(call, EntityKind::role);
}
Outcome attach_user_policy(Call& call) {
    return attach(call, EntityKind::user);
}
Outcome attach_group_policy(Call& call) {
    return attach(call, EntityKind::group);
}
Outcome attach_role_policy(Call& call) {
    return attach(call, EntityKind::role);
}
Outcome detach_user_policy(Call& call) {
    return detach(call, EntityKind::user);
}
Outcome detach_group_policy(Call& call) {
    return detach(call, EntityKind::group);
}
Outcome detach_role_policy(Call& call) {
    return detach(call, EntityKind::role);
}
Outcome list_attached_user_policies(Call& call) {
    return list_attached(call, EntityKind::user);
}
Outcome list_attached_group_policies(Call& call) {
    return list_attached(call, EntityKind::group);
}
Outcome list_attached_role_policies(Call& call) {
    return list_attached(call, EntityKind::role);
}

Outcome put_user_permissions_boundary(Call& call) {
    return set_boundary(call, EntityKind::user, call.input.text_of("PermissionsBoundary"));
}
Outcome delete_user_permissions_boundary(Call& call) {
    return set_boundary(call, EntityKind::user, {});
}
Outcome put_role_permissions_boundary(Call& call) {
    return set_boundary(call, EntityKind::role, call.input.text_of("PermissionsBoundary"));
}
Outcome delete_role_permissions_boundary(Call& call) {
    return set_boundary(call, EntityKind::role, {});
}

}  // namespace onput::gateway::iam
