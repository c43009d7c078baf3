#include "common/auth/wildcard.hpp"

#include <cstddef>

namespace onput::auth {
namespace {

constexpr std::size_t arn_parts = 6;

bool fits(char wanted, char c) {
    if (wanted == '?' || wanted == c) return true;
    return (wanted == literal_star && c == '*') || (wanted == literal_question_mark && c == '?');
}

}  // namespace

bool matches_wildcard(std::string_view pattern, std::string_view text) {
    // On a mismatch the last '*' takes one character more; earlier ones never need to.
    std::size_t p = 0;
    std::size_t t = 0;
    std::size_t star = std::string_view::npos;
    std::size_t star_text = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            star_text = t;
        } else if (p < pattern.size() && fits(pattern[p], text[t])) {
            ++p;
            ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++star_text;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

bool matches_arn(std::string_view pattern, std::string_view arn) {
    for (std::size_t part = 0; part < arn_parts; ++part) {
        // The last part, the resource, holds colons of its own.
        const bool is_last = part + 1 == arn_parts;
        const std::size_t pattern_end = is_last ? std::string_view::npos : pattern.find(':');
        const std::size_t arn_end = is_last ? std::string_view::npos : arn.find(':');
        if (!is_last &&
            (pattern_end == std::string_view::npos || arn_end == std::string_view::npos)) {
            // Not an ARN of six parts: only a pattern for everything can mean it.
            return part == 0 && pattern == "*";
        }
        if (!matches_wildcard(pattern.substr(0, pattern_end), arn.substr(0, arn_end))) return false;
        if (is_last) break;
        pattern.remove_prefix(pattern_end + 1);
        arn.remove_prefix(arn_end + 1);
    }
    return true;
}

}  // namespace onput::auth
