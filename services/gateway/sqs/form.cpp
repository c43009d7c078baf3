#include "services/gateway/query/form.hpp"

#include <array>

#include "services/gateway/sqs/value.hpp"

namespace onput::gateway::sqs {
namespace {

using query::FormNode;

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

const Flattened* find_flattened(std::string_view member) {
    for (const auto& entry : flattened) {
        if (entry.member == member) return &entry;
    }
    return nullptr;
}

Value to_value(const FormNode& node);

Value assemble(const FormNode& node, Flattened::Shape shape) {
    if (shape == Flattened::Shape::list) {
        Value::List list;
        for (const auto* item : query::items_of(node)) list.push_back(to_value(*item));
        return Value(std::move(list));
    }
    const std::string_view key_name = shape == Flattened::Shape::name_value_map ? "Name" : "Key";
    Value::Map map;
    for (const auto* item : query::items_of(node)) {
        const auto* key = item->find(key_name);
        const auto* value = item->find("Value");
        if (key == nullptr) continue;
        map[key->text] = value == nullptr ? Value("") : to_value(*value);
    }
    return Value(std::move(map));
}

Value to_value(const FormNode& node) {
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
    ONPUT_TRY(const auto root, query::read_fields(form));
    if (root.members.empty()) return Value(Value::Map());
    return to_value(root);
}

}  // namespace onput::gateway::sqs
