// The managed policies that are there in every account, with the ARNs of AWS's own. Of what theirs
// allow, these have what services here can be asked for. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace onput::auth {

// In place of an account in their ARNs.
inline constexpr std::string_view managed_policies_account = "aws";

struct ManagedPolicy {
    std::string_view path;  // "/" or "/service-role/"
    std::string_view name;
    std::string_view document;
};

// By name.
std::span<const ManagedPolicy> managed_policies();

// Null: there is none.
const ManagedPolicy* find_managed_policy(std::string_view name);

// "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
std::string managed_policy_arn(const ManagedPolicy& policy);
// "ANPA..." of the same length as all others, always the same one.
std::string managed_policy_id(const ManagedPolicy& policy);

}  // namespace onput::auth
