#include "services/gateway/s3/replication_rules.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "common/schema/storage.hpp"
#include "common/schema/tag_rules.hpp"
#include "services/gateway/s3/errors.hpp"
#include "services/gateway/s3/rule_document.hpp"

namespace onput::gateway::s3 {
namespace {

using schema::ReplicationFilterForm;
using schema::ReplicationRule;

constexpr std::string_view role_prefix = "arn:aws:iam::";

bool is_version_1(const ReplicationRule& rule) {
    return rule.filter.form == ReplicationFilterForm::rule_prefix;
}

std::unexpected<Error> missing(std::string_view element) {
    return invalid_request(
        fmt::format("{} must be specified for this version of Cross Region Replication "
                    "configuration schema. Please refer to S3 Developer Guide for more "
                    "information.",
                    element));
}

Result<void> check_threshold(const std::optional<schema::ReplicationThreshold>& threshold,
                             std::string_view name) {
    if (!threshold || !threshold->minutes ||
        *threshold->minutes == schema::replication_threshold_minutes)
        return {};
    return invalid_argument(
        fmt::format("{} Minutes must be {}", name, schema::replication_threshold_minutes));
}

Result<void> check_destination(std::string_view bucket, const ReplicationRule& rule) {
    const auto& destination = rule.destination;
    if (!destination.bucket.starts_with(schema::bucket_arn_prefix) ||
        destination.bucket.find_first_of("/:", schema::bucket_arn_prefix.size()) !=
            std::string::npos ||
        destination.bucket.size() == schema::bucket_arn_prefix.size())
        return invalid_argument("Invalid bucket ARN.");
    if (destination.bucket.substr(schema::bucket_arn_prefix.size()) == bucket)
        return invalid_request("Destination bucket cannot be the same as the source bucket.");
    if (destination.is_owner_override && destination.account.empty())
        return invalid_request(
            "Account must be specified in Destination when AccessControlTranslation is.");
    ONPUT_TRY_VOID(check_threshold(destination.time, "ReplicationTime"));
    ONPUT_TRY_VOID(check_threshold(destination.metrics, "Metrics"));
    const bool is_timed = destination.time && destination.time->is_enabled;
    if (is_timed && !(destination.metrics && destination.metrics->is_enabled))
        return invalid_request("Metrics must be enabled when ReplicationTime is enabled.");
    return {};
}

Result<void> check_rule(std::string_view bucket, const ReplicationRule& rule) {
    ONPUT_TRY_VOID(check_rule_id(rule.id, schema::replication_rule_id_characters_max));
    ONPUT_TRY_VOID(check_rule_prefix(rule.filter.prefix.value_or("")));
    ONPUT_TRY_VOID(schema::check_tags(rule.filter.tags, schema::object_tag_rules));
    if (!is_version_1(rule)) {
        if (!rule.priority) return missing("Priority");
        if (!rule.delete_markers) return missing("DeleteMarkerReplication");
        if (*rule.delete_markers && !rule.filter.tags.empty())
            return invalid_request(
                "Delete marker replication is not supported if any Tag filter is specified. Please "
                "refer to S3 Developer Guide for more information.");
    }
    if (rule.kms_objects.value_or(false))
        return not_implemented("replication of objects that are encrypted with keys of KMS");
    if (rule.existing_objects.value_or(false))
        return invalid_request(
            "ExistingObjectReplication is not supported: objects that are there already are "
            "replicated in a batch (onput replicate).");
    return check_destination(bucket, rule);
}

// Of version 1, every object goes by one rule.
Result<void> check_overlaps(const std::vector<ReplicationRule>& rules) {
    std::set<std::string> prefixes;
    for (const auto& rule : rules) {
        if (rule.destination.bucket != rules.front().destination.bucket)
            return invalid_request("All rules of this version must have the same destination.");
        prefixes.insert(rule.filter.prefix.value_or(""));
    }
    const auto is_overlapping = [](const std::string& one, const std::string& next) {
        return next.starts_with(one);
    };
    const auto found = std::ranges::adjacent_find(prefixes, is_overlapping);
    if (found == prefixes.end() && prefixes.size() == rules.size()) return {};
    return invalid_request("Found overlapping prefixes in the rules: each must differ.");
}

}  // namespace

Result<void> check_replication(std::string_view bucket,
                               const schema::ReplicationConfiguration& configuration) {
    const auto& rules = configuration.rules;
    ONPUT_TRY_VOID(check_rule_count(rules.size(), schema::replication_rules_max, "replication"));
    if (!configuration.role.starts_with(role_prefix) || !configuration.role.contains(":role/"))
        return invalid_argument("Invalid IAM role ARN in the replication configuration.");
    ONPUT_TRY_VOID(check_unique_ids(rules));
    const auto of_version_1 = std::ranges::count_if(rules, is_version_1);
    if (of_version_1 != 0 && of_version_1 != std::ssize(rules))
        return invalid_request(
            "Base level prefix cannot be used in Replication V2, prefixes are only supported in "
            "the Filter.");
    for (const auto& rule : rules) ONPUT_TRY_VOID(check_rule(bucket, rule));
    std::set<std::string_view> destinations;
    for (const auto& rule : rules) destinations.insert(rule.destination.bucket);
    if (destinations.size() > schema::replication_destinations_max)
        return invalid_request(
            fmt::format("The rules of a bucket name at most {} destination buckets, not {}.",
                        schema::replication_destinations_max, destinations.size()));
    if (of_version_1 != 0) return check_overlaps(rules);
    std::set<std::int32_t> priorities;
    for (const auto& rule : rules) {
        if (priorities.insert(*rule.priority).second) continue;
        return invalid_request(fmt::format(
            "Priority must be unique. Found the same Priority [{}] for more than one rule",
            *rule.priority));
    }
    return {};
}

}  // namespace onput::gateway::s3
