#include "services/gateway/s3/xml_reader.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include <pugixml.hpp>

#include "common/base/check.hpp"
#include "services/gateway/aws/directory.hpp"
#include "services/gateway/aws/xml_document.hpp"
#include "services/gateway/aws/xml_reader.hpp"
#include "services/gateway/aws/xml_writer.hpp"
#include "services/gateway/s3/bucket_configuration.hpp"
#include "services/gateway/s3/errors.hpp"

namespace onput::gateway::s3 {
namespace {

using aws::elements_of;
using aws::local_name;
using aws::parse_root;
using aws::take_text;

struct RuleElement {
    std::string_view configuration;
    std::string_view destination;
    schema::DestinationKind kind;
};
constexpr std::array rule_elements{
    RuleElement{"QueueConfiguration", "Queue", schema::DestinationKind::queue},
    RuleElement{"TopicConfiguration", "Topic", schema::DestinationKind::topic},
    RuleElement{"CloudFunctionConfiguration", "CloudFunction", schema::DestinationKind::function},
};

Result<schema::FilterRule> read_filter_rule(const pugi::xml_node& node) {
    std::optional<std::string> name;
    std::optional<std::string> value;
    ONPUT_TRY(const auto elements, elements_of(node));
    for (const auto& element : elements) {
        if (local_name(element) == "Name") {
            ONPUT_TRY_VOID(take_text(element, name));
        } else if (local_name(element) == "Value") {
            ONPUT_TRY_VOID(take_text(element, value));
        } else {
            return aws::malformed_xml();
        }
    }
    if (!name || !value) return aws::malformed_xml();
    return schema::FilterRule{.name = std::move(*name), .value = std::move(*value)};
}

Result<void> read_filter(const pugi::xml_node& filter, schema::NotificationRule& rule) {
    if (rule.has_filter) return aws::malformed_xml();
    rule.has_filter = true;
    ONPUT_TRY(const auto keys, elements_of(filter));
    for (const auto& key : keys) {
        if (local_name(key) != "S3Key") return aws::malformed_xml();
        ONPUT_TRY(const auto elements, elements_of(key));
        for (const auto& element : elements) {
            if (local_name(element) != "FilterRule") return aws::malformed_xml();
            ONPUT_TRY(auto filter_rule, read_filter_rule(element));
            rule.filter.push_back(std::move(filter_rule));
        }
    }
    return {};
}

Result<schema::NotificationRule> read_rule(const pugi::xml_node& node, const RuleElement& kind) {
    schema::NotificationRule rule;
    rule.kind = kind.kind;
    std::optional<std::string> id;
    std::optional<std::string> destination;
    ONPUT_TRY(const auto elements, elements_of(node));
    for (const auto& element : elements) {
        const auto name = local_name(element);
        if (name == "Id") {
            ONPUT_TRY_VOID(take_text(element, id));
        } else if (name == kind.destination) {
            ONPUT_TRY_VOID(take_text(element, destination));
        } else if (name == "Event") {
            std::optional<std::string> event;
            ONPUT_TRY_VOID(take_text(element, event));
            rule.events.push_back(std::move(*event));
        } else if (name == "Filter") {
            ONPUT_TRY_VOID(read_filter(element, rule));
        } else if (name != "InvocationRole") {
            return aws::malformed_xml();
        }
    }
    if (!destination || rule.events.empty()) return aws::malformed_xml();
    rule.id = std::move(id).value_or("");
    rule.destination_arn = std::move(*destination);
    return rule;
}

std::string_view capitalised(std::string_view filter_name) {
    if (filter_name.size() == 6 && (filter_name[0] == 'p' || filter_name[0] == 'P'))
        return "Prefix";
    if (filter_name.size() == 6 && (filter_name[0] == 's' || filter_name[0] == 'S'))
        return "Suffix";
    return filter_name;
}

void write_rule(aws::XmlWriter& xml, const schema::NotificationRule& rule) {
    const auto* element = std::ranges::find(rule_elements, rule.kind, &RuleElement::kind);
    ONPUT_CHECK(element != std::ranges::end(rule_elements));
    xml.begin(element->configuration);
    xml.text("Id", rule.id);
    xml.text(element->destination, rule.destination_arn);
    for (const auto& event : rule.events) xml.text("Event", event);
    if (rule.has_filter) {
        xml.begin("Filter");
        xml.begin("S3Key");
        for (const auto& filter : rule.filter) {
            xml.begin("FilterRule");
            xml.text("Name", capitalised(filter.name));
            xml.text("Value", filter.value);
            xml.end("FilterRule");
        }
        xml.end("S3Key");
        xml.end("Filter");
    }
    xml.end(element->configuration);
}

}  // namespace

Result<NewBucket> read_new_bucket(std::string_view body) {
    if (body.empty()) return NewBucket();
    const auto& shape = *aws::s3_model().find_shape("CreateBucketConfiguration");
    ONPUT_TRY(const auto wanted, aws::read_xml(body, shape.name, shape));
    if (wanted.find("Location") != nullptr || wanted.find("Bucket") != nullptr)
        return not_implemented("directory buckets");
    NewBucket made{.constraint = wanted.text_of("LocationConstraint")};
    if (const auto* tags = wanted.find("Tags"); tags != nullptr) {
        aws::Value tagging{aws::Value::Map()};
        tagging["TagSet"] = *tags;
        ONPUT_TRY(made.tagging,
                  take_configuration({.kind = ConfigurationKind::tagging}, std::move(tagging)));
    }
    return made;
}

Result<schema::NotificationConfiguration> read_notification(std::string_view body) {
    pugi::xml_document document;
    ONPUT_TRY(const auto root, parse_root(document, body, "NotificationConfiguration"));
    ONPUT_TRY(const auto elements, elements_of(root));
    schema::NotificationConfiguration configuration;
    for (const auto& element : elements) {
        const auto name = local_name(element);
        if (name == "EventBridgeConfiguration") {
            if (configuration.has_event_bridge || !element.first_child().empty())
                return aws::malformed_xml();
            configuration.has_event_bridge = true;
            continue;
        }
        const auto* kind = std::ranges::find(rule_elements, name, &RuleElement::configuration);
        if (kind == std::ranges::end(rule_elements)) return aws::malformed_xml();
        ONPUT_TRY(auto rule, read_rule(element, *kind));
        configuration.rules.push_back(std::move(rule));
    }
    return configuration;
}

std::string write_notification(const schema::NotificationConfiguration& configuration) {
    aws::XmlWriter xml;
    xml.begin_in_namespace("NotificationConfiguration", aws::s3_model().xml_namespace());
    for (const auto& rule : configuration.rules) write_rule(xml, rule);
    if (configuration.has_event_bridge) {
        xml.begin("EventBridgeConfiguration");
        xml.end("EventBridgeConfiguration");
    }
    xml.end("NotificationConfiguration");
    return xml.take();
}

}  // namespace onput::gateway::s3
