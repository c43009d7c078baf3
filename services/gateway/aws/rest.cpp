#include "services/gateway/aws/rest.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "common/base/encoding.hpp"
#include "services/gateway/aws/json.hpp"
#include "services/gateway/aws/xml_reader.hpp"

namespace onput::gateway::aws {
namespace {

using Labels = std::map<std::string_view, std::string_view>;  // Still percent-encoded.

bool is_label(std::string_view segment) {
    return segment.starts_with('{') && segment.ends_with('}');
}

// The labels of a path that fits the template; both start with a slash.
std::optional<Labels> match_path(std::string_view pattern, std::string_view path) {
    Labels labels;
    pattern.remove_prefix(1);
    if (path.starts_with('/')) path.remove_prefix(1);
    while (!pattern.empty()) {
        const std::string_view segment = take_until(pattern, '/');
        if (is_label(segment) && segment.ends_with("+}")) {
            if (path.empty()) return std::nullopt;
            labels[segment.substr(1, segment.size() - 3)] = path;
            return labels;
        }
        const std::string_view held = take_until(path, '/');
        if (is_label(segment)) {
            if (held.empty()) return std::nullopt;
            labels[segment.substr(1, segment.size() - 2)] = held;
        } else if (segment != held) {
            return std::nullopt;
        }
    }
    if (!path.empty()) return std::nullopt;
    return labels;
}

bool has_literals(std::string_view literals, const std::vector<http::QueryParameter>& query) {
    while (!literals.empty()) {
        std::string_view value = take_until(literals, '&');
        const std::string_view name = take_until(value, '=');
        const auto* found = http::find_parameter(query, name);
        if (found == nullptr || (!value.empty() && found->value != value)) return false;
    }
    return true;
}

// More letters that must fit are more particular.
std::size_t rank_of(std::string_view uri) {
    std::size_t letters = 0;
    bool is_in_label = false;
    for (const char c : uri) {
        if (c == '{') is_in_label = true;
        if (!is_in_label) ++letters;
        if (c == '}') is_in_label = false;
    }
    return letters;
}

std::string_view trim(std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
}

std::optional<Value> read_header(const http::RequestHead& head, const Member& member) {
    const auto held = head.header(member.wire_name);
    if (!held) return std::nullopt;
    if (member.shape->kind != Kind::list) return Value(*held);
    Value::List list;
    std::string_view rest = *held;
    while (!rest.empty()) list.emplace_back(trim(take_until(rest, ',')));
    return Value(std::move(list));
}

std::optional<Value> read_headers(const http::RequestHead& head, const Member& member) {
    Value::Map map;
    const std::string_view prefix = member.wire_name;
    for (const auto& header : head.headers) {
        if (header.name.size() > prefix.size() &&
            http::equal_ignoring_case(header.name.substr(0, prefix.size()), prefix))
            map.insert_or_assign(std::string(header.name.substr(prefix.size())),
                                 Value(header.value));
    }
    if (map.empty()) return std::nullopt;
    return Value(std::move(map));
}

std::optional<Value> read_query(const std::vector<http::QueryParameter>& query,
                                const Member& member) {
    std::optional<Value> value;
    for (const auto& parameter : query) {
        if (parameter.name != member.wire_name) continue;
        if (member.shape->kind != Kind::list) return Value(parameter.value);
        if (!value) value = Value(Value::List());
        value->push_back(Value(parameter.value));
    }
    return value;
}

Result<Value> read_label(std::string_view text) {
    auto decoded = percent_decode(text);
    if (!decoded || !is_utf8(*decoded)) {
        return fail(ErrorCode::invalid_argument, "the path is not UTF-8 in percent-encoding",
                    "invalid_uri");
    }
    return Value(std::move(*decoded));
}

Result<Value> read_document(const RestRequest& request, const Shape& shape, std::string_view root,
                            Protocol wire) {
    if (request.body.empty()) return Value(Value::Map());
    if (wire == Protocol::rest_xml) return read_xml(request.body, root, shape);
    ONPUT_TRY(auto value, read_json(request.body, shape));
    // What travels elsewhere is not taken from the body.
    for (const auto& member : shape.members) {
        if (member.place != Place::body && value.map() != nullptr)
            value.map()->erase(std::string(member.name));
    }
    return value;
}

const Member* find_payload(const Shape& shape) {
    for (const auto& member : shape.members) {
        if (member.is_payload) return &member;
    }
    return nullptr;
}

bool is_document(const Member& payload) {
    return payload.shape->kind != Kind::blob && payload.shape->kind != Kind::string;
}

Result<Value> read_body(const RestRequest& request, const Operation& operation, Protocol wire) {
    const Shape& shape = *operation.input;
    const auto* payload = find_payload(shape);
    if (payload == nullptr) {
        const bool has_members = std::ranges::any_of(
            shape.members, [](const Member& member) { return member.place == Place::body; });
        if (!has_members) return Value(Value::Map());
        const auto root = operation.root_element.empty() ? shape.name : operation.root_element;
        return read_document(request, shape, root, wire);
    }
    Value value{Value::Map()};
    if (request.body.empty()) return value;
    Value& held = value[std::string(payload->name)];
    if (!is_document(*payload)) {
        held = Value(request.body);
    } else {
        ONPUT_TRY(held, read_document(request, *payload->shape, payload->wire_name, wire));
    }
    return value;
}

// A body would say nothing.
Value read_link(const RestRequest& request, const Shape& shape) {
    Value value{Value::Map()};
    for (const auto& member : shape.members) {
        auto held = read_query(request.query, member);
        if (held) value[std::string(member.name)] = std::move(*held);
    }
    return value;
}

// Members of the body as JSON names them; those that travel elsewhere are left out.
Value body_members(const Value& result, const Shape& shape) {
    Value::Map map;
    const auto* members = result.map();
    if (members == nullptr) return Value(std::move(map));
    for (const auto& [name, held] : *members) {
        const auto* member = shape.find_member(name);
        if (member == nullptr || member->place == Place::body) map.emplace(name, held);
    }
    return Value(std::move(map));
}

void write_heads(const Value& result, const Shape& shape, http::ResponseHead& head) {
    for (const auto& member : shape.members) {
        const auto* held = result.find(member.name);
        if (held == nullptr) continue;
        if (member.place == Place::header)
            head.headers.emplace_back(member.wire_name, held->scalar_text().value_or(""));
        if (member.place == Place::status)
            head.status = static_cast<int>(held->number().value_or(head.status));
        if (member.place != Place::headers || held->map() == nullptr) continue;
        for (const auto& [name, text] : *held->map()) {
            head.headers.emplace_back(fmt::format("{}{}", member.wire_name, name),
                                      text.scalar_text().value_or(""));
        }
    }
}

std::string write_document(const AnswerFrame& frame, Protocol wire, const Value& value,
                           const Shape& shape, std::string_view root) {
    if (wire == Protocol::rest_json) return render_json(value, shape);
    return render_document({.root = root, .xml_namespace = frame.model.xml_namespace()}, value,
                           shape);
}

}  // namespace

RestRouter::RestRouter(const Model& model, std::string_view by_link) {
    for (const auto& operation : model.operations()) {
        operations_.push_back(&operation);
        if (operation.name == by_link) by_link_ = &operation;
    }
    // Of the same rank, in the model's order, in which they lie.
    std::ranges::sort(operations_, [](const Operation* one, const Operation* other) {
        const auto first = rank_of(one->uri);
        const auto second = rank_of(other->uri);
        return first != second ? first > second : std::less()(one, other);
    });
}

const Operation* RestRouter::find(const http::RequestHead& head,
                                  const std::vector<http::QueryParameter>& query) const {
    for (const auto* operation : operations_) {
        if (operation->method != head.method) continue;
        std::string_view literals = operation->uri;
        const std::string_view path = take_until(literals, '?');
        if (has_literals(literals, query) && match_path(path, head.path)) return operation;
    }
    const bool is_link = by_link_ != nullptr && head.method == "GET" && head.path == by_link_->uri;
    return is_link ? by_link_ : nullptr;
}

Result<Value> read_rest_input(const RestRequest& request, const Operation& operation,
                              Protocol wire) {
    if (operation.input == nullptr) return Value(Value::Map());
    const bool is_link = request.head.method == "GET" && operation.method != "GET";
    if (is_link) return read_link(request, *operation.input);
    ONPUT_TRY(auto value, read_body(request, operation, wire));
    std::string_view literals = operation.uri;
    const auto labels = match_path(take_until(literals, '?'), request.head.path);
    for (const auto& member : operation.input->members) {
        std::optional<Value> held;
        if (member.place == Place::header) held = read_header(request.head, member);
        if (member.place == Place::headers) held = read_headers(request.head, member);
        if (member.place == Place::query) held = read_query(request.query, member);
        if (member.place == Place::uri && labels) {
            const auto label = labels->find(member.wire_name);
            if (label == labels->end()) continue;
            ONPUT_TRY(held, read_label(label->second));
        }
        if (held) value[std::string(member.name)] = std::move(*held);
    }
    return value;
}

http::Response render_rest_result(const AnswerFrame& frame, Protocol wire, const Value& result) {
    http::Response response;
    response.head.status = frame.operation.status;
    response.head.headers = {{"x-amzn-RequestId", std::string(frame.request_id)}};
    if (frame.operation.output == nullptr) return response;
    const Shape& shape = *frame.operation.output;
    write_heads(result, shape, response.head);
    const auto* payload = find_payload(shape);
    if (payload != nullptr && !is_document(*payload)) {
        response.body = result.text_of(payload->name);
        return response;
    }
    const bool is_json = wire == Protocol::rest_json;
    response.head.headers.emplace_back("Content-Type",
                                       is_json ? "application/json" : "application/xml");
    if (payload == nullptr) {
        response.body = write_document(frame, wire, body_members(result, shape), shape, shape.name);
    } else if (const auto* held = result.find(payload->name)) {
        response.body = write_document(frame, wire, *held, *payload->shape, payload->wire_name);
    }
    return response;
}

}  // namespace onput::gateway::aws
