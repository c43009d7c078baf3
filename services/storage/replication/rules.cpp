#include "services/storage/replication/rules.hpp"

#include <algorithm>

#include "services/storage/lifecycle/rules.hpp"

namespace onput::storage {
namespace {

using schema::ReplicationRule;
using schema::ReplicationStatus;

bool matches(const ReplicationRule& rule, std::string_view key, const ObjectRecord& record) {
    if (!key.starts_with(rule.filter.prefix.value_or(""))) return false;
    return std::ranges::all_of(rule.filter.tags, [&record](const schema::Tag& tag) {
        return std::ranges::find(record.tags, tag) != record.tags.end();
    });
}

bool takes_markers(const ReplicationRule& rule) {
    const bool is_version_1 = rule.filter.form == schema::ReplicationFilterForm::rule_prefix;
    return rule.delete_markers.value_or(is_version_1);
}

bool takes(const ReplicationRule& rule, const ObjectRecord& record) {
    if (record.is_delete_marker && !takes_markers(rule)) return false;
    const bool by_kms = record.encryption.by == schema::encrypted_by_kms;
    if (by_kms && !rule.kms_objects.value_or(false)) return false;
    return !record.replication.is_replica || rule.replica_modifications.value_or(false);
}

bool is_above(const ReplicationRule& one, const ReplicationRule& other) {
    return one.priority.value_or(0) > other.priority.value_or(0);
}

}  // namespace

ReplicationStatus replication_status_of(const ObjectRecord& record) {
    const auto& [is_replica, targets, sealed_for] = record.replication;
    const auto has = [&targets](ReplicationStatus status) {
        return std::ranges::find(targets, status, &schema::ReplicationTarget::status) !=
               targets.end();
    };
    if (has(ReplicationStatus::pending)) return ReplicationStatus::pending;
    if (has(ReplicationStatus::failed)) return ReplicationStatus::failed;
    if (is_replica) return ReplicationStatus::replica;
    return targets.empty() ? ReplicationStatus::none : ReplicationStatus::completed;
}

std::string_view text_of(ReplicationStatus status) {
    switch (status) {
        case ReplicationStatus::none: return "";
        case ReplicationStatus::pending: return "PENDING";
        case ReplicationStatus::completed: return "COMPLETED";
        case ReplicationStatus::failed: return "FAILED";
        case ReplicationStatus::replica: return "REPLICA";
    }
    return "";
}

std::vector<const ReplicationRule*> rules_for(const schema::ReplicationConfiguration& configuration,
                                              std::string_view key, const ObjectRecord& record) {
    std::vector<const ReplicationRule*> chosen;
    if (is_cold_class(record.storage_class)) return chosen;
    for (const auto& rule : configuration.rules) {
        if (!rule.is_enabled || !matches(rule, key, record)) continue;
        const auto same = std::ranges::find(
            chosen, destination_of(rule), [](const auto* other) { return destination_of(*other); });
        if (same == chosen.end()) {
            chosen.push_back(&rule);
        } else if (is_above(rule, **same)) {
            *same = &rule;
        }
    }
    std::erase_if(chosen, [&record](const auto* rule) { return !takes(*rule, record); });
    return chosen;
}

const ReplicationRule* rule_of(const schema::ReplicationConfiguration* configuration,
                               std::string_view key, const ObjectRecord& record,
                               const schema::ReplicationTarget& target) {
    if (configuration == nullptr) return nullptr;
    const auto found = std::ranges::find_if(configuration->rules, [&target](const auto& rule) {
        return rule.is_enabled && rule.id == target.rule_id &&
               destination_of(rule) == target.destination;
    });
    if (found != configuration->rules.end()) return &*found;
    // An id that nobody gave is made of the rule, so that any edit changes it.
    for (const auto* rule : rules_for(*configuration, key, record)) {
        if (destination_of(*rule) == target.destination) return rule;
    }
    return nullptr;
}

std::string_view destination_of(const ReplicationRule& rule) {
    return std::string_view(rule.destination.bucket).substr(schema::bucket_arn_prefix.size());
}

bool has_metrics(const ReplicationRule& rule) {
    return rule.destination.metrics && rule.destination.metrics->is_enabled;
}

bool is_timed(const ReplicationRule& rule) {
    return rule.destination.time && rule.destination.time->is_enabled;
}

}  // namespace onput::storage
