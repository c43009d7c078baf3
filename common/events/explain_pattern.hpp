// Why an event pattern matches an event, or does not: for people. Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace onput::events {

struct PatternExplanation {
    bool matches = false;
    // "detail.object.key is \"a.txt\", not [{\"suffix\":\".jpg\"}]"; "it matches".
    std::string why;
};

// By the one engine: each key of the pattern is tried alone. `event` is a document as
// document_of makes it. Fails as EventPattern::parse does.
Result<PatternExplanation> explain_pattern(std::string_view pattern, std::string_view event);

}  // namespace onput::events
