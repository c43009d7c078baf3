#include "services/gateway/query/xml.hpp"

#include <array>

#include "services/gateway/sqs/value.hpp"

namespace onput::gateway::sqs {
namespace {

// What the query protocol calls the items of a list or map.
std::string item_name(std::string_view name, std::string_view operation) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 5> names{{
        {"Messages", "Message"},
        {"QueueUrls", "QueueUrl"},
        {"Attributes", "Attribute"},
        {"MessageAttributes", "MessageAttribute"},
        {"Failed", "BatchResultErrorEntry"},
    }};
    if (name == "Successful") return std::string(operation) + "ResultEntry";
    for (const auto& [plural, singular] : names) {
        if (plural == name) return std::string(singular);
    }
    return std::string(name);
}

void write_members(s3::XmlWriter& xml, const Value& value, std::string_view operation);

void write_named(s3::XmlWriter& xml, const std::string& name, const Value& value,
                 std::string_view operation) {
    if (const auto* text = value.text()) {
        xml.text(name, *text);
    } else if (const auto* flag = value.flag()) {
        xml.flag(name, *flag);
    } else if (const auto number = value.number()) {
        xml.text(name, std::to_string(*number));
    } else {
        xml.begin(name);
        write_members(xml, value, operation);
        xml.end(name);
    }
}

bool is_flattened_map(std::string_view name) {
    return name == "Attributes" || name == "MessageAttributes";
}

void write_members(s3::XmlWriter& xml, const Value& value, std::string_view operation) {
    const auto* map = value.map();
    if (map == nullptr) return;
    for (const auto& [name, member] : *map) {
        const std::string item = item_name(name, operation);
        if (const auto* list = member.list()) {
            for (const auto& entry : *list) write_named(xml, item, entry, operation);
        } else if (member.map() != nullptr && is_flattened_map(name)) {
            for (const auto& [key, entry] : *member.map()) {
                xml.begin(item);
                xml.text("Name", key);
                write_named(xml, "Value", entry, operation);
                xml.end(item);
            }
        } else {
            write_named(xml, item, member, operation);
        }
    }
}

}  // namespace

std::string write_xml(const XmlAnswer& answer) {
    return query::write_xml({.xml_namespace = sqs_namespace, .write_members = &write_members},
                            answer);
}

}  // namespace onput::gateway::sqs
