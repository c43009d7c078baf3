#include "services/gateway/s3/xml_reader.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include <pugixml.hpp>

#include "common/base/check.hpp"
#include "common/base/encoding.hpp"
#include "services/gateway/aws/directory.hpp"
#include "services/gateway/aws/xml_writer.hpp"
#include "services/gateway/s3/errors.hpp"

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
    // pugixml takes bytes as they are, and ends at a NUL.
    if (!is_utf8(body) || body.find('\0') != std::string_view::npos) return malformed();
    // A blank may be a filter's whole value: it is kept where it is the only content.
    constexpr unsigned flags =
        pugi::parse_default | pugi::parse_doctype | pugi::parse_ws_pcdata_single;
    const auto parsed = document.load_buffer(body.data(), body.size(), flags, pugi::encoding_utf8);
    if (!parsed) return malformed();
    std::size_t roots = 0;
    for (const auto& child : document.children()) {
        if (child.type() == pugi::node_doctype) return malformed();
        if (child.type() == pugi::node_element) ++roots;
    }
    const auto root = document.document_element();
    if (roots != 1 || local_name(root) != expected || is_too_deep(root, 0)) return malformed();
    return root;
}

bool is_blank(std::string_view text) {
    return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

// The elements of a node that may hold nothing else but blanks.
Result<std::vector<pugi::xml_node>> elements_of(const pugi::xml_node& node) {
    std::vector<pugi::xml_node> elements;
    for (const auto& child : node.children()) {
        if (child.type() == pugi::node_element) {
            elements.push_back(child);
        } else if (!is_blank(child.value())) {
            return malformed();
        }
    }
    return elements;
}

// The text of an element that holds nothing else, once.
Result<void> take_text(const pugi::xml_node& node, std::optional<std::string>& text) {
    if (text) return malformed();
    text.emplace();
    for (const auto& child : node.children()) {
        if (child.type() != pugi::node_pcdata && child.type() != pugi::node_cdata)
            return malformed();
        *text += child.value();
    }
    // References such as &#xD800; name no character.
    if (!is_utf8(*text)) return malformed();
    return {};
}

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
            return malformed();
        }
    }
    if (!name || !value) return malformed();
    return schema::FilterRule{.name = std::move(*name), .value = std::move(*value)};
}

Result<void> read_filter(const pugi::xml_node& filter, schema::NotificationRule& rule) {
    if (rule.has_filter) return malformed();
    rule.has_filter = true;
    ONPUT_TRY(const auto keys, elements_of(filter));
    for (const auto& key : keys) {
        if (local_name(key) != "S3Key") return malformed();
        ONPUT_TRY(const auto elements, elements_of(key));
        for (const auto& element : elements) {
            if (local_name(element) != "FilterRule") return malformed();
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
            return malformed();
        }
    }
    if (!destination || rule.events.empty()) return malformed();
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

Result<std::string> read_location_constraint(std::string_view body) {
    if (body.empty()) return std::string();
    pugi::xml_document document;
    ONPUT_TRY(const auto root, parse_root(document, body, "CreateBucketConfiguration"));
    ONPUT_TRY(const auto elements, elements_of(root));
    std::optional<std::string> region;
    for (const auto& element : elements) {
        const auto name = local_name(element);
        if (name == "LocationConstraint") {
            ONPUT_TRY_VOID(take_text(element, region));
        } else if (name == "Location" || name == "Bucket") {
            return not_implemented("directory buckets");
        } else if (name == "Tags") {
            return not_implemented("tags of buckets");
        } else {
            return malformed();
        }
    }
    return std::move(region).value_or("");
}

Result<schema::NotificationConfiguration> read_notification(std::string_view body) {
    pugi::xml_document document;
    ONPUT_TRY(const auto root, parse_root(document, body, "NotificationConfiguration"));
    ONPUT_TRY(const auto elements, elements_of(root));
    schema::NotificationConfiguration configuration;
    for (const auto& element : elements) {
        const auto name = local_name(element);
        if (name == "EventBridgeConfiguration")
            return not_implemented("notifications to EventBridge");
        const auto* kind = std::ranges::find(rule_elements, name, &RuleElement::configuration);
        if (kind == std::ranges::end(rule_elements)) return malformed();
        ONPUT_TRY(auto rule, read_rule(element, *kind));
        configuration.rules.push_back(std::move(rule));
    }
    return configuration;
}

std::string write_notification(const schema::NotificationConfiguration& configuration) {
    aws::XmlWriter xml;
    xml.begin_in_namespace("NotificationConfiguration", aws::s3_model().xml_namespace());
    for (const auto& rule : configuration.rules) write_rule(xml, rule);
    xml.end("NotificationConfiguration");
    return xml.take();
}

}  // namespace onput::gateway::s3
