// The IAM operations that exist here. Each turns its input into one message about an identity
// (common/schema/identity.hpp), and describes the answer as a tree. Documents are URL-encoded in
// answers, as AWS sends them.
#pragma once

#include <concepts>
#include <string>
#include <utility>

#include "common/schema/access_keys.hpp"
#include "common/schema/identity.hpp"
#include "services/gateway/aws/service.hpp"

namespace onput::gateway::iam {

using aws::Call;
using aws::Outcome;
using aws::Value;

// users.cpp
Outcome create_user(Call& call);
Outcome get_user(Call& call);
Outcome list_users(Call& call);
Outcome delete_user(Call& call);
// groups.cpp
Outcome create_group(Call& call);
Outcome get_group(Call& call);
Outcome list_groups(Call& call);
Outcome list_groups_for_user(Call& call);
Outcome update_group(Call& call);
Outcome delete_group(Call& call);
Outcome add_user_to_group(Call& call);
Outcome remove_user_from_group(Call& call);
// keys.cpp
Outcome create_access_key(Call& call);
Outcome list_access_keys(Call& call);
Outcome update_access_key(Call& call);
Outcome delete_access_key(Call& call);
Outcome get_access_key_last_used(Call& call);
// roles.cpp
Outcome create_role(Call& call);
Outcome get_role(Call& call);
Outcome list_roles(Call& call);
Outcome delete_role(Call& call);
Outcome update_role(Call& call);
Outcome update_role_description(Call& call);
Outcome update_assume_role_policy(Call& call);
Outcome list_instance_profiles_for_role(Call& call);
// entity_policies.cpp
Outcome put_user_permissions_boundary(Call& call);
Outcome delete_user_permissions_boundary(Call& call);
Outcome put_role_permissions_boundary(Call& call);
Outcome delete_role_permissions_boundary(Call& call);
Outcome put_user_policy(Call& call);
Outcome get_user_policy(Call& call);
Outcome list_user_policies(Call& call);
Outcome delete_user_policy(Call& call);
Outcome attach_user_policy(Call& call);
Outcome detach_user_policy(Call& call);
Outcome list_attached_user_policies(Call& call);
Outcome put_group_policy(Call& call);
Outcome get_group_policy(Call& call);
Outcome list_group_policies(Call& call);
Outcome delete_group_policy(Call& call);
Outcome attach_group_policy(Call& call);
Outcome detach_group_policy(Call& call);
Outcome list_attached_group_policies(Call& call);
Outcome put_role_policy(Call& call);
Outcome get_role_policy(Call& call);
Outcome list_role_policies(Call& call);
Outcome delete_role_policy(Call& call);
Outcome attach_role_policy(Call& call);
Outcome detach_role_policy(Call& call);
Outcome list_attached_role_policies(Call& call);
// managed_policies.cpp
Outcome create_policy(Call& call);
Outcome get_policy(Call& call);
Outcome list_policies(Call& call);
Outcome delete_policy(Call& call);
Outcome create_policy_version(Call& call);
Outcome get_policy_version(Call& call);
Outcome list_policy_versions(Call& call);
Outcome delete_policy_version(Call& call);
Outcome set_default_policy_version(Call& call);
Outcome list_entities_for_policy(Call& call);
// tags.cpp
Outcome tag_user(Call& call);
Outcome untag_user(Call& call);
Outcome list_user_tags(Call& call);
Outcome tag_role(Call& call);
Outcome untag_role(Call& call);
Outcome list_role_tags(Call& call);
Outcome tag_policy(Call& call);
Outcome untag_policy(Call& call);
Outcome list_policy_tags(Call& call);
// simulate.cpp
Outcome simulate_principal_policy(Call& call);

template <schema::Message M>
constexpr bool only_reads =
    std::same_as<M, schema::GetEntity> || std::same_as<M, schema::ListEntities> ||
    std::same_as<M, schema::ListAccessKeys> || std::same_as<M, schema::FindAccessKey> ||
    std::same_as<M, schema::ResolveIdentity>;

// The storage service's answer to a message about identities. What it changes counts for the next
// request here.
template <schema::Message M>
http::Task<Result<typename M::Reply>> ask(Call& call, M message) {
    auto answer = co_await call.context.call(message);
    if constexpr (!only_reads<M>) call.context.shared.identities.forget_all();
    if (!answer) co_return std::unexpected(std::move(answer).error());
    co_return std::move(answer->reply);
}

// For operations that answer nothing but that it is done.
template <schema::Message M>
Outcome carry_out(Call& call, M message) {
    const auto done = co_await ask(call, std::move(message));
    if (!done) co_return std::unexpected(done.error());
    co_return Value();
}

}  // namespace onput::gateway::iam
