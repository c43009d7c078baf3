#include "services/gateway/aws/json.hpp"

#include <nlohmann/json.hpp>

#include "common/auth/json_names.hpp"
#include "common/json/writer.hpp"

namespace onput::gateway::aws {
namespace {

using Json = nlohmann::json;

std::unexpected<Error> not_json(std::string why) {
    return fail(ErrorCode::invalid_argument, std::move(why), "SerializationException");
}

Result<Value> to_value(const Json& json, std::size_t depth) {
    if (depth > value_depth_max) return not_json("the request is nested too deeply");
    if (json.is_string()) return Value(json.get<std::string>());
    if (json.is_boolean()) return Value::flag(json.get<bool>());
    const bool fits = !json.is_number_unsigned() || json.get<std::uint64_t>() <= INT64_MAX;
    if (json.is_number_integer() && fits) return Value(json.get<std::int64_t>());
    if (json.is_number()) return Value::real(json.get<double>());
    if (json.is_array()) {
        Value::List list;
        for (const auto& item : json) {
            ONPUT_TRY(auto value, to_value(item, depth + 1));
            list.push_back(std::move(value));
        }
        return Value(std::move(list));
    }
    if (json.is_object()) {
        Value::Map map;
        for (const auto& [name, item] : json.items()) {
            // A null member is a missing one.
            if (item.is_null()) continue;
            ONPUT_TRY(auto value, to_value(item, depth + 1));
            map.emplace(name, std::move(value));
        }
        return Value(std::move(map));
    }
    return Value();
}

void write_value(json::Writer& out, const Value& value) {
    if (const auto* text = value.text()) {
        out.text(*text);
    } else if (const auto* flag = value.flag()) {
        out.boolean(*flag);
    } else if (const auto* list = value.list()) {
        out.begin_array();
        for (const auto& item : *list) write_value(out, item);
        out.end_array();
    } else if (const auto* map = value.map()) {
        out.begin_object();
        for (const auto& [name, item] : *map) {
            out.name(name);
            write_value(out, item);
        }
        out.end_object();
    } else if (const auto number = value.number()) {
        out.integer(*number);
    } else if (const auto real = value.real()) {
        out.real(*real);
    } else {
        out.begin_object();
        out.end_object();
    }
}

// Depth and number of values, before the parser makes a tree of many times the text's size.
Result<void> check_shape(std::string_view text) {
    std::size_t depth = 0;
    std::size_t items = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string) {
            if (c == '\\') ++i;
            if (c == '"') in_string = false;
            continue;
        }
        if (c == '"') in_string = true;
        if (c == '[' || c == '{') ++depth;
        if ((c == ']' || c == '}') && depth > 0) --depth;
        if (c == '[' || c == '{' || c == ',') ++items;
        if (depth > value_depth_max) return not_json("the request is nested too deeply");
        if (items > json_items_max) return not_json("the request has too many values");
    }
    return {};
}

// JSON has members by their wire names.
void rename_members(Value& value, const Shape& shape) {
    if (auto* list = value.list(); list != nullptr && shape.kind == Kind::list) {
        for (auto& item : *list) rename_members(item, *shape.item);
    }
    auto* map = value.map();
    if (map == nullptr) return;
    if (shape.kind == Kind::map) {
        for (auto& [name, item] : *map) rename_members(item, *shape.item);
    }
    if (shape.kind != Kind::structure) return;
    for (const auto& member : shape.members) {
        if (member.wire_name != member.name) {
            auto node = map->extract(std::string(member.wire_name));
            if (!node.empty()) {
                node.key() = std::string(member.name);
                map->insert(std::move(node));
            }
        }
        const auto found = map->find(member.name);
        if (found != map->end()) rename_members(found->second, *member.shape);
    }
}

}  // namespace

Result<Value> read_json(std::string_view text) {
    ONPUT_TRY_VOID(check_shape(text));
    const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object()) return not_json("the request is not a JSON object");
    if (auth::has_repeated_name(text)) return not_json("the request has a member twice");
    return to_value(json, 0);
}

Result<Value> read_json(std::string_view text, const Shape& shape) {
    ONPUT_TRY(auto value, read_json(text));
    rename_members(value, shape);
    return value;
}

std::string write_json(const Value& value) {
    json::Writer out;
    write_value(out, value);
    return out.take();
}

}  // namespace onput::gateway::aws
