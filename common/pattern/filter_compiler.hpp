// From the text of a filter policy or an event pattern to what is matched with. Pure.
//
// SNS's filter policies and EventBridge's event patterns are one language with differences:
//
//                      a policy                          an event pattern
//     numbers          doubles                           decimals (decimal.hpp)
//     prefix, suffix   a text                            or {"equals-ignore-case": text}
//     anything-but     values, {"prefix"}                {"prefix", "suffix", "equals-ignore-case",
//                                                        "wildcard": a text or texts}
//     more operators   -                                 wildcard, exact
//     size             5 keys, 150 combinations          event_pattern_bytes_max
//     positions        in the text without white space   in the text as it is
//
// A text becomes alternatives, of which one must hold: each $or multiplies them. An alternative
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
#include "common/pattern/filter_source.hpp"

namespace onput::pattern {

// One bit of a std::uint64_t per key while a body is matched.
inline constexpr std::size_t filter_alternative_keys_max = 64;
// In the text as a whole; 150 combinations leave room for far fewer.
inline constexpr std::size_t filter_leaves_max = 512;
inline constexpr std::size_t event_pattern_bytes_max = 64 * 1024;
inline constexpr std::size_t event_pattern_alternatives_max = 1000;

enum class FilterLanguage : std::uint8_t { policy_of_attributes, policy_of_body, events };
const FilterWords& words_of(FilterLanguage language);

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
// Fails as EventPattern::parse does.
Result<CompiledFilter> compile_event_pattern(std::string_view json);

}  // namespace onput::pattern
