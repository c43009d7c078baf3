#include "common/schema/json.hpp"

#include <nlohmann/json.hpp>

#include "services/gateway/sqs/value.hpp"

namespace onput::gateway::sqs {
namespace {

using Json = nlohmann::json;

std::unexpected<Error> not_json(std::string why) {
    return fail(ErrorCode::invalid_argument, std::move(why), "SerializationException");
}

Result<Value> to_value(const Json& json, std::size_t depth) {
    if (depth > value_depth_max) return not_json("the request is nested too deeply");
    if (json.is_string()) return Value(json.get<std::string>());
    if (json.is_boolean()) return Value(json.get<bool>() ? "true" : "false");
    if (json.is_number_integer()) return Value(json.get<std::int64_t>());
    if (json.is_number()) return Value(json.dump());
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

void write_value(schema::JsonWriter& out, const Value& value) {
    if (const auto* text = value.text()) {
        out.text(*text);
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
    } else {
        out.begin_object();
        out.end_object();
    }
}

// nlohmann's parser recurses: depth is checked before it is let loose.
bool is_too_deep(std::string_view text) {
    std::size_t depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string) {
            if (c == '\\') ++i;
            if (c == '"') in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            if (++depth > value_depth_max) return true;
        } else if (c == ']' || c == '}') {
            if (depth > 0) --depth;
        }
    }
    return false;
}

}  // namespace

Result<Value> read_json(std::string_view text) {
    if (is_too_deep(text)) return not_json("the request is nested too deeply");
    const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object()) return not_json("the request is not a JSON object");
    return to_value(json, 0);
}

std::string write_json(const Value& value) {
    schema::JsonWriter out;
    write_value(out, value);
    return out.take();
}

}  // namespace onput::gateway::sqs
