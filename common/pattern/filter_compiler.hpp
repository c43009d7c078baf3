// From a filter policy's text to what FilterPolicy matches with. Pure.
//
// A policy becomes alternatives, of which one must hold: each $or multiplies them. An alternative
// is a set of keys, written as dotted paths, of which all must hold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/pattern/filter_condition.hpp"
#include "common/pattern/filter_policy.hpp"

namespace onput::pattern {

// One bit of a std::uint64_t per key while a body is matched.
inline constexpr std::size_t filter_alternative_keys_max = 64;
// In the text as a whole; 150 combinations leave room for far fewer.
inline constexpr std::size_t filter_leaves_max = 512;

// A key with the values that it accepts.
struct FilterLeaf {
    std::string path;       // "detail.size"
    std::size_t depth = 1;  // Of the key in the policy's JSON.
    std::size_t values = 0;
    bool accepts_present = false;  // {"exists": true}
    bool accepts_absent = false;   // {"exists": false}
    std::vector<FilterCondition> conditions;
};

struct CompiledFilter {
    std::vector<FilterLeaf> leaves;
    std::vector<std::vector<std::size_t>> alternatives;  // Indices of leaves; each path once.
};

// Fails as FilterPolicy::parse does.
Result<CompiledFilter> compile_filter(std::string_view json, FilterScope scope);

}  // namespace onput::pattern
