#include "services/gateway/aws/form.hpp"

#include <fmt/format.h>

#include "common/base/encoding.hpp"
#include "common/base/text.hpp"
#include "services/gateway/http/target.hpp"

namespace onput::gateway::aws {
namespace {

std::unexpected<Error> malformed(std::string why) {
    return fail(ErrorCode::invalid_argument, std::move(why), "MalformedQueryString");
}

bool insert(FormNode& root, std::string_view name, std::string value) {
    FormNode* node = &root;
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

// The members "1", "2", ... in numeric order.
std::vector<const FormNode*> items_of(const FormNode& node) {
    std::map<std::uint32_t, const FormNode*> ordered;
    for (const auto& [name, item] : node.members) {
        const auto index = parse_number<std::uint32_t>(name);
        if (index && *index >= 1 && *index <= form_index_max) ordered.emplace(*index, &item);
    }
    std::vector<const FormNode*> items;
    items.reserve(ordered.size());
    for (const auto& [index, item] : ordered) items.push_back(item);
    return items;
}

Result<Value> read_shape(const FormNode& node, const Shape& shape);

Result<Value> read_list(const FormNode& node, const Shape& shape) {
    Value::List list;
    for (const auto* item : items_of(node)) {
        ONPUT_TRY(auto value, read_shape(*item, *shape.item));
        list.push_back(std::move(value));
    }
    return Value(std::move(list));
}

Result<Value> read_map(const FormNode& node, const Member& member) {
    const Shape& shape = *member.shape;
    Value::Map map;
    for (const auto* item : items_of(node)) {
        const auto* key = item->find(shape.key_name);
        const auto* value = item->find(shape.value_name);
        if (key == nullptr || map.contains(key->text)) {
            return fail(ErrorCode::invalid_argument,
                        fmt::format("Invalid parameter: {} Reason: an entry has no key, or one "
                                    "that another entry has",
                                    member.name),
                        "malformed_map");
        }
        auto& place = map[key->text];
        place = Value("");
        if (value == nullptr) continue;
        ONPUT_TRY(place, read_shape(*value, *shape.item));
    }
    return Value(std::move(map));
}

// The items of a list or map that is not flattened stand below a word of their own.
Result<Value> read_member(const FormNode& node, const Member& member) {
    static const FormNode nothing;
    const Shape& shape = *member.shape;
    if (shape.kind != Kind::list && shape.kind != Kind::map) return read_shape(node, shape);
    const FormNode* items = &node;
    if (!is_flattened(member)) {
        const auto* below = node.find(shape.kind == Kind::list ? shape.item_name : "entry");
        items = below != nullptr ? below : &nothing;
    }
    return shape.kind == Kind::list ? read_list(*items, shape) : read_map(*items, member);
}

Result<Value> read_shape(const FormNode& node, const Shape& shape) {
    if (shape.kind != Kind::structure) return Value(node.text);
    Value::Map map;
    for (const auto& member : shape.members) {
        const auto* found = node.find(wire_name_of(member));
        if (found == nullptr) continue;
        ONPUT_TRY(map[std::string(member.name)], read_member(*found, member));
    }
    return Value(std::move(map));
}

}  // namespace

const FormNode* FormNode::find(std::string_view name) const {
    const auto found = members.find(name);
    return found == members.end() ? nullptr : &found->second;
}

std::string_view FormNode::text_of(std::string_view name) const {
    const auto* found = find(name);
    return found != nullptr ? std::string_view(found->text) : std::string_view();
}

Result<FormNode> read_fields(std::string_view form) {
    auto fields = http::parse_query(form);
    if (!fields) return malformed("the form is malformed or has too many fields");
    if (const auto* repeated = find_repeated_parameter(*fields))
        return malformed(fmt::format("the field {} is there twice", repeated->name));
    FormNode root;
    for (auto& field : *fields) {
        if (!is_utf8(field.name) || !is_utf8(field.value))
            return malformed("the form is not UTF-8");
        if (!insert(root, field.name, std::move(field.value)))
            return malformed("a field's name has too many parts");
    }
    return root;
}

Result<Value> read_input(const FormNode& fields, const Shape& input) {
    return read_shape(fields, input);
}

std::string form_of(const http::RequestHead& head, std::string_view body) {
    return std::string(head.query).append("&").append(body);
}

bool is_form(const http::RequestHead& head) {
    return head.header("content-type")
        .value_or("")
        .starts_with("application/x-www-form-urlencoded");
}

}  // namespace onput::gateway::aws
