#include "services/gateway/iam/service.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "common/auth/iam_arn.hpp"
#include "services/gateway/aws/directory.hpp"
#include "services/gateway/aws/errors.hpp"
#include "services/gateway/iam/operation.hpp"

namespace onput::gateway::iam {
namespace {

using aws::ErrorAlias;

constexpr std::array handlers{
    aws::Handler{"AttachRolePolicy", &attach_role_policy},
    aws::Handler{"AttachUserPolicy", &attach_user_policy},
    aws::Handler{"CreateAccessKey", &create_access_key},
    aws::Handler{"CreatePolicy", &create_policy},
    aws::Handler{"CreatePolicyVersion", &create_policy_version},
    aws::Handler{"CreateRole", &create_role},
    aws::Handler{"CreateUser", &create_user},
    aws::Handler{"DeleteAccessKey", &delete_access_key},
    aws::Handler{"DeletePolicy", &delete_policy},
    aws::Handler{"DeletePolicyVersion", &delete_policy_version},
    aws::Handler{"DeleteRole", &delete_role},
    aws::Handler{"DeleteRolePolicy", &delete_role_policy},
    aws::Handler{"DeleteUser", &delete_user},
    aws::Handler{"DeleteUserPolicy", &delete_user_policy},
    aws::Handler{"DetachRolePolicy", &detach_role_policy},
    aws::Handler{"DetachUserPolicy", &detach_user_policy},
    aws::Handler{"GetAccessKeyLastUsed", &get_access_key_last_used},
    aws::Handler{"GetPolicy", &get_policy},
    aws::Handler{"GetPolicyVersion", &get_policy_version},
    aws::Handler{"GetRole", &get_role},
    aws::Handler{"GetRolePolicy", &get_role_policy},
    aws::Handler{"GetUser", &get_user},
    aws::Handler{"GetUserPolicy", &get_user_policy},
    aws::Handler{"ListAccessKeys", &list_access_keys},
    aws::Handler{"ListAttachedRolePolicies", &list_attached_role_policies},
    aws::Handler{"ListAttachedUserPolicies", &list_attached_user_policies},
    aws::Handler{"ListEntitiesForPolicy", &list_entities_for_policy},
    aws::Handler{"ListGroupsForUser", &list_groups_for_user},
    aws::Handler{"ListInstanceProfilesForRole", &list_instance_profiles_for_role},
    aws::Handler{"ListPolicies", &list_policies},
    aws::Handler{"ListPolicyTags", &list_policy_tags},
    aws::Handler{"ListPolicyVersions", &list_policy_versions},
    aws::Handler{"ListRolePolicies", &list_role_policies},
    aws::Handler{"ListRoleTags", &list_role_tags},
    aws::Handler{"ListRoles", &list_roles},
    aws::Handler{"ListUserPolicies", &list_user_policies},
    aws::Handler{"ListUserTags", &list_user_tags},
    aws::Handler{"ListUsers", &list_users},
    aws::Handler{"PutRolePolicy", &put_role_policy},
    aws::Handler{"PutUserPolicy", &put_user_policy},
    aws::Handler{"SetDefaultPolicyVersion", &set_default_policy_version},
    aws::Handler{"SimulatePrincipalPolicy", &simulate_principal_policy},
    aws::Handler{"TagPolicy", &tag_policy},
    aws::Handler{"TagRole", &tag_role},
    aws::Handler{"TagUser", &tag_user},
    aws::Handler{"UntagPolicy", &untag_policy},
    aws::Handler{"UntagRole", &untag_role},
    aws::Handler{"UntagUser", &untag_user},
    aws::Handler{"UpdateAccessKey", &update_access_key},
    aws::Handler{"UpdateAssumeRolePolicy", &update_assume_role_policy},
    aws::Handler{"UpdateRole", &update_role},
    aws::Handler{"UpdateRoleDescription", &update_role_description},
};
static_assert(std::ranges::is_sorted(handlers, {}, &aws::Handler::operation));

constexpr std::string_view internal_message =
    "The request processing has failed because of an unknown error.";

constexpr std::array aliases{
    ErrorAlias{"InternalError", "ServiceFailure", "", 500, internal_message},
    ErrorAlias{"InvalidAction", "", "", 400, ""},
    ErrorAlias{"ValidationException", "ValidationError", "", 400, ""},
    ErrorAlias{"ValidationError", "", "", 400, ""},
    ErrorAlias{"NoSuchEntity", "", "", 404, ""},
    ErrorAlias{"EntityAlreadyExists", "", "", 409, ""},
    ErrorAlias{"DeleteConflict", "", "", 409, ""},
    ErrorAlias{"LimitExceeded", "", "", 409, ""},
    ErrorAlias{"MalformedPolicyDocument", "", "", 400, ""},
    ErrorAlias{"InvalidInput", "", "", 400, ""},
    ErrorAlias{"AccessDenied", "", "", 403, ""},
    ErrorAlias{"NoMasterKey", "InvalidInput", "", 400, ""},
    ErrorAlias{"storage_full", "ServiceUnavailable", "", 503,
               "The storage service has no room for more now. Try again."},
    ErrorAlias{"MalformedQueryString", "", "", 400, ""},
    ErrorAlias{"body_too_large", "ValidationError", "", 400,
               "The request is larger than is allowed."},
};

ErrorAlias alias_of_code(ErrorCode code) {
    switch (code) {
        case ErrorCode::invalid_argument: return {"ValidationError", "", "", 400, ""};
        case ErrorCode::not_found: return {"NoSuchEntity", "", "", 404, ""};
        case ErrorCode::conflict: return {"ConcurrentModification", "", "", 409, ""};
        case ErrorCode::permission_denied: return {"AccessDenied", "", "", 403, ""};
        case ErrorCode::resource_exhausted: return {"LimitExceeded", "", "", 409, ""};
        case ErrorCode::unimplemented: return {"InvalidAction", "", "", 400, ""};
        case ErrorCode::unavailable:
        case ErrorCode::timeout:
            return {"ServiceUnavailable", "", "", 503,
                    "The storage service, which keeps identities, cannot be reached now. Try "
                    "again."};
        default: return {"ServiceFailure", "", "", 500, internal_message};
    }
}

aws::ErrorName name_of(const Error& error, aws::Protocol) {
    static constexpr aws::ErrorWords words{
        .model = &aws::iam_model, .aliases = aliases, .by_code = &alias_of_code};
    return aws::name_of(error, words);
}

// The ARN of the user, role or policy that an operation is about. A path is known of the caller
// only.
std::string resource_of(const Call& call) {
    const auto& identity = call.context.identity;
    const std::string prefix = fmt::format("arn:aws:iam::{}:", identity.account_id);
    const Value& input = call.input;
    if (const std::string arn = input.text_of("PolicyArn");
        !arn.empty() && input.text_of("RoleName").empty() && input.text_of("UserName").empty())
        return arn;
    if (const std::string arn = input.text_of("PolicySourceArn"); !arn.empty()) return arn;
    if (const std::string role = input.text_of("RoleName"); !role.empty())
        return fmt::format("{}role/{}", prefix, role);
    const std::string_view operation = call.operation.name;
    if (operation == "CreatePolicy")
        return fmt::format("{}policy/{}", prefix, input.text_of("PolicyName"));
    if (operation == "ListPolicies") return prefix + "policy/";
    if (operation == "ListRoles") return prefix + "role/";
    if (operation == "ListUsers") return prefix + "user/";
    std::string user = input.text_of("UserName");
    if (user.empty()) user = identity.user;
    if (user.empty()) return "*";
    const bool is_own = identity.limited && user == identity.user;
    return fmt::format("{}user{}{}", prefix, is_own ? identity.limited->path : "/", user);
}

std::vector<AskedAction> asks(const Call& call) {
    AskedAction asked{.action = fmt::format("iam:{}", call.operation.name),
                      .resource = resource_of(call)};
    const std::string attached = call.input.text_of("PolicyArn");
    if (!attached.empty()) asked.values.emplace_back("iam:policyarn", attached);
    return {std::move(asked)};
}

}  // namespace

const aws::Service& service() {
    static const aws::Service iam{
        .name = "iam",
        .model = &aws::iam_model,
        .handlers = handlers,
        .asks = &asks,
        .name_of = &name_of,
        .refusal_reason = "InvalidAction",
    };
    return iam;
}

}  // namespace onput::gateway::iam
