#include "services/tts/segment.hpp"

#include <algorithm>
#include <array>

#include "common/base/check.hpp"

namespace onput::tts {
namespace {

constexpr std::string_view white_space = " \n";

bool is_white(char c) {
    return c == ' ' || c == '\n';
}
bool is_continuation(char c) {
    return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

// The place of an empty line in `text`: of the '\n' that ends the line before it.
std::size_t find_paragraph_end(std::string_view text) {
    for (std::size_t at = text.find('\n'); at != text.npos; at = text.find('\n', at + 1)) {
        const std::size_t next = text.find_first_not_of(' ', at + 1);
        if (next != text.npos && text[next] == '\n') return at;
    }
    return text.npos;
}

// Marks that end a sentence before white space only, and those of scripts that write no spaces.
constexpr std::array<std::string_view, 6> spaced_marks{".", "!", "?", "\u2026", "\u0964", "\u061f"};
constexpr std::array<std::string_view, 5> plain_marks{"\u3002", "\uff01", "\uff1f", "\uff0e",
                                                      "\u104b"};
constexpr std::array<std::string_view, 6> closing_marks{"\"",     "'",      ")",
                                                        "\u201d", "\u2019", "\u00bb"};

bool ends_with_any(std::string_view text, const auto& marks) {
    return std::ranges::any_of(marks,
                               [text](std::string_view mark) { return text.ends_with(mark); });
}

// Where to cut `text`, longer than a segment may be: at most segment_bytes_max, more than 0.
std::size_t find_cut(std::string_view text) {
    ONPUT_CHECK(text.size() > segment_bytes_max);
    std::size_t last_white = 0;
    for (std::size_t at = segment_bytes_max; at > 0; --at) {
        if (is_continuation(text[at])) continue;
        const bool white = is_white(text[at]);
        if (white && last_white == 0) last_white = at;
        if (ends_sentence(text.substr(0, at), white)) return at;
    }
    if (last_white != 0) return last_white;
    std::size_t at = segment_bytes_max;
    while (at > 1 && is_continuation(text[at])) --at;
    return at;
}

}  // namespace

bool ends_sentence(std::string_view before, bool white_follows) {
    if (ends_with_any(before, plain_marks)) return true;
    if (!white_follows) return false;
    // "He said: 'Go.'" ends with its quotation mark.
    for (const std::string_view mark : closing_marks) {
        if (before.ends_with(mark)) {
            before.remove_suffix(mark.size());
            break;
        }
    }
    return ends_with_any(before, spaced_marks);
}

void Segmenter::feed(std::string_view utf8) {
    ONPUT_CHECK(!is_finished_);
    buffer_.erase(0, start_);
    erased_ += start_;
    start_ = 0;
    buffer_ += utf8;
}

std::optional<std::string> Segmenter::next() {
    const std::size_t first = buffer_.find_first_not_of(white_space, start_);
    start_ = first == buffer_.npos ? buffer_.size() : first;
    const std::string_view text = std::string_view(buffer_).substr(start_);
    if (text.empty()) return {};
    // One byte more than a segment, so that a paragraph of exactly the limit is found whole.
    const std::size_t end = find_paragraph_end(text.substr(0, segment_bytes_max + 2));
    if (end <= segment_bytes_max) return cut(end);  // npos is more.
    if (text.size() > segment_bytes_max) return cut(find_cut(text));
    if (!is_finished_) return {};
    return cut(text.size());
}

std::string Segmenter::cut(std::size_t bytes) {
    ONPUT_CHECK(bytes > 0 && bytes <= segment_bytes_max);
    std::string segment = buffer_.substr(start_, bytes);
    start_ += bytes;
    taken_ = erased_ + start_;
    segment.erase(segment.find_last_not_of(white_space) + 1);
    ONPUT_CHECK(!segment.empty());
    return segment;
}

}  // namespace onput::tts
