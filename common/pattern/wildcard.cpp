#include "common/pattern/wildcard.hpp"

#include <fmt/format.h>

namespace onput::pattern {

Result<Wildcard> Wildcard::parse(std::string_view pattern) {
    Wildcard made;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const char c = pattern[i];
        const char next = i + 1 < pattern.size() ? pattern[i + 1] : '\0';
        // EventBridge counts the quote in front of the text.
        if (c == '*' && next == '*') {
            return fail(ErrorCode::invalid_argument,
                        fmt::format("Consecutive wildcard characters at pos {}", i + 1));
        }
        if (c == '*') {
            if (made.parts_.size() > wildcard_stars_max) {
                return fail(ErrorCode::invalid_argument,
                            "Rule is too complex - try using fewer wildcard characters or fewer "
                            "repeating character sequences after a wildcard character");
            }
            made.parts_.emplace_back();
            continue;
        }
        if (c == '\\') {
            if (next != '*' && next != '\\') {
                return fail(ErrorCode::invalid_argument,
                            fmt::format("Invalid escape character at pos {}", i + 1));
            }
            ++i;
        }
        made.parts_.back() += c == '\\' ? next : c;
    }
    return made;
}

// The first place where each part fits leaves the most room for those behind it.
bool Wildcard::matches(std::string_view text) const {
    if (parts_.size() == 1) return text == parts_.front();
    if (text.size() < prefix().size() + suffix().size()) return false;
    if (!text.starts_with(prefix()) || !text.ends_with(suffix())) return false;
    text.remove_prefix(prefix().size());
    text.remove_suffix(suffix().size());
    for (std::size_t i = 1; i + 1 < parts_.size(); ++i) {
        const std::size_t at = text.find(parts_[i]);
        if (at == text.npos) return false;
        text.remove_prefix(at + parts_[i].size());
    }
    return true;
}

}  // namespace onput::pattern
