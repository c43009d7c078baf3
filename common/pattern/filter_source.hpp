// The text of a filter policy or an event pattern: the compact form that is compiled of a policy,
// and errors that point into the text. Pure.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/pattern/json_reader.hpp"

namespace onput::pattern {

// How the owner of a language begins its errors, and the reason that they carry.
struct FilterWords {
    std::string_view before;
    std::string_view reason;
};
inline constexpr FilterWords policy_words{.before = "FilterPolicy: ", .reason = "InvalidParameter"};
inline constexpr FilterWords event_pattern_words{.before = "Event pattern is not valid. Reason: ",
                                                 .reason = "InvalidEventPatternException"};

// SNS parses a policy twice: as JSON, and then the compact form of it, whose positions its further
// errors give. That form has no white space, and of each duplicate key the last alone. Fails when
// the text is no JSON object.
Result<std::string> compact_filter(std::string_view json);

// "{before}{text}\n at [Source: (String)"{json}"; line: 1, column: {offset + 1}]". Bounded,
// whatever the texts are, and free of control characters.
std::unexpected<Error> refuse_at(const FilterWords& words, std::string_view json,
                                 std::size_t offset, std::string_view text);

// The same without a position: "{before}{text}".
std::unexpected<Error> refuse_whole(const FilterWords& words, std::string_view text);

}  // namespace onput::pattern
