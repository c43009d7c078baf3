#include <array>
#include <charconv>

#include "common/base/encoding.hpp"
#include "services/gateway/http/target.hpp"
#include "services/gateway/sqs/value.hpp"

namespace onput::gateway::sqs {
namespace {

// A flattened member of the query protocol, and what JSON calls it.
struct Flattened {
    std::string_view member;  // "Attribute" of "Attribute.1.Name".
    std::string_view name;    // "Attributes"
    enum class Shape { list, name_value_map, key_value_map } shape;
};
constexpr std::array flattened{
    Flattened{"AttributeName", "AttributeNames", Flattened::Shape::list},
    Flattened{"MessageAttributeName", "MessageAttributeNames", Flattened::Shape::list},
    Flattened{"MessageSystemAttributeName", "MessageSystemAttributeNames", Flattened::Shape::list},
    Flattened{"SendMessageBatchRequestEntry", "Entries", Flattened::Shape::list},
    Flattened{"DeleteMessageBatchRequestEntry", "Entries", Flattened::Shape::list},
    Flattened{"ChangeMessageVisibilityBatchRequestEntry", "Entries", Flattened::Shape::list},
    Flattened{"Attribute", "Attributes", Flattened::Shape::name_value_map},
    Flattened{"MessageAttribute", "MessageAttributes", Flattened::Shape::name_value_map},
    Flattened{"MessageSystemAttribute", "MessageSystemAttributes",
              Flattened::Shape::name_value_map},
    Flattened{"Tag", "tags", Flattened::Shape::key_value_map},
};

// The form's fields by their dotted names.
struct Node {
    std::string text;
    std::map<std::string, Node, std::less<>> members;
};

bool insert(Node& root, std::string_view name, std::string value) {
    Node* node = &root;
    std::size_t depth = 0;
    while (true) {
        if (++depth > value_depth_max) return false;
        const auto dot = name.find('.');
        node = &node->members[std::string(name.substr(0, dot))];
        if (dot == std::string_view::npos) break;
        name = name.substr(dot + 1);
    }
    node->text = std::move(value);
    return true;
}

const Flattened* find_flattened(std::string_view member) {
    for (const auto& entry : flattened) {
        if (entry.member == member) return &entry;
    }
    return nullptr;
}

Value to_value(const Node& node);

// The items "1", "2", ... in numeric order; other names are no items.
std::vector<const Node*> items_of(const Node& node) {
    std::map<std::uint32_t, const Node*> ordered;
    for (const auto& [name, item] : node.members) {
        std::uint32_t index = 0;
        const auto [stop, error] = std::from_chars(name.data(), name.data() + name.size(), index);
        const bool is_index = error == std::errc() && stop == name.data() + name.size() &&
                              index >= 1 && index <= form_index_max;
        if (is_index) ordered.emplace(index, &item);
    }
    std::vector<const Node*> items;
    for (const auto& [index, item] : ordered) items.push_back(item);
    return items;
}

Value assemble(const Node& node, Flattened::Shape shape) {
    if (shape == Flattened::Shape::list) {
        Value::List list;
        for (const auto* item : items_of(node)) list.push_back(to_value(*item));
        return Value(std::move(list));
    }
    const std::string_view key_name = shape == Flattened::Shape::name_value_map ? "Name" : "Key";
    Value::Map map;
    for (const auto* item : items_of(node)) {
        const auto key = item->members.find(key_name);
        const auto value = item->members.find("Value");
        if (key == item->members.end()) continue;
        map[key->second.text] = value == item->members.end() ? Value("") : to_value(value->second);
    }
    return Value(std::move(map));
}

Value to_value(const Node& node) {
    if (node.members.empty()) return Value(node.text);
    Value::Map map;
    for (const auto& [name, member] : node.members) {
        const auto* known = find_flattened(name);
        if (known != nullptr && !member.members.empty()) {
            map[std::string(known->name)] = assemble(member, known->shape);
        } else {
            map[name] = to_value(member);
        }
    }
    return Value(std::move(map));
}

}  // namespace

Result<Value> read_form(std::string_view form) {
    auto fields = http::parse_query(form);
    if (!fields) {
        return fail(ErrorCode::invalid_argument, "the form is malformed or has too many fields",
                    "MalformedQueryString");
    }
    Node root;
    for (auto& field : *fields) {
        if (!is_utf8(field.name) || !is_utf8(field.value)) {
            return fail(ErrorCode::invalid_argument, "the form is not UTF-8",
                        "MalformedQueryString");
        }
        if (!insert(root, field.name, std::move(field.value))) {
            return fail(ErrorCode::invalid_argument, "a field's name has too many parts",
                        "MalformedQueryString");
        }
    }
    if (root.members.empty()) return Value(Value::Map());
    return to_value(root);
}

}  // namespace onput::gateway::sqs
