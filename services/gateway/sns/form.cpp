#include "services/gateway/query/form.hpp"

#include <fmt/format.h>

#include "services/gateway/sns/wire.hpp"

namespace onput::gateway::sns {
namespace {

using query::FormNode;

Result<Value> to_value(const FormNode& node);

// The only member of that name, or null: "member" and "entry" are the protocol's words for items
// when nothing stands beside them.
const FormNode* only_member(const FormNode& node, std::string_view name) {
    return node.members.size() == 1 ? node.find(name) : nullptr;
}

Result<Value> to_list(const FormNode& node) {
    Value::List list;
    for (const auto* item : query::items_of(node)) {
        ONPUT_TRY(auto value, to_value(*item));
        list.push_back(std::move(value));
    }
    return Value(std::move(list));
}

// Maps say key and value; that of message attributes says Name and Value.
const FormNode* find_either(const FormNode& node, std::string_view name,
                            std::string_view other_name) {
    const auto* found = node.find(name);
    return found != nullptr ? found : node.find(other_name);
}

Result<Value> to_map(const FormNode& node, std::string_view parameter) {
    Value::Map map;
    for (const auto* item : query::items_of(node)) {
        const auto* key = find_either(*item, "key", "Name");
        const auto* value = find_either(*item, "value", "Value");
        if (key == nullptr || map.contains(key->text)) {
            return fail(ErrorCode::invalid_argument,
                        fmt::format("Invalid parameter: {} Reason: an entry has no key, or one "
                                    "that another entry has",
                                    parameter),
                        "InvalidParameter");
        }
        auto& place = map[key->text];
        place = Value("");
        if (value == nullptr) continue;
        ONPUT_TRY(place, to_value(*value));
    }
    return Value(std::move(map));
}

Result<Value> to_member(const FormNode& node, std::string_view name) {
    if (const auto* items = only_member(node, "member")) return to_list(*items);
    if (const auto* entries = only_member(node, "entry")) return to_map(*entries, name);
    return to_value(node);
}

Result<Value> to_value(const FormNode& node) {
    if (node.members.empty()) return Value(node.text);
    Value::Map map;
    for (const auto& [name, member] : node.members) {
        ONPUT_TRY(map[name], to_member(member, name));
    }
    return Value(std::move(map));
}

}  // namespace

Result<Value> read_form(std::string_view form) {
    ONPUT_TRY(const auto root, query::read_fields(form));
    if (root.members.empty()) return Value(Value::Map());
    return to_value(root);
}

}  // namespace onput::gateway::sns
