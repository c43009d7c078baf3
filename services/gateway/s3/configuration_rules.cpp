#include "services/gateway/s3/configuration_rules.hpp"

#include <set>

#include <fmt/format.h>

#include "common/schema/tag_rules.hpp"
#include "services/gateway/aws/xml_document.hpp"
#include "services/gateway/s3/errors.hpp"
#include "services/gateway/s3/site/cors_rules.hpp"
#include "services/gateway/s3/site/logging_rules.hpp"
#include "services/gateway/s3/site/website_rules.hpp"
#include "services/gateway/s3/tags.hpp"

namespace onput::gateway::s3 {
namespace {

using enum ConfigurationKind;
using aws::Value;

constexpr std::int64_t tiering_days_max = 730;
constexpr std::string_view bucket_arn_prefix = "arn:aws:s3:::";

// One condition, or several within an And.
Result<void> check_filter(const Value& document) {
    const auto* filter = document.find("Filter");
    if (filter == nullptr) return {};
    if (filter->map()->size() != 1) return aws::malformed_xml();
    const auto* both = filter->find("And");
    if (both == nullptr) return {};
    const auto* tags = both->find("Tags");
    std::size_t conditions = tags != nullptr ? tags->list()->size() : 0;
    for (const std::string_view name : {"Prefix", "AccessPointArn"}) {
        if (both->find(name) != nullptr) ++conditions;
    }
    if (conditions < 2) return aws::malformed_xml();
    return {};
}

Result<void> check_id(const ConfigurationPlace& place, const Value& document) {
    ONPUT_TRY_VOID(check_configuration_id(place.id));
    const std::string inner = document.text_of("Id");
    if (inner == place.id) return {};
    return invalid_argument("The ID in the document does not match the ID of the request.", "Id",
                            inner);
}

// What a report is written to.
Result<void> check_destination(const Value& destination) {
    const std::string arn = destination.find("S3BucketDestination")->text_of("Bucket");
    if (arn.size() > bucket_arn_prefix.size() && arn.starts_with(bucket_arn_prefix)) return {};
    return invalid_argument("The destination bucket is not an ARN of a bucket.", "Bucket", arn);
}

Result<void> check_inventory(const Value& document) {
    ONPUT_TRY_VOID(check_destination(*document.find("Destination")));
    const auto* encryption =
        document.find("Destination")->find("S3BucketDestination")->find("Encryption");
    if (encryption != nullptr && encryption->map()->size() != 1) return aws::malformed_xml();
    return {};
}

Result<void> check_analytics(const Value& document) {
    ONPUT_TRY_VOID(check_filter(document));
    const auto* data = document.find("StorageClassAnalysis")->find("DataExport");
    return data == nullptr ? Result<void>() : check_destination(*data->find("Destination"));
}

Result<void> check_tiering(const Value& document) {
    ONPUT_TRY_VOID(check_filter(document));
    std::set<std::string> tiers;
    for (const auto& tiering : *document.find("Tierings")->list()) {
        const std::string tier = tiering.text_of("AccessTier");
        const std::int64_t least = tier == "ARCHIVE_ACCESS" ? 90 : 180;
        const auto days = tiering.find("Days")->number();
        if (!tiers.insert(tier).second) return aws::malformed_xml();
        if (*days >= least && *days <= tiering_days_max) continue;
        return invalid_argument(fmt::format("'Days' for tier {} must be between {} and {}", tier,
                                            least, tiering_days_max),
                                "Days", tiering.text_of("Days"));
    }
    return {};
}

// Names with dots have no certificate where accelerated transfers arrive.
Result<void> check_accelerate(const ConfigurationPlace& place, const Value& document) {
    if (document.find("Status") == nullptr) return aws::malformed_xml();
    if (!place.bucket.contains('.')) return {};
    return onput::fail(
        ErrorCode::invalid_argument,
        "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names",
        "invalid_request");
}

Result<void> check_ownership(const Value& document) {
    const auto& rules = *document.find("Rules")->list();
    return rules.size() == 1 ? Result<void>() : aws::malformed_xml();
}

Result<void> check_encryption_rules(const Value& document) {
    const auto& rules = *document.find("Rules")->list();
    if (rules.size() != 1) return aws::malformed_xml();
    const auto* by_default = rules.front().find("ApplyServerSideEncryptionByDefault");
    if (by_default == nullptr) return aws::malformed_xml();
    const std::string algorithm = by_default->text_of("SSEAlgorithm");
    if (algorithm == "aws:kms:dsse") return not_implemented("encryption in two layers");
    if (algorithm == schema::encrypted_by_kms || by_default->find("KMSMasterKeyID") == nullptr)
        return {};
    return invalid_argument(
        "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms",
        "ApplyServerSideEncryptionByDefault", by_default->text_of("KMSMasterKeyID"));
}

// Each block that is not there is off, which S3 shows.
void complete_access_block(Value& document) {
    for (const std::string_view name : access_blocks) {
        if (document.find(name) == nullptr) document[std::string(name)] = "false";
    }
}

}  // namespace

void complete_configuration(ConfigurationKind kind, aws::Value& document) {
    if (kind == public_access_block) complete_access_block(document);
    if (kind == encryption) {
        for (auto& rule : *document["Rules"].list()) {
            if (rule.find("BucketKeyEnabled") == nullptr) rule["BucketKeyEnabled"] = "false";
        }
    }
}

Result<void> check_configuration(const ConfigurationPlace& place, const Value& document) {
    if (schema::has_ids(place.kind)) ONPUT_TRY_VOID(check_id(place, document));
    switch (place.kind) {
        case tagging: {
            ONPUT_TRY(const auto tags, read_tagging(document));
            return schema::check_tags(tags, schema::bucket_tag_rules);
        }
        case request_payment: return {};
        case accelerate: return check_accelerate(place, document);
        case inventory: return check_inventory(document);
        case analytics: return check_analytics(document);
        case metrics: return check_filter(document);
        case intelligent_tiering: return check_tiering(document);
        case ownership_controls: return check_ownership(document);
        case public_access_block: return {};
        case encryption: return check_encryption_rules(document);
        case cors: return check_cors(document);
        case website: return check_website(document);
        case logging: return check_logging(document);
        case lifecycle:
        case replication: return {};
    }
    return {};
}

}  // namespace onput::gateway::s3
