#include "services/gateway/s3/replication_document.hpp"

#include <limits>

#include "common/base/check.hpp"
#include "services/gateway/aws/check.hpp"
#include "services/gateway/aws/directory.hpp"
#include "services/gateway/aws/render.hpp"
#include "services/gateway/aws/xml_document.hpp"
#include "services/gateway/aws/xml_reader.hpp"
#include "services/gateway/s3/errors.hpp"
#include "services/gateway/s3/rule_document.hpp"

namespace onput::gateway::s3 {
namespace {

using aws::Value;
using schema::ReplicationFilterForm;

constexpr std::string_view root = "ReplicationConfiguration";
constexpr std::string_view enabled = "Enabled";
constexpr std::string_view disabled = "Disabled";

const aws::Shape& shape() {
    const auto* found = aws::s3_model().find_shape(root);
    ONPUT_CHECK(found != nullptr);
    return *found;
}

// --- Reading ----------------------------------------------------------------------------------

// Of an element that has a Status and maybe more; nothing when it is not there.
std::optional<bool> read_status(const Value& parent, std::string_view name) {
    const auto* element = parent.find(name);
    if (element == nullptr) return std::nullopt;
    return element->text_of("Status") == enabled;
}

// Either the rule's own Prefix or a Filter.
Result<schema::ReplicationFilter> read_filter(const Value& rule) {
    schema::ReplicationFilter filter;
    const auto* prefix = rule.find("Prefix");
    const auto* element = rule.find("Filter");
    if ((prefix != nullptr) == (element != nullptr)) return aws::malformed_xml();
    if (prefix != nullptr) {
        filter.form = ReplicationFilterForm::rule_prefix;
        filter.prefix = prefix->scalar_text();
        return filter;
    }
    if (element->map() == nullptr || element->map()->empty()) return filter;
    if (element->map()->size() != 1) return aws::malformed_xml();
    const auto* both = element->find("And");
    filter.form = both == nullptr ? ReplicationFilterForm::one : ReplicationFilterForm::both;
    const Value& conditions = both == nullptr ? *element : *both;
    if (const auto* condition = conditions.find("Prefix")) filter.prefix = condition->scalar_text();
    if (const auto* tag = conditions.find("Tag")) filter.tags.push_back(read_rule_tag(*tag));
    if (const auto* tags = conditions.find("Tags")) {
        for (const auto& tag : *tags->list()) filter.tags.push_back(read_rule_tag(tag));
    }
    const std::size_t count = filter.tags.size() + (filter.prefix ? 1U : 0U);
    if (both != nullptr && count < 2) return aws::malformed_xml();
    return filter;
}

// ReplicationTime and Metrics: the minutes are in an element of different names.
Result<std::optional<schema::ReplicationThreshold>> read_threshold(const Value& destination,
                                                                   std::string_view name,
                                                                   std::string_view time) {
    const auto* element = destination.find(name);
    if (element == nullptr) return std::nullopt;
    schema::ReplicationThreshold threshold{.is_enabled = element->text_of("Status") == enabled};
    const auto* value = element->find(time);
    const auto* minutes = value == nullptr ? nullptr : value->find("Minutes");
    if (minutes == nullptr) return std::optional(threshold);
    const auto number = minutes->number();
    if (!number || *number < 0 || *number > std::numeric_limits<std::int32_t>::max())
        return aws::malformed_xml();
    threshold.minutes = static_cast<std::uint32_t>(*number);
    return std::optional(threshold);
}

Result<schema::ReplicationDestination> read_destination(const Value& element) {
    schema::ReplicationDestination destination;
    destination.bucket = element.text_of("Bucket");
    destination.account = element.text_of("Account");
    destination.storage_class = element.text_of("StorageClass");
    destination.is_owner_override = element.find("AccessControlTranslation") != nullptr;
    if (element.find("EncryptionConfiguration") != nullptr)
        return not_implemented("replication that encrypts with keys of KMS");
    ONPUT_TRY(destination.time, read_threshold(element, "ReplicationTime", "Time"));
    ONPUT_TRY(destination.metrics, read_threshold(element, "Metrics", "EventThreshold"));
    return destination;
}

Result<schema::ReplicationRule> read_rule(const Value& element) {
    schema::ReplicationRule rule;
    rule.id = element.text_of("ID");
    rule.is_enabled = element.text_of("Status") == enabled;
    if (const auto* priority = element.find("Priority")) {
        const auto number = priority->number();
        if (!number || *number < 0 || *number > std::numeric_limits<std::int32_t>::max())
            return aws::malformed_xml();
        rule.priority = static_cast<std::int32_t>(*number);
    }
    ONPUT_TRY(rule.filter, read_filter(element));
    if (const auto* criteria = element.find("SourceSelectionCriteria")) {
        rule.kms_objects = read_status(*criteria, "SseKmsEncryptedObjects");
        rule.replica_modifications = read_status(*criteria, "ReplicaModifications");
        if (!rule.kms_objects && !rule.replica_modifications) return aws::malformed_xml();
    }
    rule.existing_objects = read_status(element, "ExistingObjectReplication");
    ONPUT_TRY(rule.destination, read_destination(*element.find("Destination")));
    if (const auto* markers = element.find("DeleteMarkerReplication")) {
        if (markers->find("Status") == nullptr) return aws::malformed_xml();
        rule.delete_markers = read_status(element, "DeleteMarkerReplication");
    }
    return rule;
}

// --- Writing ----------------------------------------------------------------------------------

Value status_of(bool is_enabled) {  // NOLINT: what the element says, not a mode.
    Value value;
    value["Status"] = Value(std::string(is_enabled ? enabled : disabled));
    return value;
}

void write_status(Value& parent, std::string_view name, std::optional<bool> is_enabled) {
    if (is_enabled) parent[std::string(name)] = status_of(*is_enabled);
}

void write_filter(const schema::ReplicationFilter& filter, Value& rule) {
    if (filter.form == ReplicationFilterForm::rule_prefix) {
        rule["Prefix"] = Value(filter.prefix.value_or(""));
        return;
    }
    Value conditions{Value::Map()};
    if (filter.prefix) conditions["Prefix"] = Value(*filter.prefix);
    if (filter.form != ReplicationFilterForm::both) {
        for (const auto& tag : filter.tags) conditions["Tag"] = write_rule_tag(tag);
        rule["Filter"] = std::move(conditions);
        return;
    }
    for (const auto& tag : filter.tags) conditions["Tags"].push_back(write_rule_tag(tag));
    rule["Filter"]["And"] = std::move(conditions);
}

void write_threshold(Value& destination, std::string_view name, std::string_view time,
                     const std::optional<schema::ReplicationThreshold>& threshold) {
    if (!threshold) return;
    Value value = status_of(threshold->is_enabled);
    if (threshold->minutes)
        value[std::string(time)]["Minutes"] = Value(static_cast<std::int64_t>(*threshold->minutes));
    destination[std::string(name)] = std::move(value);
}

Value write_destination(const schema::ReplicationDestination& destination) {
    Value value;
    value["Bucket"] = Value(destination.bucket);
    if (!destination.account.empty()) value["Account"] = Value(destination.account);
    if (!destination.storage_class.empty())
        value["StorageClass"] = Value(destination.storage_class);
    if (destination.is_owner_override)
        value["AccessControlTranslation"]["Owner"] = Value(std::string("Destination"));
    write_threshold(value, "ReplicationTime", "Time", destination.time);
    write_threshold(value, "Metrics", "EventThreshold", destination.metrics);
    return value;
}

Value write_rule(const schema::ReplicationRule& rule) {
    Value value;
    value["ID"] = Value(rule.id);
    if (rule.priority) value["Priority"] = Value(static_cast<std::int64_t>(*rule.priority));
    write_filter(rule.filter, value);
    value["Status"] = Value(std::string(rule.is_enabled ? enabled : disabled));
    if (rule.kms_objects || rule.replica_modifications) {
        Value& criteria = value["SourceSelectionCriteria"];
        write_status(criteria, "SseKmsEncryptedObjects", rule.kms_objects);
        write_status(criteria, "ReplicaModifications", rule.replica_modifications);
    }
    write_status(value, "ExistingObjectReplication", rule.existing_objects);
    value["Destination"] = write_destination(rule.destination);
    write_status(value, "DeleteMarkerReplication", rule.delete_markers);
    return value;
}

}  // namespace

Result<schema::ReplicationConfiguration> read_replication(std::string_view body) {
    ONPUT_TRY(auto document, aws::read_xml(body, root, shape()));
    if (!aws::check(document, shape(), {}).empty()) return aws::malformed_xml();
    const auto* rules = document.find("Rules");
    if (rules == nullptr || rules->list()->empty()) return aws::malformed_xml();
    ONPUT_TRY_VOID(
        check_rule_count(rules->list()->size(), schema::replication_rules_max, "replication"));
    schema::ReplicationConfiguration configuration{.role = document.text_of("Role")};
    for (const auto& element : *rules->list()) {
        ONPUT_TRY(auto rule, read_rule(element));
        const bool is_named = !rule.id.empty();
        configuration.rules.push_back(std::move(rule));
        if (!is_named) configuration.rules.back().id = make_rule_id(configuration);
    }
    return configuration;
}

std::string render_replication(const schema::ReplicationConfiguration& configuration) {
    Value document;
    document["Role"] = Value(configuration.role);
    for (const auto& rule : configuration.rules) document["Rules"].push_back(write_rule(rule));
    return aws::render_document({.root = root, .xml_namespace = aws::s3_model().xml_namespace()},
                                document, shape());
}

}  // namespace onput::gateway::s3
