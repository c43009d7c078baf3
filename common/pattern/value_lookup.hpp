// How EventMatcher finds the patterns that a value may match: what a condition is found under, and
// what a value looks up. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/text.hpp"
#include "common/pattern/decimal.hpp"
#include "common/pattern/filter_condition.hpp"
#include "common/pattern/path_names.hpp"
#include "common/pattern/value_hash.hpp"

namespace onput::pattern {

enum class LookupKind : std::uint8_t {
    exact = 1,
    ignoring_case,
    decimal,
    prefix,
    suffix,
    presence,  // Any value of the path.
};

struct Lookup {
    LookupKind kind = LookupKind::presence;
    std::uint32_t bytes = 0;  // Of a prefix or suffix.
    std::uint64_t hash = 0;   // Never 0 of one that was made.
};

// What is looked up of a path's values.
struct PathUse {
    bool has_exact = false;
    bool has_ignoring_case = false;
    bool has_decimals = false;
    bool has_presence = false;
    std::vector<std::uint32_t> prefix_bytes;  // Rising.
    std::vector<std::uint32_t> suffix_bytes;

    void add(const Lookup& lookup);
};

Lookup presence_of(PathNames::Path path);
// Nothing when no lookup of the value finds all that the condition accepts.
std::optional<Lookup> lookup_of(PathNames::Path path, const FilterCondition& condition);

namespace lookup {

constexpr std::uint64_t seed(PathNames::Path path, LookupKind kind) {
    return mix_hash((std::uint64_t{path} << 8) + static_cast<std::uint64_t>(kind));
}
constexpr std::uint64_t finish(std::uint64_t hash, std::size_t bytes) {
    const std::uint64_t mixed = mix_hash(hash + bytes);
    return mixed == 0 ? 1 : mixed;
}
inline std::uint64_t exact(PathNames::Path path, JsonKind kind, std::string_view text) {
    return finish(hash_bytes(seed(path, LookupKind::exact), text), static_cast<std::size_t>(kind));
}
inline std::uint64_t ignoring_case(PathNames::Path path, std::string_view lower) {
    return finish(hash_bytes(seed(path, LookupKind::ignoring_case), lower), 0);
}
constexpr std::uint64_t decimal(PathNames::Path path, std::int64_t number) {
    return finish(seed(path, LookupKind::decimal) ^ mix_hash(static_cast<std::uint64_t>(number)),
                  0);
}
constexpr std::uint64_t presence(PathNames::Path path) {
    return finish(seed(path, LookupKind::presence), 0);
}

}  // namespace lookup

// Calls `look_up(hash)` for each hash that a value may be found under, but for its presence. `room`
// is for what has to be copied.
template <typename LookUp>
void look_up_value(PathNames::Path path, const PathUse& use, const FilterValue& value,
                   std::string& room, LookUp&& look_up) {
    if (use.has_exact) look_up(lookup::exact(path, value.kind, value.text));
    if (value.kind == JsonKind::number && use.has_decimals) {
        if (const auto number = parse_decimal(value.text)) look_up(lookup::decimal(path, *number));
    }
    if (value.kind != JsonKind::text) return;
    const std::string_view text = value.text;
    if (use.has_ignoring_case) {
        room.assign(text);
        for (char& c : room) c = lower_case(c);
        look_up(lookup::ignoring_case(path, room));
    }
    std::uint64_t hash = lookup::seed(path, LookupKind::prefix);
    std::size_t hashed = 0;
    for (const std::uint32_t bytes : use.prefix_bytes) {
        if (bytes > text.size()) break;
        for (; hashed < bytes; ++hashed) hash = hash_byte(hash, text[hashed]);
        look_up(lookup::finish(hash, bytes));
    }
    hash = lookup::seed(path, LookupKind::suffix);
    hashed = 0;
    for (const std::uint32_t bytes : use.suffix_bytes) {
        if (bytes > text.size()) break;
        for (; hashed < bytes; ++hashed) hash = hash_byte(hash, text[text.size() - 1 - hashed]);
        look_up(lookup::finish(hash, bytes));
    }
}

}  // namespace onput::pattern
