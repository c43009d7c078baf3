// Value: the input and the result of an operation, whichever wire form they travel in: the tree
// that JSON has. A request is read into one, and an answer is written from one, by the operation's
// shapes (model.hpp), so that each operation exists once.
//
//     structure, map   Map, by member or key        number      integer or real
//     list             List                         timestamp   text as it is sent, or milliseconds
//     string           text                                     since 1970 as an integer
//     blob             text: base64 inside a document, the bytes themselves as a whole body
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/time.hpp"

namespace onput::gateway::aws {

class Value {
public:
    using List = std::vector<Value>;
    using Map = std::map<std::string, Value, std::less<>>;

    Value() = default;
    // NOLINTBEGIN(google-explicit-constructor): a tree is written as its leaves are.
    Value(std::string text) : held_(std::move(text)) {}
    Value(std::string_view text) : held_(std::string(text)) {}
    Value(const char* text) : held_(std::string(text)) {}
    Value(std::int64_t number) : held_(number) {}
    Value(List list) : held_(std::move(list)) {}
    Value(Map map) : held_(std::move(map)) {}
    // NOLINTEND(google-explicit-constructor)

    // Not constructors: pointers would become flags, and integers reals, unasked.
    static Value flag(bool value) {  // NOLINT: the value itself, not a mode.
        Value made;
        made.held_ = value;
        return made;
    }
    static Value real(double value) {
        Value made;
        made.held_ = value;
        return made;
    }

    [[nodiscard]] bool is_null() const { return std::holds_alternative<std::monostate>(held_); }
    [[nodiscard]] const std::string* text() const { return std::get_if<std::string>(&held_); }
    [[nodiscard]] const List* list() const { return std::get_if<List>(&held_); }
    [[nodiscard]] List* list() { return std::get_if<List>(&held_); }
    [[nodiscard]] const Map* map() const { return std::get_if<Map>(&held_); }
    [[nodiscard]] Map* map() { return std::get_if<Map>(&held_); }
    [[nodiscard]] const bool* flag() const { return std::get_if<bool>(&held_); }
    // A whole number, or a text that is one: forms, headers and queries have only texts.
    [[nodiscard]] std::optional<std::int64_t> number() const;
    // Any number, or a text that is one.
    [[nodiscard]] std::optional<double> real() const;
    // A text as it is, a number or flag as a text; nothing for a tree or null.
    [[nodiscard]] std::optional<std::string> scalar_text() const;

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
    std::variant<std::monostate, bool, std::int64_t, double, std::string, List, Map> held_;
};

// Nesting of a request, in every wire form.
inline constexpr std::size_t value_depth_max = 16;

// The members of a map parameter as texts; numbers are shown as texts. Empty when there is none.
std::map<std::string, std::string> texts_of(const Value& parameters, std::string_view name);
// A timestamp member: seconds since 1970, with a fraction, or ISO 8601. Nothing: it is neither.
std::optional<Timestamp> time_of(const Value& map, std::string_view name);
// The texts of a list parameter.
std::vector<std::string> names_of(const Value& parameters, std::string_view name);

}  // namespace onput::gateway::aws
