#include "services/gateway/s3/lifecycle_document.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "common/base/check.hpp"
#include "common/base/time.hpp"
#include "services/gateway/aws/check.hpp"
#include "services/gateway/aws/directory.hpp"
#include "services/gateway/aws/render.hpp"
#include "services/gateway/aws/xml_document.hpp"
#include "services/gateway/aws/xml_reader.hpp"
#include "services/gateway/s3/dates.hpp"
#include "services/gateway/s3/errors.hpp"
#include "services/gateway/s3/rule_document.hpp"

namespace onput::gateway::s3 {
namespace {

using aws::Value;
using schema::LifecycleFilterForm;
using schema::TransitionMinimumSize;

constexpr std::string_view root = "LifecycleConfiguration";

const aws::Shape& shape() {
    const auto* found = aws::s3_model().find_shape("BucketLifecycleConfiguration");
    ONPUT_CHECK(found != nullptr);
    return *found;
}

// --- Reading ----------------------------------------------------------------------------------

// Nothing when it is not there. What is below 0 becomes 0, which no rule takes where it may not be
// negative either.
template <typename Number>
Result<std::optional<Number>> read_number(const Value& parent, std::string_view name) {
    const auto* member = parent.find(name);
    if (member == nullptr) return std::nullopt;
    const auto number = member->number();
    if (!number) return aws::malformed_xml();
    if constexpr (sizeof(Number) < sizeof(std::int64_t)) {
        if (*number > std::numeric_limits<std::int32_t>::max()) return aws::malformed_xml();
    }
    return static_cast<Number>(std::max<std::int64_t>(*number, 0));
}

Result<std::optional<Timestamp>> read_date(const Value& parent) {
    const auto* member = parent.find("Date");
    if (member == nullptr) return std::nullopt;
    const auto date = parse_date(parent.text_of("Date"));
    if (!date) return aws::malformed_xml();
    return std::optional(*date);
}

Result<void> read_conditions(const Value& from, schema::LifecycleFilter& filter) {
    if (const auto* prefix = from.find("Prefix")) filter.prefix = prefix->scalar_text();
    ONPUT_TRY(filter.size_greater_than, read_number<std::uint64_t>(from, "ObjectSizeGreaterThan"));
    ONPUT_TRY(filter.size_less_than, read_number<std::uint64_t>(from, "ObjectSizeLessThan"));
    return {};
}

std::size_t conditions_of(const schema::LifecycleFilter& filter) {
    return filter.tags.size() + (filter.prefix ? 1U : 0U) + (filter.size_greater_than ? 1U : 0U) +
           (filter.size_less_than ? 1U : 0U);
}

// Either the rule's own Prefix or a Filter.
Result<schema::LifecycleFilter> read_filter(const Value& rule) {
    schema::LifecycleFilter filter;
    const auto* prefix = rule.find("Prefix");
    const auto* element = rule.find("Filter");
    if ((prefix != nullptr) == (element != nullptr)) return aws::malformed_xml();
    if (prefix != nullptr) {
        filter.form = LifecycleFilterForm::rule_prefix;
        filter.prefix = prefix->scalar_text();
        return filter;
    }
    if (element->map() == nullptr || element->map()->empty()) return filter;
    if (element->map()->size() != 1) return aws::malformed_xml();
    const auto* both = element->find("And");
    if (both == nullptr) {
        filter.form = LifecycleFilterForm::one;
        ONPUT_TRY_VOID(read_conditions(*element, filter));
        if (const auto* tag = element->find("Tag")) filter.tags.push_back(read_rule_tag(*tag));
        return filter;
    }
    filter.form = LifecycleFilterForm::both;
    ONPUT_TRY_VOID(read_conditions(*both, filter));
    if (const auto* tags = both->find("Tags")) {
        for (const auto& tag : *tags->list()) filter.tags.push_back(read_rule_tag(tag));
    }
    if (conditions_of(filter) < 2) return aws::malformed_xml();
    return filter;
}

Result<schema::LifecycleExpiration> read_expiration(const Value& element) {
    schema::LifecycleExpiration expiration;
    ONPUT_TRY(expiration.days, read_number<std::uint32_t>(element, "Days"));
    ONPUT_TRY(expiration.date, read_date(element));
    if (element.find("ExpiredObjectDeleteMarker") != nullptr)
        expiration.expired_object_delete_marker =
            element.text_of("ExpiredObjectDeleteMarker") == "true";
    const int given = (expiration.days ? 1 : 0) + (expiration.date ? 1 : 0) +
                      (expiration.expired_object_delete_marker ? 1 : 0);
    if (given != 1) return aws::malformed_xml();
    return expiration;
}

Result<schema::LifecycleTransition> read_transition(const Value& element) {
    schema::LifecycleTransition transition;
    ONPUT_TRY(transition.days, read_number<std::uint32_t>(element, "Days"));
    ONPUT_TRY(transition.date, read_date(element));
    transition.storage_class = element.text_of("StorageClass");
    const bool is_whole = transition.days.has_value() != transition.date.has_value() &&
                          !transition.storage_class.empty();
    if (!is_whole) return aws::malformed_xml();
    return transition;
}

Result<schema::NoncurrentExpiration> read_noncurrent_expiration(const Value& element) {
    ONPUT_TRY(const auto days, read_number<std::uint32_t>(element, "NoncurrentDays"));
    if (!days) return aws::malformed_xml();
    schema::NoncurrentExpiration expiration{.days = *days};
    ONPUT_TRY(expiration.newer_versions,
              read_number<std::uint32_t>(element, "NewerNoncurrentVersions"));
    return expiration;
}

Result<schema::NoncurrentTransition> read_noncurrent_transition(const Value& element) {
    ONPUT_TRY(const auto days, read_number<std::uint32_t>(element, "NoncurrentDays"));
    schema::NoncurrentTransition transition{.days = days.value_or(0)};
    ONPUT_TRY(transition.newer_versions,
              read_number<std::uint32_t>(element, "NewerNoncurrentVersions"));
    transition.storage_class = element.text_of("StorageClass");
    if (!days || transition.storage_class.empty()) return aws::malformed_xml();
    return transition;
}

Result<schema::LifecycleRule> read_rule(const Value& element) {
    schema::LifecycleRule rule;
    rule.id = element.text_of("ID");
    rule.is_enabled = element.text_of("Status") == "Enabled";
    ONPUT_TRY(rule.filter, read_filter(element));
    if (const auto* expiration = element.find("Expiration")) {
        ONPUT_TRY(rule.expiration, read_expiration(*expiration));
    }
    if (const auto* transitions = element.find("Transitions")) {
        for (const auto& item : *transitions->list()) {
            ONPUT_TRY(auto transition, read_transition(item));
            rule.transitions.push_back(std::move(transition));
        }
    }
    if (const auto* expiration = element.find("NoncurrentVersionExpiration")) {
        ONPUT_TRY(rule.noncurrent_expiration, read_noncurrent_expiration(*expiration));
    }
    if (const auto* transitions = element.find("NoncurrentVersionTransitions")) {
        for (const auto& item : *transitions->list()) {
            ONPUT_TRY(auto transition, read_noncurrent_transition(item));
            rule.noncurrent_transitions.push_back(std::move(transition));
        }
    }
    if (const auto* abort = element.find("AbortIncompleteMultipartUpload")) {
        ONPUT_TRY(rule.abort_uploads_days,
                  read_number<std::uint32_t>(*abort, "DaysAfterInitiation"));
        if (!rule.abort_uploads_days) return aws::malformed_xml();
    }
    return rule;
}

// --- Writing ----------------------------------------------------------------------------------

Value number_of(std::uint64_t number) {
    return {static_cast<std::int64_t>(number)};
}

template <typename Number>
void write_number(Value& parent, std::string_view name, const std::optional<Number>& number) {
    if (number) parent[std::string(name)] = number_of(*number);
}

void write_date(Value& parent, const std::optional<Timestamp>& date) {
    if (date) parent["Date"] = Value(format_iso8601_millis(*date));
}

Value write_conditions(const schema::LifecycleFilter& filter) {
    Value value{Value::Map()};
    if (filter.prefix) value["Prefix"] = Value(*filter.prefix);
    write_number(value, "ObjectSizeGreaterThan", filter.size_greater_than);
    write_number(value, "ObjectSizeLessThan", filter.size_less_than);
    return value;
}

void write_filter(const schema::LifecycleFilter& filter, Value& rule) {
    switch (filter.form) {
        case LifecycleFilterForm::rule_prefix:
            rule["Prefix"] = Value(filter.prefix.value_or(""));
            return;
        case LifecycleFilterForm::empty: rule["Filter"] = Value(Value::Map()); return;
        case LifecycleFilterForm::one:
            rule["Filter"] = write_conditions(filter);
            for (const auto& tag : filter.tags) rule["Filter"]["Tag"] = write_rule_tag(tag);
            return;
        case LifecycleFilterForm::both:
            rule["Filter"]["And"] = write_conditions(filter);
            for (const auto& tag : filter.tags)
                rule["Filter"]["And"]["Tags"].push_back(write_rule_tag(tag));
            return;
    }
}

Value write_expiration(const schema::LifecycleExpiration& expiration) {
    Value value;
    write_date(value, expiration.date);
    write_number(value, "Days", expiration.days);
    if (expiration.expired_object_delete_marker)
        value["ExpiredObjectDeleteMarker"] = Value::flag(*expiration.expired_object_delete_marker);
    return value;
}

void write_noncurrent(const schema::LifecycleRule& rule, Value& value) {
    for (const auto& transition : rule.noncurrent_transitions) {
        Value item;
        item["NoncurrentDays"] = number_of(transition.days);
        item["StorageClass"] = Value(transition.storage_class);
        write_number(item, "NewerNoncurrentVersions", transition.newer_versions);
        value["NoncurrentVersionTransitions"].push_back(std::move(item));
    }
    if (!rule.noncurrent_expiration) return;
    Value& expiration = value["NoncurrentVersionExpiration"];
    expiration["NoncurrentDays"] = number_of(rule.noncurrent_expiration->days);
    write_number(expiration, "NewerNoncurrentVersions", rule.noncurrent_expiration->newer_versions);
}

Value write_rule(const schema::LifecycleRule& rule) {
    Value value;
    value["ID"] = Value(rule.id);
    value["Status"] = Value(rule.is_enabled ? "Enabled" : "Disabled");
    write_filter(rule.filter, value);
    if (rule.expiration) value["Expiration"] = write_expiration(*rule.expiration);
    for (const auto& transition : rule.transitions) {
        Value item;
        write_date(item, transition.date);
        write_number(item, "Days", transition.days);
        item["StorageClass"] = Value(transition.storage_class);
        value["Transitions"].push_back(std::move(item));
    }
    write_noncurrent(rule, value);
    if (rule.abort_uploads_days)
        value["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"] =
            number_of(*rule.abort_uploads_days);
    return value;
}

constexpr std::array<std::pair<TransitionMinimumSize, std::string_view>, 2> minimum_sizes{{
    {TransitionMinimumSize::all_storage_classes_128k, "all_storage_classes_128K"},
    {TransitionMinimumSize::varies_by_storage_class, "varies_by_storage_class"},
}};

}  // namespace

Result<schema::LifecycleConfiguration> read_lifecycle(std::string_view body) {
    ONPUT_TRY(auto document, aws::read_xml(body, root, shape()));
    if (!aws::check(document, shape(), {}).empty()) return aws::malformed_xml();
    const auto* rules = document.find("Rules");
    if (rules == nullptr || rules->list()->empty()) return aws::malformed_xml();
    ONPUT_TRY_VOID(
        check_rule_count(rules->list()->size(), schema::lifecycle_rules_max, "lifecycle"));
    schema::LifecycleConfiguration configuration;
    for (const auto& element : *rules->list()) {
        ONPUT_TRY(auto rule, read_rule(element));
        const bool is_named = !rule.id.empty();
        configuration.rules.push_back(std::move(rule));
        if (!is_named) configuration.rules.back().id = make_rule_id(configuration);
    }
    return configuration;
}

std::string render_lifecycle(const schema::LifecycleConfiguration& configuration) {
    Value document;
    for (const auto& rule : configuration.rules) document["Rules"].push_back(write_rule(rule));
    return aws::render_document({.root = root, .xml_namespace = aws::s3_model().xml_namespace()},
                                document, shape());
}

Result<TransitionMinimumSize> read_minimum_size(std::string_view header) {
    if (header.empty()) return TransitionMinimumSize::all_storage_classes_128k;
    for (const auto& [size, name] : minimum_sizes) {
        if (name == header) return size;
    }
    return invalid_argument("Invalid value for x-amz-transition-default-minimum-object-size.",
                            "x-amz-transition-default-minimum-object-size", std::string(header));
}

std::string_view show_minimum_size(TransitionMinimumSize size) {
    const auto* found =
        std::ranges::find(minimum_sizes, size, &decltype(minimum_sizes)::value_type::first);
    return found == minimum_sizes.end() ? minimum_sizes.front().second : found->second;
}

}  // namespace onput::gateway::s3
