// Patterns of policies. Pure.
#pragma once

#include <string_view>

namespace onput::auth {

// Characters of a pattern that stand for a '*' and a '?' which are no wildcards: those that came
// out of a policy variable.
inline constexpr char literal_star = '\x01';
inline constexpr char literal_question_mark = '\x02';

// Whether `text` fits `pattern`, in which '*' stands for any characters and '?' for one. Patterns
// and texts are strangers': without '?' the time grows with the sum of their lengths, with it with
// a sixty-fourth of their product.
bool matches_wildcard(std::string_view pattern, std::string_view text);
// Likewise, but each of an ARN's six parts for itself, so that '*' does not reach across a colon.
bool matches_arn(std::string_view pattern, std::string_view arn);

}  // namespace onput::auth
