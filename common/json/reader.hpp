// JSON text into a tree, within limits that hold while it is read: a refused text has cost no more
// than what came before its fault. RFC 8259 to the letter; a byte order mark in front is skipped.
// Pure; the text is hostile. reader.cpp alone knows the parser.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <limits>
#include <string>
#include <string_view>

#include "common/json/value.hpp"

namespace onput::json {

// Objects and arrays within one another. As many as pattern::JsonReader takes, so that a text which
// one of the two accepted is none that the other refuses.
inline constexpr std::size_t depth_max_default = 128;

enum class Repeated : std::uint8_t {
    refused,    // What decides access or work must say one thing.
    last_wins,  // As most readers have it.
};

struct ReadLimits {
    std::size_t depth_max = depth_max_default;
    // Of all objects and arrays together; no limit but the text's own length.
    std::size_t values_max = std::numeric_limits<std::size_t>::max();
    Repeated repeated = Repeated::last_wins;
};

struct ReadError {
    enum class Kind : std::uint8_t {
        syntax,    // No JSON, no UTF-8, or a number beyond what a double can be.
        depth,     // More than `depth_max`.
        values,    // More than `values_max`.
        repeated,  // A name that an object has twice.
    };
    Kind kind = Kind::syntax;
    std::size_t byte = 0;   // Of a mistake in syntax: the bytes read, the bad one included.
    std::size_t limit = 0;  // The limit that is exceeded.
    std::string name;       // The name that is there twice.
    std::string path;       // Of the object that has it: "steps[0].fit"; "" for the whole document.

    friend bool operator==(const ReadError&, const ReadError&) = default;
};

// An integer is exact within int64; one beyond is the real nearest to it.
std::expected<Value, ReadError> read(std::string_view text, const ReadLimits& limits = {});

// "not JSON: mistake at byte 7", "nested deeper than 8 levels", "more than 20 values",
// "'a' is given twice", "steps[0]: 'a' is given twice". Names are shown as `printable` shows them;
// a name is cut to `explained_name_bytes_max`, a path to `explained_path_bytes_max`.
inline constexpr std::size_t explained_name_bytes_max = 48;
inline constexpr std::size_t explained_path_bytes_max = 128;
std::string explain(const ReadError& error);

}  // namespace onput::json
