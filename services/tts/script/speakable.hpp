// Whether a voice has something to say for it: letters, digits, ideographs; not spaces, not
// punctuation. Pure.
#pragma once

#include <string_view>

namespace onput::tts {

bool is_speakable(char32_t code_point);
bool has_speakable(std::string_view utf8);

}  // namespace onput::tts
