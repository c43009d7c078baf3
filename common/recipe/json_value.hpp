// JSON as a tree of our own, so that every file of this folder can read a configuration and only
// json_value.cpp knows the parser. Fields keep their order and their repetitions. Internal to the
// folder; pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/result.hpp"

namespace onput::recipe {

inline constexpr std::size_t json_depth_max = 8;
inline constexpr std::size_t quoted_bytes_max = 48;  // Of a value, in a message.

struct JsonNumber {
    double value = 0;
    bool is_whole = false;  // Written without fraction and exponent.
    std::string text;       // As written.
};

struct JsonValue;
struct JsonField;
using JsonArray = std::vector<JsonValue>;
using JsonObject = std::vector<JsonField>;

struct JsonValue {
    std::variant<std::monostate, bool, JsonNumber, std::string, JsonArray, JsonObject> content;

    template <typename T>
    [[nodiscard]] const T* get() const {
        return std::get_if<T>(&content);
    }
};

struct JsonField {
    std::string name;
    JsonValue value;
};

// invalid_argument `bad_recipe` for what is not JSON, not UTF-8 or nested deeper than
// json_depth_max.
Result<JsonValue> parse_json(std::string_view text);

// A text of the configuration for a message: cut to quoted_bytes_max, control characters as '?'.
std::string shown(std::string_view text);

}  // namespace onput::recipe
