#include "services/gateway/aws/json.hpp"

#include "common/json/reader.hpp"
#include "common/json/writer.hpp"

namespace onput::gateway::aws {
namespace {

std::unexpected<Error> not_json(std::string_view why) {
    return fail(ErrorCode::invalid_argument, std::string(why), "SerializationException");
}

Value to_value(const json::Value& read) {
    if (const auto* text = read.text()) return Value(*text);
    if (const auto* flag = read.flag()) return Value::flag(*flag);
    if (const auto* number = read.integer()) return Value(*number);
    if (const auto number = read.real()) return Value::real(*number);
    if (const auto* array = read.array()) {
        Value::List list;
        list.reserve(array->size());
        for (const auto& item : *array) list.push_back(to_value(item));
        return Value(std::move(list));
    }
    if (const auto* object = read.object()) {
        Value::Map map;
        for (const auto& [name, item] : *object) {
            // A null member is a missing one.
            if (!item.is_null()) map.emplace(name, to_value(item));
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

std::string_view why_refused(json::ReadError::Kind kind) {
    switch (kind) {
        case json::ReadError::Kind::depth: return "the request is nested too deeply";
        case json::ReadError::Kind::values: return "the request has too many values";
        case json::ReadError::Kind::repeated: return "the request has a member twice";
        case json::ReadError::Kind::syntax: break;
    }
    return "the request is not a JSON object";
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
    const auto document = json::read(text, {.depth_max = value_depth_max,
                                            .values_max = json_items_max,
                                            .repeated = json::Repeated::refused});
    if (!document) return not_json(why_refused(document.error().kind));
    if (document->object() == nullptr) return not_json("the request is not a JSON object");
    return to_value(*document);
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
