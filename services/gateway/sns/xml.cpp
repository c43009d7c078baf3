#include "services/gateway/sns/wire.hpp"

namespace onput::gateway::sns {
namespace {

void write_members(s3::XmlWriter& xml, const Value& value, std::string_view operation);

void write_content(s3::XmlWriter& xml, const Value& value, std::string_view operation) {
    if (const auto* text = value.text()) {
        xml.content(*text);
    } else if (const auto* flag = value.flag()) {
        xml.content(*flag ? "true" : "false");
    } else if (const auto* list = value.list()) {
        for (const auto& item : *list) {
            xml.begin("member");
            write_content(xml, item, operation);
            xml.end("member");
        }
    } else {
        write_members(xml, value, operation);
    }
}

void write_entries(s3::XmlWriter& xml, const Value::Map& entries) {
    for (const auto& [key, entry] : entries) {
        xml.begin("entry");
        xml.text("key", key);
        xml.text("value", entry.text() != nullptr ? *entry.text() : "");
        xml.end("entry");
    }
}

void write_members(s3::XmlWriter& xml, const Value& value, std::string_view operation) {
    const auto* map = value.map();
    if (map == nullptr) return;
    for (const auto& [name, member] : *map) {
        xml.begin(name);
        if (name == "Attributes" && member.map() != nullptr) {
            write_entries(xml, *member.map());
        } else {
            write_content(xml, member, operation);
        }
        xml.end(name);
    }
}

}  // namespace

std::string write_xml(const query::XmlAnswer& answer) {
    return query::write_xml({.xml_namespace = sns_namespace, .write_members = &write_members},
                            answer);
}

}  // namespace onput::gateway::sns
