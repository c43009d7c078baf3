// "Did you mean": languages that are called nearly as one that nobody speaks. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace onput::speech {

struct LanguageName {
    std::string code;  // "de-DE"
    std::string name;  // "German"

    friend bool operator==(const LanguageName&, const LanguageName&) = default;
};

inline constexpr std::size_t near_languages_max = 5;
// A longer one is cut before it is compared.
inline constexpr std::size_t wanted_language_bytes_max = 64;

// "de-DE (German)" and so on, the nearest first, each code once: `wanted` is compared with codes,
// main languages ("de") and names. At least one where there is any language.
std::vector<std::string> near_languages(std::string_view wanted,
                                        std::span<const LanguageName> languages);

}  // namespace onput::speech
