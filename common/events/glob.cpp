#include "common/events/glob.hpp"

namespace onput::events {

bool matches_glob(std::string_view pattern, std::string_view text) {
    std::size_t at = 0;
    std::size_t in_text = 0;
    std::size_t last_star = std::string_view::npos;
    std::size_t retry_from = 0;
    while (in_text < text.size()) {
        if (at < pattern.size() && (pattern[at] == '?' || pattern[at] == text[in_text]) &&
            pattern[at] != '*') {
            ++at;
            ++in_text;
        } else if (at < pattern.size() && pattern[at] == '*') {
            last_star = at++;
            retry_from = in_text;
        } else if (last_star != std::string_view::npos) {
            // The star takes one byte more.
            at = last_star + 1;
            in_text = ++retry_from;
        } else {
            return false;
        }
    }
    while (at < pattern.size() && pattern[at] == '*') ++at;
    return at == pattern.size();
}

}  // namespace onput::events
