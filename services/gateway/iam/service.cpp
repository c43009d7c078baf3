#include "services/gateway/iam/service.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "services/gateway/aws/directory.hpp"
#include "services/gateway/aws/errors.hpp"
#include "services/gateway/iam/operation.hpp"

namespace onput::gateway::iam {
namespace {

using aws::ErrorAlias;

constexpr std::array handlers{
    aws::Handler{"AddUserToGroup", &add_user_to_group},
    aws::Handler{"AttachGroupPolicy", &attach_group_policy},
    aws::Handler{"AttachRolePolicy", &attach_role_policy},
    aws::Handler{"AttachUserPolicy", &attach_user_policy},
    aws::Handler{"CreateAccessKey", &create_access_key},
    aws::Handler{"CreateGroup", &create_group},
    aws::Handler{"CreatePolicy", &create_policy},
    aws::Handler{"CreatePolicyVersion", &create_policy_version},
    aws::Handler{"CreateRole", &create_role},
    aws::Handler{"CreateUser", &create_user},
    aws::Handler{"DeleteAccessKey", &delete_access_key},
    aws::Handler{"DeleteGroup", &delete_group},
    aws::Handler{"DeleteGroupPolicy", &delete_group_policy},
    aws::Handler{"DeletePolicy", &delete_policy},
    aws::Handler{"DeletePolicyVersion", &delete_policy_version},
    aws::Handler{"DeleteRole", &delete_role},
    aws::Handler{"DeleteRolePermissionsBoundary", &delete_role_permissions_boundary},
    aws::Handler{"DeleteRolePolicy", &delete_role_policy},
    aws::Handler{"DeleteUser", &delete_user},
    aws::Handler{"DeleteUserPermissionsBoundary", &delete_user_permissions_boundary},
    aws::Handler{"DeleteUserPolicy", &delete_user_policy},
    aws::Handler{"DetachGroupPolicy", &detach_group_policy},
    aws::Handler{"DetachRolePolicy", &detach_role_policy},
    aws::Handler{"DetachUserPolicy", &detach_user_policy},
    aws::Handler{"GetAccessKeyLastUsed", &get_access_key_last_used},
    aws::Handler{"GetGroup", &get_group},
    aws::Handler{"GetGroupPolicy", &get_group_policy},
    aws::Handler{"GetPolicy", &get_policy},
    aws::Handler{"GetPolicyVersion", &get_policy_version},
    aws::Handler{"GetRole", &get_role},
    aws::Handler{"GetRolePolicy", &get_role_policy},
    aws::Handler{"GetUser", &get_user},
    aws::Handler{"GetUserPolicy", &get_user_policy},
    aws::Handler{"ListAccessKeys", &list_access_keys},
    aws::Handler{"ListAttachedGroupPolicies", &list_attached_group_policies},
    aws::Handler{"ListAttachedRolePolicies", &list_attached_role_policies},
    aws::Handler{"ListAttachedUserPolicies", &list_attached_user_policies},
    aws::Handler{"ListEntitiesForPolicy", &list_entities_for_policy},
    aws::Handler{"ListGroupPolicies", &list_group_policies},
    aws::Handler{"ListGroups", &list_groups},
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
    aws::Handler{"PutGroupPolicy", &put_group_policy},
    aws::Handler{"PutRolePermissionsBoundary", &put_role_permissions_boundary},
    aws::Handler{"PutRolePolicy", &put_role_policy},
    aws::Handler{"PutUserPermissionsBoundary", &put_user_permissions_boundary},
    aws::Handler{"PutUserPolicy", &put_user_policy},
    aws::Handler{"RemoveUserFromGroup", &remove_user_from_group},
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
    aws::Handler{"UpdateGroup", &update_group},
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

using schema::EntityKind;

// The group, role or user that an operation names, or whose own key it is.
struct Named {
    EntityKind kind = EntityKind::user;
    std::string name;
};
Named named_in(const Call& call) {
    const Value& input = call.input;
    if (std::string role = input.text_of("RoleName"); !role.empty())
        return {.kind = EntityKind::role, .name = std::move(role)};
    if (std::string group = input.text_of("GroupName"); !group.empty())
        return {.kind = EntityKind::group, .name = std::move(group)};
    std::string user = input.text_of("UserName");
    return {.name = user.empty() ? call.context.identity.user : std::move(user)};
}

std::string arn_with(const Call& call, EntityKind kind, const std::string& name) {
    const std::string path = call.input.text_of("Path");
    return schema::entity_arn({.kind = kind,
                               .account = call.context.identity.account_id,
                               .path = path.empty() ? "/" : path,
                               .name = name});
}

bool names_entity(const Value& input) {
    const auto has = [&input](std::string_view member) { return !input.text_of(member).empty(); };
    return has("RoleName") || has("UserName") || has("GroupName");
}

bool is_about_policy(const Value& input) {
    return !input.text_of("PolicyArn").empty() && !names_entity(input);
}

constexpr std::string_view boundary_key = "iam:permissionsboundary";

// What there is already is asked about by its own ARN: a path, and letters of another case, must
// not step round a policy.
http::Task<Result<void>> find_subject(Call& call) {
    const Value& input = call.input;
    const std::string_view operation = call.operation.name;
    const bool makes_one =
        operation == "CreateUser" || operation == "CreateRole" || operation == "CreateGroup";
    const bool names_one = !is_about_policy(input) && input.text_of("PolicySourceArn").empty() &&
                           !operation.starts_with("List") && operation != "CreatePolicy";
    const bool is_list_of_one = operation.starts_with("List") && !is_about_policy(input) &&
                                (names_entity(input) || operation == "ListAccessKeys");
    if (makes_one || (!names_one && !is_list_of_one)) co_return Result<void>();
    Named named = named_in(call);
    if (operation == "GetAccessKeyLastUsed") {
        const schema::FindAccessKey key{.id = input.text_of("AccessKeyId")};
        const auto found = co_await call.context.call(key);
        if (!found && found.error().code != ErrorCode::not_found)
            co_return std::unexpected(found.error());
        named.name = found ? found->reply.key.user : std::string("*");
    }
    const schema::GetEntity message{.kind = named.kind, .name = named.name};
    const auto found = co_await call.context.call(message);
    if (found) {
        call.subject = schema::entity_arn(found->reply);
        if (!found->reply.boundary.empty())
            call.subject_values.emplace_back(boundary_key, found->reply.boundary);
    } else if (found.error().code == ErrorCode::not_found) {
        call.subject = arn_with(call, named.kind, named.name);
    } else {
        co_return std::unexpected(found.error());
    }
    co_return Result<void>();
}

// The ARN of the user, group, role or policy that an operation is about.
std::string resource_of(const Call& call) {
    if (!call.subject.empty()) return call.subject;
    const Value& input = call.input;
    if (is_about_policy(input)) return input.text_of("PolicyArn");
    if (const std::string arn = input.text_of("PolicySourceArn"); !arn.empty()) return arn;
    const std::string_view operation = call.operation.name;
    if (operation == "CreatePolicy")
        return arn_with(call, EntityKind::policy, input.text_of("PolicyName"));
    if (operation == "CreateRole")
        return arn_with(call, EntityKind::role, input.text_of("RoleName"));
    if (operation == "CreateGroup")
        return arn_with(call, EntityKind::group, input.text_of("GroupName"));
    if (operation == "CreateUser")
        return arn_with(call, EntityKind::user, input.text_of("UserName"));
    const std::string prefix = fmt::format("arn:aws:iam::{}:", call.context.identity.account_id);
    if (operation == "ListPolicies") return prefix + "policy/";
    if (operation == "ListRoles") return prefix + "role/";
    if (operation == "ListGroups") return prefix + "group/";
    return prefix + "user/";
}

// The ARN that UpdateGroup gives.
std::string renamed(const Call& call) {
    const std::string now = resource_of(call);
    const auto path_begin = now.find('/');
    const auto name_begin = now.rfind('/') + 1;
    std::string path = call.input.text_of("NewPath");
    if (path.empty()) path = now.substr(path_begin, name_begin - path_begin);
    std::string name = call.input.text_of("NewGroupName");
    if (name.empty()) name = now.substr(name_begin);
    return schema::entity_arn({.kind = EntityKind::group,
                               .account = call.context.identity.account_id,
                               .path = std::move(path),
                               .name = std::move(name)});
}

std::vector<AskedAction> asks(const Call& call) {
    AskedAction asked{.action = fmt::format("iam:{}", call.operation.name),
                      .resource = resource_of(call)};
    const std::string attached = call.input.text_of("PolicyArn");
    if (!attached.empty()) asked.values.emplace_back("iam:policyarn", attached);
    // Of one that is made or changed, the boundary that it will have.
    const std::string boundary = call.input.text_of("PermissionsBoundary");
    if (boundary.empty()) {
        asked.values.insert(asked.values.end(), call.subject_values.begin(),
                            call.subject_values.end());
    } else {
        asked.values.emplace_back(boundary_key, boundary);
    }
    std::vector<AskedAction> all{std::move(asked)};
    if (call.operation.name == "UpdateGroup")
        all.push_back({.action = all.front().action, .resource = renamed(call)});
    return all;
}

}  // namespace

const aws::Service& service() {
    static const aws::Service iam{
        .name = "iam",
        .model = &aws::iam_model,
        .handlers = handlers,
        .asks = &asks,
        .find_subject = &find_subject,
        .name_of = &name_of,
        .refusal_reason = "InvalidAction",
    };
    return iam;
}

}  // namespace onput::gateway::iam
