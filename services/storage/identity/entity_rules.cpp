#include "services/storage/identity/entity_rules.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "common/base/text.hpp"
#include "common/base/utf8.hpp"
#include "services/storage/identity/errors.hpp"

namespace onput::storage {
namespace {

using schema::EntityKind;

constexpr std::size_t tag_key_characters_max = 128;
constexpr std::size_t tag_value_characters_max = 256;
constexpr std::string_view name_pattern = "[\\w+=,.@-]+";

bool is_name(std::string_view text, std::size_t most) {
    return !text.empty() && text.size() <= most && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("_+=,.@-").contains(c);
    });
}

std::size_t name_bytes_max(EntityKind kind) {
    switch (kind) {
        case EntityKind::user:
        case EntityKind::role: return schema::entity_name_bytes_max;
        case EntityKind::group: return schema::group_name_bytes_max;
        case EntityKind::policy: break;
    }
    return schema::policy_name_bytes_max;
}

std::size_t own_policies_max(EntityKind kind) {
    switch (kind) {
        case EntityKind::user: return schema::user_policies_bytes_max;
        case EntityKind::group: return schema::group_policies_bytes_max;
        case EntityKind::role:
        case EntityKind::policy: break;
    }
    return schema::role_policies_bytes_max;
}

Result<void> check_characters(std::string_view document) {
    const bool is_text = std::ranges::all_of(document, [](char c) {
        return static_cast<unsigned char>(c) >= ' ' || c == '\t' || c == '\n' || c == '\r';
    });
    if (is_text && !document.empty()) return {};
    return invalid_value(document.substr(0, 0), "policyDocument",
                         "Member must have visible characters, and one at least");
}

std::unexpected<Error> malformed_document(const Error& error) {
    std::string message = error.message;
    for (const auto& [name, value] : error.details)
        message += fmt::format("{}{}", message.ends_with('.') ? " " : ": ", value);
    return fail(ErrorCode::invalid_argument, std::move(message), "MalformedPolicyDocument");
}

struct Bound {
    std::string_view quota;
    std::size_t most;
};
Result<auth::IamPolicy> parse(std::string_view document, auth::IamPolicy::Use use,
                              const Bound& bound) {
    ONPUT_TRY_VOID(check_characters(document));
    if (auth::policy_length(document) > bound.most) return quota_reached(bound.quota, bound.most);
    if (document.size() > schema::document_bytes_max) {
        return fail(ErrorCode::resource_exhausted,
                    fmt::format("A document may have {} bytes with its white space: send less of "
                                "that",
                                schema::document_bytes_max),
                    "LimitExceeded");
    }
    auto policy = auth::IamPolicy::parse(document, use);
    if (!policy) return malformed_document(policy.error());
    return policy;
}

}  // namespace

std::string_view word_of(EntityKind kind) {
    switch (kind) {
        case EntityKind::user: return "user";
        case EntityKind::group: return "group";
        case EntityKind::role: return "role";
        case EntityKind::policy: break;
    }
    return "policy";
}

std::string_view title_of(EntityKind kind) {
    switch (kind) {
        case EntityKind::user: return "User";
        case EntityKind::group: return "Group";
        case EntityKind::role: return "Role";
        case EntityKind::policy: break;
    }
    return "Policy";
}

bool may_have_boundary(EntityKind kind) {
    return kind == EntityKind::user || kind == EntityKind::role;
}

std::string_view attachment_quota_of(EntityKind kind) {
    switch (kind) {
        case EntityKind::user: return "PoliciesPerUser";
        case EntityKind::group: return "PoliciesPerGroup";
        case EntityKind::role:
        case EntityKind::policy: break;
    }
    return "PoliciesPerRole";
}

Result<void> check_path(std::string_view path) {
    const bool is_path = path.size() <= schema::entity_path_bytes_max && path.starts_with('/') &&
                         path.ends_with('/') && !path.contains("//") &&
                         std::ranges::all_of(path, [](char c) { return c > ' ' && c < 0x7f; });
    if (is_path) return {};
    return invalid_value(path, "path",
                         "Member must begin and end with /, and have up to 512 visible characters");
}

