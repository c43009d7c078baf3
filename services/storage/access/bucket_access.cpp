#include "services/storage/access/bucket_access.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace onput::storage {
namespace {

// The gateway renders documents: elements without attributes, each once.
bool has_element(const std::string& document, std::string_view name, std::string_view text) {
    return document.contains(fmt::format("<{}>{}</{}>", name, text, name));
}

}  // namespace

PublicAccessBlock read_public_access_block(const std::optional<std::string>& document) {
    if (!document) return {};
    const auto is_on = [&document](std::string_view name) {
        // As other releases have stored it.
        constexpr std::array spellings{"true", "TRUE", "True"};
        return std::ranges::any_of(spellings, [&](std::string_view spelling) {
            return has_element(*document, name, spelling);
        });
    };
    return {.blocks_acls = is_on("BlockPublicAcls"),
            .ignores_acls = is_on("IgnorePublicAcls"),
            .blocks_policy = is_on("BlockPublicPolicy"),
            .restricts_bucket = is_on("RestrictPublicBuckets")};
}

Ownership read_ownership(const std::optional<std::string>& document) {
    constexpr std::string_view name = "ObjectOwnership";
    if (!document || has_element(*document, name, "BucketOwnerEnforced"))
        return Ownership::bucket_owner_enforced;
    if (has_element(*document, name, "BucketOwnerPreferred"))
        return Ownership::bucket_owner_preferred;
    return Ownership::object_writer;
}

Result<void> BucketAccess::set_policy(std::string_view text, std::string_view bucket) {
    if (text.empty()) {
        policy.reset();
        is_policy_public = false;
        return {};
    }
    ONPUT_TRY(auto parsed, auth::BucketPolicy::parse(text, bucket));
    is_policy_public = parsed.is_public();
    policy = std::move(parsed);
    return {};
}

void BucketAccess::set_configuration(schema::BucketConfigurationKind kind,
                                     const std::optional<std::string>& document) {
    using enum schema::BucketConfigurationKind;
    if (kind == public_access_block) block = read_public_access_block(document);
    if (kind == ownership_controls) ownership = read_ownership(document);
}

}  // namespace onput::storage
