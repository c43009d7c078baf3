#include "services/gateway/iam/describe.hpp"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "common/base/encoding.hpp"
#include "common/base/text.hpp"

namespace onput::gateway::iam {
namespace {

Value describe_head(const schema::Entity& entity, std::string_view word) {
    Value shown;
    shown["Path"] = Value(entity.path);
    shown[fmt::format("{}Name", word)] = Value(entity.name);
    shown[fmt::format("{}Id", word)] = Value(entity.id);
    shown["Arn"] = Value(schema::entity_arn(entity));
    shown["CreateDate"] = time_value(entity.created_at);
    return shown;
}

void add_tags(const schema::Entity& entity, Detail detail, Value& shown) {
    if (detail == Detail::whole && !entity.tags.empty()) shown["Tags"] = describe_tags(entity.tags);
}

void add_boundary(const schema::Entity& entity, Detail detail, Value& shown) {
    if (detail == Detail::listed || entity.boundary.empty()) return;
    Value boundary;
    boundary["PermissionsBoundaryType"] = Value("Policy");
    boundary["PermissionsBoundaryArn"] = Value(entity.boundary);
    shown["PermissionsBoundary"] = std::move(boundary);
}

void add_description(const schema::Entity& entity, Value& shown) {
    if (!entity.description.empty()) shown["Description"] = Value(entity.description);
}

std::string version_id(std::uint32_t number) {
    return fmt::format("v{}", number);
}

std::unexpected<Error> invalid_marker() {
    return fail(ErrorCode::invalid_argument, "Invalid Marker.", "ValidationError");
}

}  // namespace

Value time_value(Timestamp time) {
    return std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

Value encoded_document(std::string_view document) {
    return percent_encode(document);
}

Value describe_tags(const std::vector<schema::Tag>& tags) {
    Value list{Value::List()};
    for (const schema::Tag& tag : tags) {
        Value shown;
        shown["Key"] = Value(tag.key);
        shown["Value"] = Value(tag.value);
        list.push_back(std::move(shown));
    }
    return list;
}

Value describe_user(const schema::Entity& user, Detail detail) {
    Value shown = describe_head(user, "User");
    add_boundary(user, detail, shown);
    add_tags(user, detail, shown);
    return shown;
}

Value describe_group(const schema::Entity& group) {
    return describe_head(group, "Group");
}

Value describe_role(const schema::Entity& role, Detail detail) {
    Value shown = describe_head(role, "Role");
    shown["AssumeRolePolicyDocument"] = encoded_document(role.trust);
    shown["MaxSessionDuration"] = Value(std::int64_t{role.session_s_max});
    add_description(role, shown);
    add_boundary(role, detail, shown);
    add_tags(role, detail, shown);
    return shown;
}

Value describe_policy(const schema::Entity& policy, Detail detail) {
    Value shown = describe_head(policy, "Policy");
    shown["DefaultVersionId"] = Value(version_id(policy.default_version));
    shown["AttachmentCount"] = Value(std::int64_t{policy.attachments});
    shown["PermissionsBoundaryUsageCount"] = Value(std::int64_t{policy.boundaries});
    shown["IsAttachable"] = Value::flag(true);
    shown["UpdateDate"] = time_value(policy.updated_at);
    if (detail == Detail::whole) add_description(policy, shown);
    add_tags(policy, detail, shown);
    return shown;
}

Value describe_version(const schema::Entity& policy, const schema::PolicyVersion& version) {
    Value shown;
    shown["VersionId"] = Value(version_id(version.number));
    shown["IsDefaultVersion"] = Value::flag(version.number == policy.default_version);
    shown["CreateDate"] = time_value(version.created_at);
    return shown;
}

Value describe_key(const schema::AccessKey& key) {
    Value shown;
    shown["UserName"] = Value(key.user);
    shown["AccessKeyId"] = Value(key.id);
    shown["Status"] = Value(key.is_active ? "Active" : "Inactive");
    shown["CreateDate"] = time_value(key.created_at);
    return shown;
}

std::vector<schema::Tag> read_tags(const Value& input) {
    std::vector<schema::Tag> tags;
    const Value* list = input.find("Tags");
    if (list == nullptr || list->list() == nullptr) return tags;
    for (const Value& tag : *list->list())
        tags.push_back({.key = tag.text_of("Key"), .value = tag.text_of("Value")});
    return tags;
}

Result<std::uint32_t> read_version_id(std::string_view text) {
    const auto number = text.starts_with('v') ? parse_number<std::uint32_t>(text.substr(1))
                                              : std::optional<std::uint32_t>();
    if (number) return *number;
    return fail(ErrorCode::invalid_argument,
                fmt::format("Value '{}' at 'versionId' failed to satisfy constraint: Member must "
                            "be v and a number",
                            text.substr(0, 64)),
                "ValidationError");
}

Result<PageRequest> read_page(const Value& input) {
    PageRequest page;
    const auto after = from_base64(input.text_of("Marker"));
    if (!after) return invalid_marker();
    page.after = *after;
    if (const Value* items = input.find("MaxItems"))
        page.limit = static_cast<std::uint32_t>(items->number().value_or(page.limit));
    return page;
}

void end_page(const std::string& next, Value& result) {
    result["IsTruncated"] = Value::flag(!next.empty());
    if (!next.empty()) result["Marker"] = Value(to_base64(next));
}

Result<void> put_page(const Value& input, std::string_view member, const Value::List& items,
                      Value& result) {
    ONPUT_TRY(const PageRequest page, read_page(input));
    const auto first =
        page.after.empty() ? std::optional<std::size_t>(0) : parse_number<std::size_t>(page.after);
    if (!first || *first > items.size()) return invalid_marker();
    const std::size_t last = std::min(items.size(), *first + page.limit);
    Value shown{Value::List()};
    for (std::size_t i = *first; i < last; ++i) shown.push_back(items[i]);
    result[std::string(member)] = std::move(shown);
    end_page(last < items.size() ? fmt::format("{}", last) : std::string(), result);
    return {};
}

}  // namespace onput::gateway::iam
