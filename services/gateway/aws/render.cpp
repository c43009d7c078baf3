#include "services/gateway/aws/render.hpp"

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "common/base/time.hpp"
#include "common/json/writer.hpp"
#include "services/gateway/aws/json.hpp"

namespace onput::gateway::aws {
namespace {

std::string timestamp_text(const Value& value) {
    if (const auto* text = value.text()) return *text;
    return format_iso8601_millis(Timestamp(std::chrono::milliseconds(value.number().value_or(0))));
}

void write_json_value(json::Writer& out, const Value& value, const Shape& shape);

void write_json_members(json::Writer& out, const Value& value, const Shape& shape) {
    out.begin_object();
    if (const auto* map = value.map()) {
        for (const auto& [name, held] : *map) {
            const auto* member = shape.find_member(name);
            ONPUT_CHECK(member != nullptr);
            out.name(member->wire_name);
            write_json_value(out, held, *member->shape);
        }
    }
    out.end_object();
}

void write_json_number(json::Writer& out, const Value& value) {
    if (const auto number = value.number()) {
        out.integer(*number);
    } else {
        out.real(value.real().value_or(0));
    }
}

// Seconds since 1970, unless the shape wants a text.
void write_json_timestamp(json::Writer& out, const Value& value, const Shape& shape) {
    const auto millis = value.text() == nullptr ? value.number() : std::nullopt;
    if (millis && shape.timestamp_form.empty()) {
        out.real(static_cast<double>(*millis) / 1000);
    } else {
        out.text(timestamp_text(value));
    }
}

void write_json_list(json::Writer& out, const Value& value, const Shape& item) {
    out.begin_array();
    if (const auto* list = value.list()) {
        for (const auto& held : *list) write_json_value(out, held, item);
    }
    out.end_array();
}

void write_json_map(json::Writer& out, const Value& value, const Shape& item) {
    out.begin_object();
    if (const auto* map = value.map()) {
        for (const auto& [name, held] : *map) {
            out.name(name);
            write_json_value(out, held, item);
        }
    }
    out.end_object();
}

// A document whose parts have no shapes.
void write_json_any(json::Writer& out, const Value& value, const Shape& shape) {
    if (value.map() != nullptr) return write_json_map(out, value, shape);
    if (value.list() != nullptr) return write_json_list(out, value, shape);
    if (const auto* text = value.text()) return out.text(*text);
    if (const auto* flag = value.flag()) return out.boolean(*flag);
    value.is_null() ? out.null() : write_json_number(out, value);
}

void write_json_value(json::Writer& out, const Value& value, const Shape& shape) {
    switch (shape.kind) {
        case Kind::string:
        case Kind::blob: return out.text(value.scalar_text().value_or(""));
        case Kind::integer:
        case Kind::real: return write_json_number(out, value);
        case Kind::boolean: return out.boolean(value.scalar_text() == "true");
        case Kind::timestamp: return write_json_timestamp(out, value, shape);
        case Kind::structure: return write_json_members(out, value, shape);
        case Kind::list: return write_json_list(out, value, *shape.item);
        case Kind::map: return write_json_map(out, value, *shape.item);
        case Kind::any: return write_json_any(out, value, shape);
    }
}

class XmlRenderer {
public:
    XmlRenderer(XmlWriter& xml, MemberOrder order) : xml_(xml), order_(order) {}

    void write_members(const Value& value, const Shape& shape) {
        const auto* map = value.map();
        if (map == nullptr) return;
        if (order_ == MemberOrder::alphabetical) {
            for (const auto& [name, held] : *map) {
                const auto* member = shape.find_member(name);
                ONPUT_CHECK(member != nullptr);
                write_member(held, *member);
            }
            return;
        }
        std::size_t written = 0;
        for (const auto& member : shape.members) {
            const auto found = map->find(member.name);
            if (found == map->end()) continue;
            ++written;
            write_member(found->second, member);
        }
        ONPUT_CHECK(written == map->size());
    }

private:
    void write_member(const Value& value, const Member& member) {
        if (member.place != Place::body) return;
        const Shape& shape = *member.shape;
        const std::string_view name = wire_name_of(member);
        const bool is_flat = is_flattened(member);
        if (shape.kind == Kind::list && is_flat) return write_items(value, *shape.item, name);
        if (shape.kind == Kind::map && is_flat) return write_entries(value, shape, name);
        write_element(name, value, shape);
    }

    void write_element(std::string_view name, const Value& value, const Shape& shape) {
        if (shape.kind == Kind::structure) return write_structure(name, value, shape);
        xml_.begin(name);
        if (shape.kind == Kind::list) {
            write_items(value, *shape.item, shape.item_name);
        } else if (shape.kind == Kind::map) {
            write_entries(value, shape, "entry");
        } else if (shape.kind == Kind::timestamp) {
            xml_.content(timestamp_text(value));
        } else {
            xml_.content(value.scalar_text().value_or(""));
        }
        xml_.end(name);
    }

