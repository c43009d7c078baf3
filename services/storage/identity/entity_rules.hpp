// What may be said of an identity: names, paths, tags and documents, by IAM's rules. Pure.
#pragma once

#include <string_view>
#include <vector>

#include "common/auth/iam_policy.hpp"
#include "common/base/result.hpp"
#include "common/schema/identity.hpp"

namespace onput::storage {

// ValidationError; of a document MalformedPolicyDocument or LimitExceeded.
Result<void> check_entity(const schema::CreateEntity& request);
Result<void> check_policy_name(std::string_view name);
Result<void> check_session_length(std::uint32_t seconds);
Result<void> check_description(std::string_view description);
Result<void> check_entity_tags(const std::vector<schema::Tag>& tags);
Result<auth::IamPolicy> parse_trust(std::string_view document);
Result<auth::IamPolicy> parse_managed(std::string_view document);
Result<auth::IamPolicy> parse_own(std::string_view document);

// ValidationError.
Result<void> check_path(std::string_view path);
struct EntityName {
    schema::EntityKind kind = schema::EntityKind::user;
    std::string_view name;
};
Result<void> check_name(const EntityName& named);

bool may_have_boundary(schema::EntityKind kind);

// LimitExceeded: all policies of the user's, group's or role's own are too long together.
Result<void> check_own_policies(const schema::Entity& entity);

// "user", "group", "role", "policy"; the same as a title: "User".
std::string_view word_of(schema::EntityKind kind);
std::string_view title_of(schema::EntityKind kind);
// How many managed policies one may have: "PoliciesPerUser".
std::string_view attachment_quota_of(schema::EntityKind kind);

}  // namespace onput::storage
