// What of a text was not spoken, as people and an object's metadata are told of it. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace onput::tts {

inline constexpr std::size_t phrases_named_max = 5;  // Of all, the first.
inline constexpr std::size_t named_phrase_bytes_max = 60;

struct LeftOut {
    std::uint64_t count = 0;
    std::vector<std::string> named = {};  // "..." ends what is longer.

    void add(std::string_view phrase);
    // Of another part of the same text.
    void add(const LeftOut& more);

    friend bool operator==(const LeftOut&, const LeftOut&) = default;
};

// As the end of a sentence: ", 1 phrase left out, ...: \"...\""; empty for none.
std::string describe_left_out(const LeftOut& phrases);
// Percent-encoded, with commas between.
std::string left_out_metadata(const LeftOut& phrases);

}  // namespace onput::tts
