#include "common/auth/language/condition_key.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "common/base/text.hpp"

namespace onput::auth {
namespace {

constexpr std::size_t tag_bytes_max = 512;  // 128 characters.

enum class Trait { none, many, listing, someone, tag };
struct Known {
    std::string_view name;
    Trait trait = Trait::none;
};

constexpr std::array known{
    Known{"aws:calledvia", Trait::many},
    Known{"aws:calledviafirst"},
    Known{"aws:calledvialast"},
    Known{"aws:currenttime"},
    Known{"aws:epochtime"},
    Known{"aws:federatedprovider"},
    Known{"aws:multifactorauthage"},
    Known{"aws:multifactorauthpresent"},
    Known{"aws:principalaccount"},
    Known{"aws:principalarn"},
    Known{"aws:principalisawsservice"},
    Known{"aws:principalorgid", Trait::someone},
    Known{"aws:principalorgpaths", Trait::many},
    Known{"aws:principalservicename"},
    Known{"aws:principalservicenameslist", Trait::many},
    Known{"aws:principaltag/", Trait::tag},
    Known{"aws:principaltype"},
    Known{"aws:referer"},
    Known{"aws:requestedregion"},
    Known{"aws:resourceaccount"},
    Known{"aws:securetransport"},
    Known{"aws:sourceaccount", Trait::someone},
    Known{"aws:sourcearn", Trait::someone},
    Known{"aws:sourceidentity"},
    Known{"aws:sourceip", Trait::someone},
    Known{"aws:sourceowner", Trait::someone},
    Known{"aws:sourcevpc", Trait::someone},
    Known{"aws:sourcevpce", Trait::someone},
    Known{"aws:tokenissuetime"},
    Known{"aws:useragent"},
    Known{"aws:userid", Trait::someone},
    Known{"aws:username"},
    Known{"aws:viaawsservice"},
    Known{"aws:vpcsourceip"},
    Known{"iam:passedtoservice"},
    Known{"iam:permissionsboundary"},
    Known{"iam:policyarn"},
    Known{"lambda:functionarn"},
    Known{"lambda:functionurlauthtype"},
    Known{"lambda:invokedviafunctionurl"},
    Known{"lambda:principal"},
    Known{"s3:accesspointnetworkorigin"},
    Known{"s3:authtype"},
    Known{"s3:dataaccesspointaccount", Trait::someone},
    Known{"s3:dataaccesspointarn", Trait::someone},
    Known{"s3:delimiter", Trait::listing},
    Known{"s3:existingobjecttag/", Trait::tag},
    Known{"s3:if-match"},
    Known{"s3:if-none-match"},
    Known{"s3:locationconstraint"},
    Known{"s3:max-keys", Trait::listing},
    Known{"s3:object-lock-legal-hold"},
    Known{"s3:object-lock-mode"},
    Known{"s3:object-lock-remaining-retention-days"},
    Known{"s3:object-lock-retain-until-date"},
    Known{"s3:objectcreationoperation"},
    Known{"s3:prefix", Trait::listing},
    Known{"s3:requestobjecttag/", Trait::tag},
    Known{"s3:requestobjecttagkeys", Trait::many},
    Known{"s3:resourceaccount"},
    Known{"s3:signatureage"},
    Known{"s3:signatureversion"},
    Known{"s3:versionid"},
    Known{"s3:x-amz-acl"},
    Known{"s3:x-amz-content-sha256"},
    Known{"s3:x-amz-copy-source"},
    Known{"s3:x-amz-grant-full-control"},
    Known{"s3:x-amz-grant-read"},
    Known{"s3:x-amz-grant-read-acp"},
    Known{"s3:x-amz-grant-write"},
    Known{"s3:x-amz-grant-write-acp"},
    Known{"s3:x-amz-metadata-directive"},
    Known{"s3:x-amz-object-ownership"},
    Known{"s3:x-amz-server-side-encryption"},
    Known{"s3:x-amz-server-side-encryption-aws-kms-key-id", Trait::someone},
    Known{"s3:x-amz-server-side-encryption-customer-algorithm"},
    Known{"s3:x-amz-storage-class"},
    Known{"s3:x-amz-website-redirect-location"},
    Known{"sns:endpoint"},
    Known{"sns:protocol"},
    Known{"sts:externalid"},
    Known{"sts:rolesessionname"},
};
static_assert(std::ranges::is_sorted(known, {}, &Known::name));

// What the services that judge identities themselves know, and owners of resources do not.
constexpr std::array known_of_identities{
    Known{"aws:requesttag/", Trait::tag},
    Known{"aws:tagkeys", Trait::many},
};
static_assert(std::ranges::is_sorted(known_of_identities, {}, &Known::name));

// What owners of resources know of these.
constexpr std::array known_of_resources{
    Known{"aws:resourcetag/", Trait::tag},
};

// Of these, a key that is not known is a mistake that would protect nothing.
constexpr std::array<std::string_view, 11> services_here{
    "aws", "events", "iam", "lambda", "logs", "polly", "s3", "scheduler", "sns", "sqs", "sts"};

}  // namespace

std::optional<ConditionKey> ConditionKey::parse(std::string_view text) {
    return find(text, known);
}

template <typename Table>
std::optional<ConditionKey> ConditionKey::find(std::string_view text, const Table& table) {
    // Of a key of tags what follows the slash is a name. Cases matter in names of S3's alone.
    const auto slash = text.find('/');
    const std::string_view tag = slash == std::string_view::npos ? "" : text.substr(slash + 1);
    const bool is_of_tag = slash != std::string_view::npos;
    if (is_of_tag && (tag.empty() || tag.size() > tag_bytes_max)) return {};
    const std::string head = lower_case(text.substr(0, is_of_tag ? slash + 1 : slash));
    const auto* found = std::ranges::lower_bound(table, std::string_view(head), {}, &Known::name);
    if (found == table.end() || found->name != head) return {};
    ConditionKey key;
    key.name_ = head;
    key.name_ += head.starts_with("aws:") ? lower_case(tag) : std::string(tag);
    key.has_many_ = found->trait == Trait::many;
    key.is_of_listings_ = found->trait == Trait::listing;
    key.names_someone_ = found->trait == Trait::someone;
    return key;
}

std::optional<ConditionKey> ConditionKey::parse_of_any_service(std::string_view text) {
    auto key = parse(text);
    if (!key) key = find(text, known_of_identities);
    if (key) return key;
    const std::string name = lower_case(text);
    const auto colon = name.find(':');
    if (colon == 0 || colon == std::string::npos || colon + 1 == name.size()) return {};
    const std::string_view service = std::string_view(name).substr(0, colon);
    if (std::ranges::find(services_here, service) != services_here.end()) return {};
    key.emplace();
    key->name_ = name;
    return key;
}

std::optional<ConditionKey> ConditionKey::parse_of_resource(std::string_view text) {
    auto key = parse(text);
    return key ? key : find(text, known_of_resources);
}

}  // namespace onput::auth
