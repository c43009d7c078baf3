// A filter policy's text: the compact form that is compiled, and errors that point into it. Pure.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/pattern/json_reader.hpp"

namespace onput::pattern {

// SNS parses a policy twice: as JSON, and then the compact form of it, whose positions its further
// errors give. That form has no white space, and of each duplicate key the last alone. Fails when
// the text is no JSON object.
Result<std::string> compact_filter(std::string_view json);

// "FilterPolicy: {text}\n at [Source: (String)"{json}"; line: 1, column: {offset + 1}]". Bounded,
// whatever the texts are, and free of control characters.
std::unexpected<Error> refuse_at(std::string_view json, std::size_t offset, std::string_view text);

// The same without a position: `text` is the whole message.
std::unexpected<Error> refuse_whole(std::string text);
std::unexpected<Error> refuse_size(std::string text);

}  // namespace onput::pattern