    void write_structure(std::string_view name, const Value& value, const Shape& shape) {
        xml_.begin(name);
        write_members(value, shape);
        xml_.end(name);
    }

    void write_items(const Value& value, const Shape& item, std::string_view name) {
        const auto* list = value.list();
        if (list == nullptr) return;
        for (const auto& held : *list) write_element(name, held, item);
    }

    void write_entries(const Value& value, const Shape& map, std::string_view name) {
        const auto* entries = value.map();
        if (entries == nullptr) return;
        for (const auto& [key, held] : *entries) {
            xml_.begin(name);
            xml_.text(map.key_name, key);
            write_element(map.value_name, held, *map.item);
            xml_.end(name);
        }
    }

    XmlWriter& xml_;
    MemberOrder order_;
};

// A result without members is one tag.
void write_result(XmlWriter& xml, const AnswerFrame& frame, const Value& result) {
    const std::string_view name = frame.operation.result_element;
    if (result.map() == nullptr || result.map()->empty()) return xml.empty(name);
    xml.begin(name);
    write_members(xml, result, *frame.operation.output, MemberOrder::alphabetical);
    xml.end(name);
}

std::string render_query(const AnswerFrame& frame, const Value& result) {
    const Operation& operation = frame.operation;
    const std::string root = fmt::format("{}Response", operation.name);
    XmlWriter xml(XmlWriter::Controls::replaced);
    xml.begin_in_namespace(root, frame.model.xml_namespace());
    if (operation.output != nullptr) {
        write_result(xml, frame, result);
    }
    xml.begin("ResponseMetadata");
    xml.text("RequestId", frame.request_id);
    xml.end("ResponseMetadata");
    xml.end(root);
    return xml.take();
}

// As AWS renders results of the query protocol in JSON: maps are lists of their entries.
Value query_json(const Value& value, const Shape& shape) {
    if (shape.kind == Kind::list) {
        Value::List items;
        if (const auto* list = value.list()) {
            for (const auto& item : *list) items.push_back(query_json(item, *shape.item));
        }
        return Value(std::move(items));
    }
    const auto* map = value.map();
    if (shape.kind == Kind::map) {
        Value::List entries;
        if (map == nullptr) return Value(std::move(entries));
        for (const auto& [key, held] : *map) {
            Value entry;
            entry[std::string(shape.key_name)] = Value(key);
            entry[std::string(shape.value_name)] = query_json(held, *shape.item);
            entries.push_back(std::move(entry));
        }
        return Value(std::move(entries));
    }
    if (shape.kind != Kind::structure) return value;
    Value::Map members;
    if (map == nullptr) return Value(std::move(members));
    for (const auto& [name, held] : *map) {
        const auto* member = shape.find_member(name);
        ONPUT_CHECK(member != nullptr);
        members.emplace(name, query_json(held, *member->shape));
    }
    return Value(std::move(members));
}

http::Response json_response(int status, const Value& document, std::string_view request_id) {
    http::Response response;
    response.head.status = status;
    response.head.headers = {{"x-amzn-RequestId", std::string(request_id)},
                             {"Content-Type", "application/json"}};
    response.body = write_json(document);
    return response;
}

std::string_view type_of(const ErrorName& error) {
    return error.status < 500 ? "Sender" : "Receiver";
}

std::string render_json_error(const ErrorName& error, const ErrorFrame& frame) {
    json::Writer out;
    out.begin_object();
    out.name("__type");
    out.text(fmt::format("{}{}", frame.type_prefix, error.shape));
    out.name("message");
    out.text(error.message);
    out.end_object();
    return out.take();
}

std::string render_query_error(const ErrorName& error, const ErrorFrame& frame) {
    XmlWriter xml(XmlWriter::Controls::replaced);
    if (frame.xml_namespace.empty()) {
        xml.begin("ErrorResponse");
    } else {
        xml.begin_in_namespace("ErrorResponse", frame.xml_namespace);
    }
    xml.begin("Error");
    xml.text("Type", type_of(error));
    xml.text("Code", error.code);
    xml.text("Message", error.message);
    if (frame.has_detail) xml.text("Detail", "");
    xml.end("Error");
    xml.text("RequestId", frame.request_id);
    xml.end("ErrorResponse");
    return xml.take();
}

std::string render_rest_xml_error(const ErrorName& error, const ErrorFrame& frame) {
    XmlWriter xml;
    xml.begin("Error");
    xml.text("Code", error.code);
    xml.text("Message", error.message);
    xml.text("RequestId", frame.request_id);
    xml.end("Error");
    return xml.take();
}

std::string render_ec2_error(const ErrorName& error, const ErrorFrame& frame) {
    XmlWriter xml;
    xml.begin("Response");
    xml.begin("Errors");
    xml.begin("Error");
    xml.text("Code", error.code);
    xml.text("Message", error.message);
    xml.end("Error");
    xml.end("Errors");
    xml.text("RequestID", frame.request_id);
    xml.end("Response");
    return xml.take();
}

// A text of CBOR, up to 65,535 bytes long.
void append_cbor(std::string& out, std::string_view text) {
    text = text.substr(0, 0xffff);
    out += '\x79';
    out += static_cast<char>(text.size() >> 8);
    out += static_cast<char>(text.size() & 0xff);
    out += text;
}

std::string render_cbor_error(const ErrorName& error, const ErrorFrame& frame) {
    std::string out = "\xA2";  // A map of two.
    append_cbor(out, "__type");
    append_cbor(out, fmt::format("{}{}", frame.type_prefix, error.shape));
    append_cbor(out, "message");
    append_cbor(out, error.message);
    return out;
}

}  // namespace

std::string render_json(const Value& result, const Shape& shape) {
    json::Writer out;
    write_json_value(out, result, shape);
    return out.take();
}

void write_members(XmlWriter& xml, const Value& value, const Shape& shape, MemberOrder order) {
    XmlRenderer(xml, order).write_members(value, shape);
}

std::string render_document(const Document& document, const Value& value, const Shape& shape) {
    XmlWriter xml;
    xml.begin_in_namespace(document.root, document.xml_namespace);
    write_members(xml, value, shape, MemberOrder::model);
    xml.end(document.root);
    return xml.take();
}

http::Response render_result(const AnswerFrame& frame, Protocol wire, const Value& result) {
    http::Response response;
    response.head.status = frame.operation.status;
    response.head.headers = {{"x-amzn-RequestId", std::string(frame.request_id)}};
    if (wire == Protocol::json) {
        response.head.headers.emplace_back(
            "Content-Type", fmt::format("application/x-amz-json-{}", frame.model.json_version()));
        // Operations without a result answer with no body at all.
        if (frame.operation.output != nullptr)
            response.body = render_json(result, *frame.operation.output);
    } else {
        response.head.headers.emplace_back("Content-Type", "text/xml");
        response.body = render_query(frame, result);
    }
    return response;
}

http::Response render_query_json(const AnswerFrame& frame, const Value& result) {
    const Operation& operation = frame.operation;
    Value response;
    if (operation.output != nullptr)
        response[std::string(operation.result_element)] = query_json(result, *operation.output);
    response["ResponseMetadata"]["RequestId"] = Value(frame.request_id);
    Value document;
    document[fmt::format("{}Response", operation.name)] = std::move(response);
    return json_response(operation.status, document, frame.request_id);
}

http::Response render_query_json_error(const ErrorName& error, std::string_view request_id) {
    Value document;
    document["Error"]["Type"] = Value(type_of(error));
    document["Error"]["Code"] = Value(error.code);
    document["Error"]["Message"] = Value(error.message);
    document["RequestId"] = Value(request_id);
    return json_response(error.status, document, request_id);
}

http::Response render_error(const ErrorName& error, Protocol wire, const ErrorFrame& frame) {
    http::Response response;
    response.head.status = error.status;
    auto& headers = response.head.headers;
    headers = {{"x-amzn-RequestId", std::string(frame.request_id)}};
    switch (wire) {
        case Protocol::json:
            headers.emplace_back("Content-Type",
                                 fmt::format("application/x-amz-json-{}", frame.json_version));
            if (frame.is_query_compatible) {
                headers.emplace_back("x-amzn-query-error",
                                     fmt::format("{};{}", error.code, type_of(error)));
            }
            response.body = render_json_error(error, frame);
            break;
        case Protocol::rest_json:
            headers.emplace_back("Content-Type", "application/json");
            headers.emplace_back("x-amzn-errortype", error.shape);
            response.body = render_json_error(error, frame);
            break;
        case Protocol::cbor:
            headers.emplace_back("Content-Type", "application/cbor");
            headers.emplace_back("smithy-protocol", "rpc-v2-cbor");
            response.body = render_cbor_error(error, frame);
            break;
        case Protocol::query:
            headers.emplace_back("Content-Type", "text/xml");
            response.body = render_query_error(error, frame);
            break;
        case Protocol::ec2:
            headers.emplace_back("Content-Type", "text/xml");
            response.body = render_ec2_error(error, frame);
            break;
        case Protocol::rest_xml:
            headers.emplace_back("Content-Type", "application/xml");
            response.body = render_rest_xml_error(error, frame);
            break;
    }
    return response;
}

}  // namespace onput::gateway::aws
