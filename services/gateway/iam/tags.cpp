// Tags of users, roles and managed policies.
#include "services/gateway/iam/describe.hpp"
#include "services/gateway/iam/operation.hpp"

namespace onput::gateway::iam {
namespace {

using schema::EntityKind;

std::string_view member_of(EntityKind kind) {
    switch (kind) {
        case EntityKind::user: return "UserName";
        case EntityKind::role: return "RoleName";
        case EntityKind::group:  // Has no tags.
        case EntityKind::policy: break;
    }
    return "PolicyArn";
}

Outcome put_tags(Call& call, EntityKind kind) {
    schema::TagEntity message{
        .kind = kind, .name = call.input.text_of(member_of(kind)), .tags = read_tags(call.input)};
    co_return co_await carry_out(call, std::move(message));
}

Outcome remove_tags(Call& call, EntityKind kind) {
    schema::TagEntity message{.kind = kind,
                              .name = call.input.text_of(member_of(kind)),
                              .removed_keys = aws::names_of(call.input, "TagKeys")};
    co_return co_await carry_out(call, std::move(message));
}

Outcome list_tags(Call& call, EntityKind kind) {
    schema::GetEntity message{.kind = kind, .name = call.input.text_of(member_of(kind))};
    const auto entity = co_await ask(call, std::move(message));
    if (!entity) co_return std::unexpected(entity.error());
    const Value tags = describe_tags(entity->tags);
    Value result;
    const auto paged = put_page(call.input, "Tags", *tags.list(), result);
    if (!paged) co_return std::unexpected(paged.error());
    co_return result;
}

}  // namespace

Outcome tag_user(Call& call) {
    return put_tags(call, EntityKind::user);
}
Outcome untag_user(Call& call) {
    return remove_tags(call, EntityKind::user);
}
Outcome list_user_tags(Call& call) {
    return list_tags(call, EntityKind::user);
}
Outcome tag_role(Call& call) {
    return put_tags(call, EntityKind::role);
}
Outcome untag_role(Call& call) {
    return remove_tags(call, EntityKind::role);
}
Outcome list_role_tags(Call& call) {
    return list_tags(call, EntityKind::role);
}
Outcome tag_policy(Call& call) {
    return put_tags(call, EntityKind::policy);
}
Outcome untag_policy(Call& call) {
    return remove_tags(call, EntityKind::policy);
}
Outcome list_policy_tags(Call& call) {
    return list_tags(call, EntityKind::policy);
}

}  // namespace onput::gateway::iam
