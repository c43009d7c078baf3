#include "services/queue/messages/text.hpp"

#include <algorithm>

#include "common/base/encoding.hpp"

namespace onput::queue {
namespace {

unsigned char byte_of(char c) {
    return static_cast<unsigned char>(c);
}
bool is_continuation(char c) {
    return (byte_of(c) & 0xc0) == 0x80;
}

// How many bytes the control character at the front has; 0: there is none.
std::size_t control_bytes(std::string_view text) {
    const unsigned char first = byte_of(text[0]);
    if (first < 0x20 || first == 0x7f) return 1;
    // U+0080 to U+009F.
    if (first == 0xc2 && text.size() > 1 && byte_of(text[1]) < 0xa0) return 2;
    // The line and the paragraph separator.
    if (text.starts_with("\xe2\x80\xa8") || text.starts_with("\xe2\x80\xa9")) return 3;
    return 0;
}

}  // namespace

std::string cut_bytes(std::string_view text, std::size_t bytes_max) {
    if (text.size() <= bytes_max) return std::string(text);
    std::size_t end = bytes_max;
    // Never further than one character: what is no UTF-8 is cut where it is.
    while (end > 0 && bytes_max - end < 3 && is_continuation(text[end])) --end;
    if (is_continuation(text[end])) end = bytes_max;
    return std::string(text.substr(0, end));
}

std::string one_line(std::string_view text, std::size_t characters_max) {
    std::string ascii;
    if (!is_utf8(text)) {
        ascii = text;
        std::ranges::replace_if(ascii, [](char c) { return byte_of(c) >= 0x80; }, '?');
        text = ascii;
    }
    std::string line;
    for (std::size_t characters = 0; !text.empty() && characters < characters_max; ++characters) {
        if (const std::size_t control = control_bytes(text); control > 0) {
            line.push_back(' ');
            text.remove_prefix(control);
            continue;
        }
        do {
            line.push_back(text[0]);
            text.remove_prefix(1);
        } while (!text.empty() && is_continuation(text[0]));
    }
    return line;
}

}  // namespace onput::queue
