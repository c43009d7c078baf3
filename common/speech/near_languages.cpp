#include "common/speech/near_languages.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "common/base/text.hpp"

namespace onput::speech {
namespace {

// "en" of "en-US" and "en_US".
std::string_view main_language(std::string_view code) {
    return code.substr(0, code.find_first_of("-_"));
}

std::size_t distance(const std::string& wanted, const LanguageName& language) {
    const std::string code = lower_case(language.code);
    const std::string name = lower_case(language.name);
    if (main_language(wanted) == main_language(code)) return 0;
    // "german", "brazilian": a name's beginning; "portuguese": one of its words.
    if (wanted.size() > 2 && name.contains(wanted)) return 0;
    return std::min({edit_distance(wanted, code), edit_distance(wanted, main_language(code)),
                     edit_distance(wanted, name)});
}

}  // namespace

std::vector<std::string> near_languages(std::string_view wanted,
                                        std::span<const LanguageName> languages) {
    const std::string compared = lower_case(wanted.substr(0, wanted_language_bytes_max));
    std::vector<std::pair<std::size_t, const LanguageName*>> ranked;
    for (const LanguageName& each : languages) ranked.emplace_back(distance(compared, each), &each);
    // Places in one span, so equally near languages keep its order.
    std::ranges::sort(ranked);
    const std::size_t most = std::max<std::size_t>(compared.size() / 3, 1);
    std::vector<std::string> near;
    std::set<std::string> codes;
    for (const auto& [changes, language] : ranked) {
        if (near.size() == near_languages_max || (changes > most && !near.empty())) break;
        if (!codes.insert(lower_case(language->code)).second) continue;
        near.push_back(fmt::format("{} ({})", language->code, language->name));
    }
    return near;
}

}  // namespace onput::speech
