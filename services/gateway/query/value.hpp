// Value: parameters and results of the operations of SQS and SNS, whichever protocol they travel
// in. A request is read into such a tree (the one that JSON has), and its answer is written from
// one, so that each operation exists once.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace onput::gateway::query {

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

// Nesting of a request, in both protocols.
inline constexpr std::size_t value_depth_max = 16;

// The members of a map parameter as texts; numbers are shown as texts. Empty when there is none.
std::map<std::string, std::string> texts_of(const Value& parameters, std::string_view name);
// The texts of a list parameter.
std::vector<std::string> names_of(const Value& parameters, std::string_view name);

}  // namespace onput::gateway::query
