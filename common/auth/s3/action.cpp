#include "common/auth/s3/action.hpp"

#include <algorithm>
#include <array>

#include "common/auth/wildcard.hpp"
#include "common/base/text.hpp"

namespace onput::auth {
namespace {

using enum S3Target;

struct Known {
    std::string_view name;
    S3Target target;
};

constexpr std::array known{
    Known{"AbortMultipartUpload", object},
    Known{"BypassGovernanceRetention", object},
    Known{"CreateBucket", bucket},
    Known{"DeleteBucket", bucket},
    Known{"DeleteBucketPolicy", bucket},
    Known{"DeleteBucketWebsite", bucket},
    Known{"DeleteObject", object},
    Known{"DeleteObjectTagging", object},
    Known{"DeleteObjectVersion", object},
    Known{"DeleteObjectVersionTagging", object},
    Known{"GetAccelerateConfiguration", bucket},
    Known{"GetAnalyticsConfiguration", bucket},
    Known{"GetBucketAcl", bucket},
    Known{"GetBucketCORS", bucket},
    Known{"GetBucketLocation", bucket},
    Known{"GetBucketLogging", bucket},
    Known{"GetBucketNotification", bucket},
    Known{"GetBucketObjectLockConfiguration", bucket},
    Known{"GetBucketOwnershipControls", bucket},
    Known{"GetBucketPolicy", bucket},
    Known{"GetBucketPolicyStatus", bucket},
    Known{"GetBucketPublicAccessBlock", bucket},
    Known{"GetBucketRequestPayment", bucket},
    Known{"GetBucketTagging", bucket},
    Known{"GetBucketVersioning", bucket},
    Known{"GetBucketWebsite", bucket},
    Known{"GetEncryptionConfiguration", bucket},
    Known{"GetIntelligentTieringConfiguration", bucket},
    Known{"GetInventoryConfiguration", bucket},
    Known{"GetLifecycleConfiguration", bucket},
    Known{"GetMetricsConfiguration", bucket},
    Known{"GetObject", object},
    Known{"GetObjectAcl", object},
    Known{"GetObjectAttributes", object},
    Known{"GetObjectLegalHold", object},
    Known{"GetObjectRetention", object},
    Known{"GetObjectTagging", object},
    Known{"GetObjectTorrent", object},
    Known{"GetObjectVersion", object},
    Known{"GetObjectVersionAcl", object},
    Known{"GetObjectVersionAttributes", object},
    Known{"GetObjectVersionForReplication", object},
    Known{"GetObjectVersionTagging", object},
    Known{"GetObjectVersionTorrent", object},
    Known{"GetReplicationConfiguration", bucket},
    Known{"InitiateReplication", object},
    Known{"ListBucket", bucket},
    Known{"ListBucketMultipartUploads", bucket},
    Known{"ListBucketVersions", bucket},
    Known{"ListMultipartUploadParts", object},
    Known{"ObjectOwnerOverrideToBucketOwner", object},
    Known{"PutAccelerateConfiguration", bucket},
    Known{"PutAnalyticsConfiguration", bucket},
    Known{"PutBucketAcl", bucket},
    Known{"PutBucketCORS", bucket},
    Known{"PutBucketLogging", bucket},
    Known{"PutBucketNotification", bucket},
    Known{"PutBucketObjectLockConfiguration", bucket},
    Known{"PutBucketOwnershipControls", bucket},
    Known{"PutBucketPolicy", bucket},
    Known{"PutBucketPublicAccessBlock", bucket},
    Known{"PutBucketRequestPayment", bucket},
    Known{"PutBucketTagging", bucket},
    Known{"PutBucketVersioning", bucket},
    Known{"PutBucketWebsite", bucket},
    Known{"PutEncryptionConfiguration", bucket},
    Known{"PutIntelligentTieringConfiguration", bucket},
    Known{"PutInventoryConfiguration", bucket},
    Known{"PutLifecycleConfiguration", bucket},
    Known{"PutMetricsConfiguration", bucket},
    Known{"PutObject", object},
    Known{"PutObjectAcl", object},
    Known{"PutObjectLegalHold", object},
    Known{"PutObjectRetention", object},
    Known{"PutObjectTagging", object},
    Known{"PutObjectVersionAcl", object},
    Known{"PutObjectVersionTagging", object},
    Known{"PutReplicationConfiguration", bucket},
    Known{"ReplicateDelete", object},
    Known{"ReplicateObject", object},
    Known{"ReplicateTags", object},
    Known{"RestoreObject", object},
};
static_assert(known.size() <= s3_actions_max);
static_assert(std::ranges::is_sorted(known, {}, &Known::name));

constexpr std::array<std::string_view, 3> listings{"ListBucket", "ListBucketMultipartUploads",
                                                   "ListBucketVersions"};

template <typename Predicate>
S3ActionSet select(Predicate is_wanted) {
    S3ActionSet set;
    for (std::size_t i = 0; i < known.size(); ++i) {
        if (is_wanted(known[i])) set.set(i);
    }
    return set;
}

}  // namespace

std::string_view S3Action::name() const {
    return known.at(number).name;
}

S3Target S3Action::target() const {
    return known.at(number).target;
}

std::optional<S3Action> find_s3_action(std::string_view name) {
    const auto* found = std::ranges::lower_bound(known, name, {}, &Known::name);
    if (found == known.end() || found->name != name) return {};
    return S3Action{.number = static_cast<std::uint8_t>(found - known.begin())};
}

S3ActionSet match_s3_actions(std::string_view pattern) {
    constexpr std::string_view service = "s3:";
    if (pattern == "*") return all_s3_actions();
    if (!starts_with_ignoring_case(pattern, service)) return {};
    const std::string wanted = lower_case(pattern.substr(service.size()));
    return select([&wanted](const Known& action) {
        return matches_wildcard(wanted, lower_case(action.name));
    });
}

const S3ActionSet& all_s3_actions() {
    static const S3ActionSet all = select([](const Known&) { return true; });
    return all;
}

const S3ActionSet& s3_actions_on(S3Target target) {
    static const S3ActionSet on_bucket =
        select([](const Known& action) { return action.target == bucket; });
    static const S3ActionSet on_object =
        select([](const Known& action) { return action.target == object; });
    return target == bucket ? on_bucket : on_object;
}

const S3ActionSet& listing_s3_actions() {
    static const S3ActionSet set = select([](const Known& action) {
        return std::ranges::find(listings, action.name) != listings.end();
    });
    return set;
}

}  // namespace onput::auth
