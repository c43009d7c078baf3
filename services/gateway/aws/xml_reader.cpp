#include "services/gateway/aws/xml_reader.hpp"

#include <pugixml.hpp>

#include "common/base/encoding.hpp"
#include "services/gateway/aws/xml_document.hpp"
#include "services/gateway/http/target.hpp"

namespace onput::gateway::aws {
namespace {

// pugixml parses without recursion but walks with it where we do: depth is bounded here.
bool is_too_deep(const pugi::xml_node& node, int depth) {
    if (depth > xml_depth_max) return true;
    for (const auto& child : node.children()) {
        if (is_too_deep(child, depth + 1)) return true;
    }
    return false;
}

bool is_blank(std::string_view text) {
    return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

// Clients write TRUE, True and 1 as well. Whoever reads the document on finds one spelling.
std::string boolean_text(std::string text) {
    if (http::equal_ignoring_case(text, "true") || text == "1") return "true";
    if (http::equal_ignoring_case(text, "false") || text == "0") return "false";
    return text;
}

Result<Value> read_element(const pugi::xml_node& node, const Shape& shape);

Result<Value> read_list(const pugi::xml_node& node, const Shape& shape) {
    Value::List list;
    ONPUT_TRY(const auto elements, elements_of(node));
    for (const auto& element : elements) {
        if (local_name(element) != shape.item_name) return malformed_xml();
        ONPUT_TRY(auto item, read_element(element, *shape.item));
        list.push_back(std::move(item));
    }
    return Value(std::move(list));
}

// One entry: its key and its value.
Result<void> read_entry(const pugi::xml_node& node, const Shape& shape, Value::Map& map) {
    std::optional<std::string> key;
    Value value("");
    ONPUT_TRY(const auto elements, elements_of(node));
    for (const auto& element : elements) {
        if (local_name(element) == shape.key_name) {
            ONPUT_TRY_VOID(take_text(element, key));
        } else if (local_name(element) == shape.value_name) {
            ONPUT_TRY(value, read_element(element, *shape.item));
        } else {
            return malformed_xml();
        }
    }
    if (!key || !map.emplace(std::move(*key), std::move(value)).second) return malformed_xml();
    return {};
}

Result<Value> read_map(const pugi::xml_node& node, const Shape& shape) {
    Value::Map map;
    ONPUT_TRY(const auto elements, elements_of(node));
    for (const auto& element : elements) {
        if (local_name(element) != "entry") return malformed_xml();
        ONPUT_TRY_VOID(read_entry(element, shape, map));
    }
    return Value(std::move(map));
}

const Member* find_by_wire_name(const Shape& shape, std::string_view name) {
    for (const auto& member : shape.members) {
        if (member.place == Place::body && wire_name_of(member) == name) return &member;
    }
    return nullptr;
}

Result<void> read_member(const pugi::xml_node& node, const Member& member, Value& parent) {
    Value& place = parent[std::string(member.name)];
    const Shape& shape = *member.shape;
    if (is_flattened(member) && shape.kind == Kind::list) {
        ONPUT_TRY(auto item, read_element(node, *shape.item));
        place.push_back(std::move(item));
        return {};
    }
    if (is_flattened(member) && shape.kind == Kind::map) {
        if (place.is_null()) place = Value(Value::Map());
        return read_entry(node, shape, *place.map());
    }
    if (!place.is_null()) return malformed_xml();
    ONPUT_TRY(place, read_element(node, shape));
    return {};
}

Result<Value> read_structure(const pugi::xml_node& node, const Shape& shape) {
    Value value{Value::Map()};
    for (const auto& member : shape.members) {
        if (!member.is_attribute) continue;
        const auto attribute = node.attribute(std::string(member.wire_name).c_str());
        if (attribute) value[std::string(member.name)] = Value(attribute.value());
    }
    ONPUT_TRY(const auto elements, elements_of(node));
    for (const auto& element : elements) {
        const auto* member = find_by_wire_name(shape, local_name(element));
        if (member == nullptr || member->is_attribute) return malformed_xml();
        ONPUT_TRY_VOID(read_member(element, *member, value));
    }
    return value;
}

Result<Value> read_element(const pugi::xml_node& node, const Shape& shape) {
    switch (shape.kind) {
        case Kind::structure: return read_structure(node, shape);
        case Kind::list: return read_list(node, shape);
        case Kind::map: return read_map(node, shape);
        default: break;
    }
    std::optional<std::string> text;
    ONPUT_TRY_VOID(take_text(node, text));
    if (shape.kind == Kind::boolean) return Value(boolean_text(*std::move(text)));
    return Value(std::move(*text));
}

}  // namespace

std::unexpected<Error> malformed_xml() {
    return fail(ErrorCode::invalid_argument, "the XML does not fit its schema", "malformed_xml");
}

std::string_view local_name(const pugi::xml_node& node) {
    const std::string_view name = node.name();
    const auto colon = name.find(':');
    return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

Result<pugi::xml_node> parse_root(pugi::xml_document& document, std::string_view body,
                                  std::string_view expected) {
    // pugixml takes bytes as they are, and ends at a NUL.
    if (!is_utf8(body) || body.find('\0') != std::string_view::npos) return malformed_xml();
    // A blank may be a filter's whole value: it is kept where it is the only content.
    constexpr unsigned flags =
        pugi::parse_default | pugi::parse_doctype | pugi::parse_ws_pcdata_single;
    const auto parsed = document.load_buffer(body.data(), body.size(), flags, pugi::encoding_utf8);
    if (!parsed) return malformed_xml();
    std::size_t roots = 0;
    for (const auto& child : document.children()) {
        if (child.type() == pugi::node_doctype) return malformed_xml();
        if (child.type() == pugi::node_element) ++roots;
    }
    const auto root = document.document_element();
    if (roots != 1 || local_name(root) != expected || is_too_deep(root, 0)) return malformed_xml();
    return root;
}

Result<std::vector<pugi::xml_node>> elements_of(const pugi::xml_node& node) {
    std::vector<pugi::xml_node> elements;
    for (const auto& child : node.children()) {
        if (child.type() == pugi::node_element) {
            elements.push_back(child);
        } else if (!is_blank(child.value())) {
            return malformed_xml();
        }
    }
    return elements;
}

Result<void> take_text(const pugi::xml_node& node, std::optional<std::string>& text) {
    if (text) return malformed_xml();
    text.emplace();
    for (const auto& child : node.children()) {
        if (child.type() != pugi::node_pcdata && child.type() != pugi::node_cdata)
            return malformed_xml();
        *text += child.value();
    }
    // References such as &#xD800; name no character.
    if (!is_utf8(*text)) return malformed_xml();
    return {};
}

Result<Value> read_xml(std::string_view body, std::string_view root, const Shape& shape) {
    pugi::xml_document document;
    ONPUT_TRY(const auto node, parse_root(document, body, root));
    return read_element(node, shape);
}

}  // namespace onput::gateway::aws
