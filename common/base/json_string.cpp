#include "common/base/json_string.hpp"

#include <iterator>

#include <fmt/format.h>

#include "common/base/printable.hpp"
#include "common/base/utf8.hpp"

namespace onput {
namespace {

constexpr char32_t basic_plane_max = 0xffff;

// ASCII that stands for itself: most of most texts.
bool is_plain(char c) {
    return c >= ' ' && c < 0x7f && c != '"' && c != '\\';
}

std::size_t plain_bytes(std::string_view text) {
    std::size_t count = 0;
    while (count < text.size() && is_plain(text[count])) ++count;
    return count;
}

// A pair of surrogates beyond the basic plane.
void append_escaped(std::string& out, char32_t point) {
    const auto unit = [&out](char32_t value) {
        fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(value));
    };
    if (point <= basic_plane_max) return unit(point);
    unit(0xd800 + ((point - 0x10000) >> 10U));
    unit(0xdc00 + ((point - 0x10000) & 0x3ffU));
}

void append_point(std::string& out, char32_t point, std::string_view bytes) {
    switch (point) {
        case '"': out += "\\\""; return;
        case '\\': out += "\\\\"; return;
        case '\n': out += "\\n"; return;
        case '\r': out += "\\r"; return;
        case '\t': out += "\\t"; return;
        default: break;
    }
    if (is_hidden(point)) {
        append_escaped(out, point);
    } else {
        out += bytes;
    }
}

}  // namespace

void append_json_string(std::string& out, std::string_view text, InvalidBytes invalid) {
    out += '"';
    while (!text.empty()) {
        if (const std::size_t plain = plain_bytes(text); plain > 0) {
            out += text.substr(0, plain);
            text.remove_prefix(plain);
            continue;
        }
        const Utf8Step step = decode_utf8(text);
        const bool is_good = step.state == Utf8State::good;
        const std::string_view bytes = text.substr(0, is_good ? step.bytes : 1);
        const bool has_escape =
            is_good && (step.code_point <= basic_plane_max || !is_hidden(step.code_point));
        if (invalid == InvalidBytes::shown && !has_escape) {
            out += '\\';
            out += printable(bytes);
        } else if (is_good) {
            append_point(out, step.code_point, bytes);
        } else {
            append_utf8(replacement_character, out);
        }
        text.remove_prefix(bytes.size());
    }
    out += '"';
}

}  // namespace onput
