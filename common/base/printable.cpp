#include "common/base/printable.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include <fmt/format.h>

#include "common/base/encoding.hpp"

namespace onput {
namespace {

struct Range {
    char32_t first;
    char32_t last;
};
constexpr std::array hidden{
    Range{0x0000, 0x001f},    // C0
    Range{0x007f, 0x009f},    // DEL, C1
    Range{0x061c, 0x061c},    // Arabic letter mark
    Range{0x200b, 0x200f},    // without width; left-to-right, right-to-left marks
    Range{0x2028, 0x202e},    // separators; embeddings and overrides
    Range{0x2060, 0x206f},    // joiners, isolates
    Range{0xfeff, 0xfeff},    // byte order mark
    Range{0xfff9, 0xfffb},    // interlinear annotation
    Range{0xe0000, 0xe007f},  // tags
};

void append(std::string& out, char32_t point, std::string_view bytes) {
    if (!is_hidden(point)) {
        out += bytes;
    } else if (point == '\n') {
        out += "\\n";
    } else if (point == '\t') {
        out += "\\t";
    } else if (point < 0x80) {
        fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned>(point));
    } else {
        fmt::format_to(std::back_inserter(out), "\\u{{{:x}}}", static_cast<unsigned>(point));
    }
}

}  // namespace

bool is_hidden(char32_t code_point) {
    return std::ranges::any_of(hidden, [code_point](const Range& range) {
        return code_point >= range.first && code_point <= range.last;
    });
}

std::string printable(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        std::string_view rest = text;
        if (const auto point = next_code_point(rest)) {
            append(out, *point, text.substr(0, text.size() - rest.size()));
            text = rest;
        } else {
            fmt::format_to(std::back_inserter(out), "\\x{:02x}",
                           static_cast<unsigned char>(text.front()));
            text.remove_prefix(1);
        }
    }
    return out;
}

std::string printable_lines(std::string_view text) {
    std::string out;
    while (true) {
        const std::size_t end = text.find('\n');
        out += printable(text.substr(0, end));
        if (end == std::string_view::npos) return out;
        out += '\n';
        text.remove_prefix(end + 1);
    }
}

}  // namespace onput
