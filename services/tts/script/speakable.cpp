#include "services/tts/script/speakable.hpp"

#include "common/base/utf8.hpp"

namespace onput::tts {

bool is_speakable(char32_t code) {
    if (code < 0x80) {
        return (code >= '0' && code <= '9') || (code >= 'a' && code <= 'z') ||
               (code >= 'A' && code <= 'Z');
    }
    if (code < 0xc0) return code == 0xaa || code == 0xb5 || code == 0xba;
    if (code == 0xd7 || code == 0xf7) return false;
    const bool is_mark = (code >= 0x2000 && code <= 0x206f) || (code >= 0x2500 && code <= 0x259f) ||
                         (code >= 0x3000 && code <= 0x3004) || (code >= 0x3008 && code <= 0x3020) ||
                         (code >= 0xfe00 && code <= 0xfe6f) || (code >= 0xff00 && code <= 0xff0f) ||
                         (code >= 0xff1a && code <= 0xff20) || code >= 0xe0000;
    return !is_mark && code != replacement_character;
}

bool has_speakable(std::string_view utf8) {
    bool found = false;
    for_each_code_point(utf8, [&found](char32_t code) { found = found || is_speakable(code); });
    return found;
}

}  // namespace onput::tts
