#include "services/gateway/s3/xml_reader.hpp"

#include <cstring>

#include <pugixml.hpp>

#include "services/gateway/s3/errors.hpp"
#include "services/gateway/s3/xml.hpp"

namespace onput::gateway::s3 {
namespace {

std::unexpected<Error> malformed() {
    return onput::fail(ErrorCode::invalid_argument, "the XML does not fit its schema",
                       "malformed_xml");
}

// The name without its namespace prefix.
std::string_view local_name(const pugi::xml_node& node) {
    const std::string_view name = node.name();
    const auto colon = name.find(':');
    return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

// pugixml parses without recursion but walks with it where we do: depth is bounded here.
bool is_too_deep(const pugi::xml_node& node, int depth) {
    if (depth > xml_depth_max) return true;
    for (const auto& child : node.children()) {
        if (is_too_deep(child, depth + 1)) return true;
    }
    return false;
}

Result<pugi::xml_node> parse_root(pugi::xml_document& document, std::string_view body,
                                  std::string_view expected) {
    const auto parsed =
        document.load_buffer(body.data(), body.size(), pugi::parse_default | pugi::parse_doctype);
    if (!parsed) return malformed();
    for (const auto& child : document.children()) {
        if (child.type() == pugi::node_doctype) return malformed();
    }
    const auto root = document.document_element();
    if (local_name(root) != expected || is_too_deep(root, 0)) return malformed();
    return root;
}

struct RuleElement {
    std::string_view configuration;
    std::string_view destination;
    schema::DestinationKind kind;
};
constexpr RuleElement rule_elements[] = {
    {"QueueConfiguration", "Queue", schema::DestinationKind::queue},
    {"TopicConfiguration", "Topic", schema::DestinationKind::topic},
    {"CloudFunctionConfiguration", "CloudFunction", schema::DestinationKind::function},
};

Result<schema::FilterRule> read_filter_rule(const pugi::xml_node& node) {
    schema::FilterRule rule;
    bool has_name = false;
    bool has_value = false;
    for (const auto& child : node.children()) {
        if (local_name(child) == "Name") {
            rule.name = child.text().get();
            has_name = true;
        } else if (local_name(child) == "Value") {
            rule.value = child.text().get();
            has_value = true;
        } else if (child.type() == pugi::node_element) {
            return malformed();
        }
    }
    if (!has_name || !has_value) return malformed();
    return rule;
}

Result<void> read_filter(const pugi::xml_node& filter, schema::NotificationRule& rule) {
    rule.has_filter = true;
    for (const auto& key : filter.children()) {
        if (local_name(key) != "S3Key") return malformed();
        for (const auto& node : key.children()) {
            if (local_name(node) != "FilterRule") return malformed();
            ONPUT_TRY(auto filter_rule, read_filter_rule(node));
            rule.filter.push_back(std::move(filter_rule));
        }
    }
    return {};
}

Result<schema::NotificationRule> read_rule(const pugi::xml_node& node, const RuleElement& element) {
    schema::NotificationRule rule;
    rule.kind = element.kind;
    bool has_destination = false;
    for (const auto& child : node.children()) {
        const auto name = local_name(child);
        if (name == "Id") {
            rule.id = child.text().get();
        } else if (name == element.destination) {
            rule.destination_arn = child.text().get();
            has_destination = true;
        } else if (name == "Event") {
            rule.events.emplace_back(child.text().get());
        } else if (name == "Filter") {
            ONPUT_TRY_VOID(read_filter(child, rule));
        } else if (name != "InvocationRole" && child.type() == pugi::node_element) {
            return malformed();
        }
    }
    if (!has_destination || rule.events.empty()) return malformed();
    return rule;
}

std::string_view capitalised(std::string_view filter_name) {
    if (filter_name.size() == 6 && (filter_name[0] == 'p' || filter_name[0] == 'P'))
        return "Prefix";
    if (filter_name.size() == 6 && (filter_name[0] == 's' || filter_name[0] == 'S'))
        return "Suffix";
    return filter_name;
}

void write_rule(XmlWriter& xml, const schema::NotificationRule& rule) {
    const auto* element = &rule_elements[0];
    for (const auto& candidate : rule_elements) {
        if (candidate.kind == rule.kind) {
            element = &candidate;
            break;
        }
    }
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

Result<std::string> read_location_constraint(std::string_view body) {
    if (body.empty()) return std::string();
    pugi::xml_document document;
    ONPUT_TRY(const auto root, parse_root(document, body, "CreateBucketConfiguration"));
    for (const auto& child : root.children()) {
        const auto name = local_name(child);
        if (name == "LocationConstraint") return std::string(child.text().get());
        if (name == "Location" || name == "Bucket") return not_implemented("directory buckets");
        if (name == "Tags") return not_implemented("tags of buckets");
    }
    return std::string();
}

Result<schema::NotificationConfiguration> read_notification(std::string_view body) {
    pugi::xml_document document;
    ONPUT_TRY(const auto root, parse_root(document, body, "NotificationConfiguration"));
    schema::NotificationConfiguration configuration;
    for (const auto& child : root.children()) {
        if (child.type() != pugi::node_element) continue;
        const auto name = local_name(child);
        if (name == "EventBridgeConfiguration")
            return not_implemented("notifications to EventBridge");
        bool is_known = false;
        for (const auto& element : rule_elements) {
            if (name != element.configuration) continue;
            ONPUT_TRY(auto rule, read_rule(child, element));
            configuration.rules.push_back(std::move(rule));
            is_known = true;
        }
        if (!is_known) return malformed();
    }
    return configuration;
}

std::string write_notification(const schema::NotificationConfiguration& configuration) {
    XmlWriter xml;
    xml.begin_in_namespace("NotificationConfiguration", s3_namespace);
    for (const auto& rule : configuration.rules) write_rule(xml, rule);
    xml.end("NotificationConfiguration");
    return xml.take();
}

}  // namespace onput::gateway::s3
