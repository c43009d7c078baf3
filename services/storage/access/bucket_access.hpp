// BucketAccess: what a bucket's settings say about who may reach it, as judge.hpp asks them: parsed
// once, when they change. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/auth/s3/bucket_policy.hpp"
#include "common/base/result.hpp"
#include "common/schema/bucket_configuration.hpp"

namespace onput::storage {

// Who owns a new object, and whether access control lists count.
enum class Ownership : std::uint8_t {
    bucket_owner_enforced,
    bucket_owner_preferred,
    object_writer
};

// As new buckets have it: the public is kept out.
struct PublicAccessBlock {
    bool blocks_acls = true;       // Puts of public ones are refused.
    bool ignores_acls = true;      // Public grants do not count.
    bool blocks_policy = true;     // A put of a public one is refused.
    bool restricts_bucket = true;  // With a public policy, only its owner's account gets in.

    friend bool operator==(const PublicAccessBlock&, const PublicAccessBlock&) = default;
};

// `document`: as the gateway renders it; empty: it was deleted, so nothing is blocked and ACLs
// count; nothing: never put, so the defaults hold.
PublicAccessBlock read_public_access_block(const std::optional<std::string>& document);
Ownership read_ownership(const std::optional<std::string>& document);

struct BucketAccess {
    std::optional<auth::BucketPolicy> policy;
    bool is_policy_public = false;
    PublicAccessBlock block;
    Ownership ownership = Ownership::bucket_owner_enforced;

    [[nodiscard]] bool counts_acls() const { return ownership != Ownership::bucket_owner_enforced; }

    // `text`: empty for none. malformed_policy.
    Result<void> set_policy(std::string_view text, std::string_view bucket);
    // Of the kinds that matter here; others change nothing.
    void set_configuration(schema::BucketConfigurationKind kind,
                           const std::optional<std::string>& document);
};

}  // namespace onput::storage