Result<void> check_name(const EntityName& named) {
    const std::size_t most = name_bytes_max(named.kind);
    if (is_name(named.name, most)) return {};
    return invalid_value(
        named.name, fmt::format("{}Name", word_of(named.kind)),
        fmt::format("Member must have 1 to {} characters and satisfy regular expression "
                    "pattern: {}",
                    most, name_pattern));
}

Result<void> check_entity(const schema::CreateEntity& request) {
    const bool is_policy = request.kind == EntityKind::policy;
    ONPUT_TRY_VOID(check_name({.kind = request.kind, .name = request.name}));
    ONPUT_TRY_VOID(check_path(request.path));
    ONPUT_TRY_VOID(check_description(request.description));
    ONPUT_TRY_VOID(check_entity_tags(request.tags));
    if (request.kind == EntityKind::role) {
        ONPUT_TRY_VOID(check_session_length(request.session_s_max));
        ONPUT_TRY_VOID(parse_trust(request.document));
    }
    if (is_policy) ONPUT_TRY_VOID(parse_managed(request.document));
    if (!request.boundary.empty() && !may_have_boundary(request.kind))
        return invalid_value(request.boundary, "permissionsBoundary", "of users and roles only");
    return {};
}

Result<void> check_policy_name(std::string_view name) {
    if (is_name(name, schema::policy_name_bytes_max)) return {};
    return invalid_value(
        name, "policyName",
        fmt::format("Member must have 1 to {} characters and satisfy regular expression pattern: "
                    "{}",
                    schema::policy_name_bytes_max, name_pattern));
}

Result<void> check_session_length(std::uint32_t seconds) {
    if (seconds >= schema::session_s_least && seconds <= schema::session_s_most) return {};
    return invalid_value(fmt::format("{}", seconds), "maxSessionDuration",
                         fmt::format("Member must have value from {} to {}",
                                     schema::session_s_least, schema::session_s_most));
}

Result<void> check_description(std::string_view description) {
    if (description.size() <= schema::entity_description_bytes_max) return {};
    return invalid_value(description, "description",
                         fmt::format("Member must have length less than or equal to {}",
                                     schema::entity_description_bytes_max));
}

Result<void> check_entity_tags(const std::vector<schema::Tag>& tags) {
    if (tags.size() > schema::entity_tags_max)
        return quota_reached("TagsPerEntity", schema::entity_tags_max);
    std::set<std::string> keys;  // Their case does not tell them apart.
    for (const schema::Tag& tag : tags) {
        const std::size_t length = count_characters(tag.key);
        if (length == 0 || length > tag_key_characters_max)
            return invalid_value(tag.key, "tags", "Keys must have 1 to 128 characters");
        if (count_characters(tag.value) > tag_value_characters_max)
            return invalid_value(tag.key, "tags", "Values must have up to 256 characters");
        if (tag.key.starts_with("aws:"))
            return invalid_value(tag.key, "tags", "Keys must not start with aws:");
        if (!keys.insert(lower_case(tag.key)).second) {
            return fail(ErrorCode::invalid_argument,
                        "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
                        "InvalidInput");
        }
    }
    return {};
}

Result<auth::IamPolicy> parse_trust(std::string_view document) {
    return parse(document, auth::IamPolicy::Use::trust,
                 {.quota = "ACLSizePerRole", .most = schema::trust_bytes_max});
}

Result<auth::IamPolicy> parse_managed(std::string_view document) {
    return parse(document, auth::IamPolicy::Use::identity,
                 {.quota = "PolicySize", .most = schema::managed_policy_bytes_max});
}

Result<auth::IamPolicy> parse_own(std::string_view document) {
    return parse(document, auth::IamPolicy::Use::identity,
                 {.quota = "PolicySize", .most = schema::role_policies_bytes_max});
}

Result<void> check_own_policies(const schema::Entity& entity) {
    const std::size_t most = own_policies_max(entity.kind);
    std::size_t length = 0;
    std::size_t bytes = 0;
    for (const auto& policy : entity.policies) {
        length += auth::policy_length(policy.document);
        bytes += policy.document.size();
    }
    if (length <= most && bytes <= schema::own_documents_bytes_max) return {};
    return fail(ErrorCode::resource_exhausted,
                fmt::format("Maximum policy size of {} bytes exceeded for {} {}", most,
                            word_of(entity.kind), entity.name),
                "LimitExceeded");
}

}  // namespace onput::storage
