// Operations on managed policies and their versions.
#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "services/gateway/iam/describe.hpp"
#include "services/gateway/iam/operation.hpp"

namespace onput::gateway::iam {
namespace {

using schema::EntityKind;

http::Task<Result<schema::Entity>> fetch(Call& call) {
    schema::GetEntity message{.kind = EntityKind::policy, .name = call.input.text_of("PolicyArn")};
    co_return co_await ask(call, std::move(message));
}

std::unexpected<Error> no_such_version(std::string_view arn, std::string_view version) {
    return fail(
        ErrorCode::not_found,
        fmt::format("Policy {} version {} does not exist or is not attachable.", arn, version),
        "NoSuchEntity");
}

// Who may have a policy attached, or for its boundary, and how lists call them.
constexpr std::array<std::pair<EntityKind, std::string_view>, 3> policy_holders{{
    {EntityKind::user, "User"},
    {EntityKind::group, "Group"},
    {EntityKind::role, "Role"},
}};

}  // namespace

Outcome create_policy(Call& call) {
    const Value& input = call.input;
    schema::CreateEntity message{.kind = EntityKind::policy,
                                 .name = input.text_of("PolicyName"),
                                 .description = input.text_of("Description"),
                                 .tags = read_tags(input),
                                 .document = input.text_of("PolicyDocument")};
    if (const std::string path = input.text_of("Path"); !path.empty()) message.path = path;
    const auto policy = co_await ask(call, std::move(message));
    if (!policy) co_return std::unexpected(policy.error());
    Value result;
    result["Policy"] = describe_policy(*policy, Detail::whole);
    co_return result;
}

Outcome get_policy(Call& call) {
    const auto policy = co_await fetch(call);
    if (!policy) co_return std::unexpected(policy.error());
    Value result;
    result["Policy"] = describe_policy(*policy, Detail::whole);
    co_return result;
}

Outcome list_policies(Call& call) {
    auto page = read_page(call.input);
    if (!page) co_return std::unexpected(std::move(page).error());
    const std::string scope = call.input.text_of("Scope");
    schema::ListEntities message{.kind = EntityKind::policy,
                                 .after = std::move(page->after),
                                 .limit = page->limit,
                                 .scope = scope == "AWS"     ? schema::PolicyScope::aws
                                          : scope == "Local" ? schema::PolicyScope::own
                                                             : schema::PolicyScope::all,
                                 .only_attached = call.input.text_of("OnlyAttached") == "true"};
    if (const std::string path = call.input.text_of("PathPrefix"); !path.empty())
        message.path_prefix = path;
    const auto list = co_await ask(call, std::move(message));
    if (!list) co_return std::unexpected(list.error());
    Value result;
    result["Policies"] = Value(Value::List());
    for (const auto& policy : list->entities)
        result["Policies"].push_back(describe_policy(policy, Detail::listed));
    end_page(list->next, result);
    co_return result;
}

Outcome delete_policy(Call& call) {
    schema::DeleteEntity message{.kind = EntityKind::policy,
                                 .name = call.input.text_of("PolicyArn")};
    co_return co_await carry_out(call, std::move(message));
}

Outcome create_policy_version(Call& call) {
    schema::CreatePolicyVersion message{.policy_arn = call.input.text_of("PolicyArn"),
                                        .document = call.input.text_of("PolicyDocument"),
                                        .is_default = call.input.text_of("SetAsDefault") == "true"};
    const auto policy = co_await ask(call, std::move(message));
    if (!policy) co_return std::unexpected(policy.error());
    Value result;
    result["PolicyVersion"] = describe_version(*policy, policy->versions.back());
    co_return result;
}

Outcome get_policy_version(Call& call) {
    const std::string version = call.input.text_of("VersionId");
    const auto number = read_version_id(version);
    if (!number) co_return std::unexpected(number.error());
    const auto policy = co_await fetch(call);
    if (!policy) co_return std::unexpected(policy.error());
    const auto found = std::ranges::find(policy->versions, *number, &schema::PolicyVersion::number);
    if (found == policy->versions.end())
        co_return no_such_version(call.input.text_of("PolicyArn"), version);
    Value result;
    result["PolicyVersion"] = describe_version(*policy, *found);
    result["PolicyVersion"]["Document"] = encoded_document(found->document);
    co_return result;
}

Outcome list_policy_versions(Call& call) {
    const auto policy = co_await fetch(call);
    if (!policy) co_return std::unexpected(policy.error());
    Value::List versions;
    for (const auto& version : policy->versions)
        versions.push_back(describe_version(*policy, version));
    std::ranges::reverse(versions);
    Value result;
    const auto paged = put_page(call.input, "Versions", versions, result);
    if (!paged) co_return std::unexpected(paged.error());
    co_return result;
}

Outcome delete_policy_version(Call& call) {
    const auto number = read_version_id(call.input.text_of("VersionId"));
    if (!number) co_return std::unexpected(number.error());
    schema::DeletePolicyVersion message{.policy_arn = call.input.text_of("PolicyArn"),
                                        .number = *number};
    co_return co_await carry_out(call, std::move(message));
}

Outcome set_default_policy_version(Call& call) {
    const auto number = read_version_id(call.input.text_of("VersionId"));
    if (!number) co_return std::unexpected(number.error());
    schema::SetDefaultPolicyVersion message{.policy_arn = call.input.text_of("PolicyArn"),
                                            .number = *number};
    co_return co_await carry_out(call, std::move(message));
}

Outcome list_entities_for_policy(Call& call) {
    const auto policy = co_await fetch(call);
    if (!policy) co_return std::unexpected(policy.error());
    const std::string filter = call.input.text_of("EntityFilter");
    Value result;
    for (const std::string_view member : {"PolicyGroups", "PolicyUsers", "PolicyRoles"})
        result[std::string(member)] = Value(Value::List());
    const std::string use = call.input.text_of("PolicyUsageFilter");
    const std::string arn = call.input.text_of("PolicyArn");
    for (const auto& [kind, title] : policy_holders) {
        const std::string word(title);
        if (!filter.empty() && filter != word) continue;
        std::map<std::string, std::string> ids;  // By name: both uses may be one's.
        for (const auto field :
             {&schema::ListEntities::attached_policy, &schema::ListEntities::boundary}) {
            const bool is_boundary = field == &schema::ListEntities::boundary;
            if (!use.empty() && (use == "PermissionsBoundary") != is_boundary) continue;
            schema::ListEntities message{.kind = kind, .limit = schema::entities_listed_max};
            message.*field = arn;
            const auto list = co_await ask(call, std::move(message));
            if (!list) co_return std::unexpected(list.error());
            for (const auto& entity : list->entities) ids.emplace(entity.name, entity.id);
        }
        for (const auto& [name, id] : ids) {
            Value shown;
            shown[word + "Name"] = Value(name);
            shown[word + "Id"] = Value(id);
            result["Policy" + word + "s"].push_back(std::move(shown));
        }
    }
    end_page({}, result);
    co_return result;
}

}  // namespace onput::gateway::iam
