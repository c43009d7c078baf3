// Value: parameters and results of SQS operations, whichever protocol they travel in. Both
// protocols are read into the same tree (the one that JSON has) and both answers are written from
// it, so that each operation exists once.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/result.hpp"

namespace onput::gateway::sqs {

class Value {
public:
    using List = std::vector<Value>;
    using Map = std::map<std::string, Value, std::less<>>;

    Value() = default;
    Value(std::string text) : held_(std::move(text)) {}  // NOLINT(google-explicit-constructor)
    Value(std::string_view text)
        : held_(std::string(text)) {}                      // NOLINT(google-explicit-constructor)
    Value(const char* text) : held_(std::string(text)) {}  // NOLINT(google-explicit-constructor)
    Value(std::int64_t number) : held_(number) {}          // NOLINT(google-explicit-constructor)
    Value(List list) : held_(std::move(list)) {}           // NOLINT(google-explicit-constructor)
    Value(Map map) : held_(std::move(map)) {}              // NOLINT(google-explicit-constructor)

    // Not a constructor: pointers would become flags unasked.
    static Value flag(bool value) {  // NOLINT: the value itself, not a mode.
        Value made;
        made.held_ = value;
        return made;
    }

    [[nodiscard]] bool is_null() const { return std::holds_alternative<std::monostate>(held_); }
    [[nodiscard]] const std::string* text() const { return std::get_if<std::string>(&held_); }
    [[nodiscard]] const List* list() const { return std::get_if<List>(&held_); }
    [[nodiscard]] const Map* map() const { return std::get_if<Map>(&held_); }
    [[nodiscard]] const bool* flag() const { return std::get_if<bool>(&held_); }
    // A number, or a text that is one: the query protocol has only texts.
    [[nodiscard]] std::optional<std::int64_t> number() const;

    // A member of a map; null when there is none, or this is no map.
    [[nodiscard]] const Value* find(std::string_view name) const;
    // The text of a member, numbers and flags as texts; "" without one, or when it is a tree.
    [[nodiscard]] std::string text_of(std::string_view name) const;

    // Makes this a map when it is null.
    Value& operator[](std::string name);
    // Makes this a list when it is null.
    void push_back(Value item);

    friend bool operator==(const Value&, const Value&) = default;

private:
    std::variant<std::monostate, bool, std::int64_t, std::string, List, Map> held_;
};

inline constexpr std::size_t value_depth_max = 16;
inline constexpr std::size_t json_items_max = 20'000;  // Elements of all lists and maps together.
inline constexpr std::size_t form_index_max = 1000;    // The N of "Attribute.N.Name".

// A JSON object within these limits. invalid_argument, reason SerializationException, for anything
// else.
Result<Value> read_json(std::string_view text);
std::string write_json(const Value& value);

// The fields of a form ("Action=SendMessage&MessageBody=..."), their flattened lists and maps put
// together as JSON has them; a field that is there twice has its last value. invalid_argument,
// reason MalformedQueryString, for broken percent-encoding, other than UTF-8, and more than
// http::query_parameters_max fields.
Result<Value> read_form(std::string_view form);

// <OperationResponse><OperationResult>...: lists flattened, maps as Name and Value.
struct XmlAnswer {
    std::string_view operation;
    const Value& result;
    std::string_view request_id;
};
std::string write_xml(const XmlAnswer& answer);

}  // namespace onput::gateway::sqs
