#include "services/tts/prose/prose.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "common/base/text.hpp"
#include "common/base/utf8.hpp"

namespace onput::tts {
namespace {

struct Type {
    std::string_view name;
    std::string_view type;
};
constexpr std::array<Type, 7> content_types{{{"application/epub+zip", epub_type},
                                             {"text/markdown", "markdown"},
                                             {"text/x-markdown", "markdown"},
                                             {"text/html", "html"},
                                             {"application/xhtml+xml", "html"},
                                             {"application/x-subrip", "subtitles"},
                                             {"text/vtt", "subtitles"}}};
constexpr std::array<Type, 8> extensions{{{".epub", epub_type},
                                          {".md", "markdown"},
                                          {".markdown", "markdown"},
                                          {".html", "html"},
                                          {".htm", "html"},
                                          {".xhtml", "html"},
                                          {".srt", "subtitles"},
                                          {".vtt", "subtitles"}}};

bool is_white(char c) {
    return c == ' ' || c == '\n' || c == '\t';
}

// At most so many bytes, cut between two characters.
void append_cut(std::string& title, std::string_view text) {
    title += utf8_prefix(text, heading_bytes_max - std::min(title.size(), heading_bytes_max));
}

// The value behind `name` and '=', with quotes or without; empty: there is none.
std::string_view value_behind(std::string_view text, std::string_view name) {
    const std::size_t at = text.find(name);
    if (at == text.npos) return {};
    text.remove_prefix(at + name.size());
    const auto skip = [&text](std::string_view characters) {
        text.remove_prefix(std::min(text.find_first_not_of(characters), text.size()));
    };
    skip(" \t\r\n");
    if (!text.starts_with('=')) return {};
    skip("= \t\r\n\"'");
    return text.substr(0, text.find_first_of(" \t\r\n\"'/>;?"));
}

}  // namespace

std::string charset_in_document(std::string_view beginning) {
    const std::string lower = lower_case(beginning.substr(0, declaration_bytes_max));
    const std::string_view text = lower;
    if (text.starts_with("<?xml")) {
        const auto named = value_behind(text.substr(0, text.find("?>")), "encoding");
        if (!named.empty()) return std::string(named);
    }
    for (std::size_t at = text.find("<meta"); at != text.npos; at = text.find("<meta", at + 1)) {
        const auto named = value_behind(text.substr(at, text.find('>', at) - at), "charset");
        if (!named.empty()) return std::string(named);
    }
    return {};
}

std::string document_type(std::string_view key, std::string_view content_type) {
    const std::string declared =
        lower_case(trimmed(content_type.substr(0, content_type.find(';'))));
    for (const Type& known : content_types) {
        if (declared == known.name) return std::string(known.type);
    }
    const std::string name = lower_case(key);
    for (const Type& known : extensions) {
        if (name.ends_with(known.name)) return std::string(known.type);
    }
    return {};
}

Result<std::unique_ptr<ProseReader>> ProseReader::open(std::string_view type) {
    if (type == "markdown") return make_markdown_reader();
    if (type == "html") return make_html_reader();
    if (type == "subtitles") return make_subtitle_reader();
    return fail(ErrorCode::invalid_argument,
                "no worker of this version reads documents of type '" + std::string(type) + "'",
                "unknown_document");
}

void ProseReader::read(std::string_view text, std::string& out) {
    take(text);
    handed_out_ += prose_.size();
    out += std::exchange(prose_, {});
}

void ProseReader::finish(std::string& out) {
    end();
    handed_out_ += prose_.size();
    out += std::exchange(prose_, {});
}

void ProseReader::widen(Gap gap) {
    gap_ = std::max(gap_, gap);
}
void ProseReader::end_line() {
    widen(Gap::line);
}
void ProseReader::end_paragraph() {
    widen(Gap::paragraph);
}

void ProseReader::say(std::string_view text) {
    while (!text.empty()) {
        const std::size_t white =
            static_cast<std::size_t>(std::ranges::find_if(text, is_white) - text.begin());
        if (white == 0) {
            widen(Gap::space);
            text.remove_prefix(1);
            continue;
        }
        constexpr std::array<std::string_view, 4> gaps{"", " ", "\n", "\n\n"};
        const std::string_view gap = is_begun_ ? gaps[static_cast<std::size_t>(gap_)] : "";
        prose_ += gap;
        if (is_heading_ && !has_heading_begun_ && headings_.size() < headings_max) {
            headings_.push_back({.offset = handed_out_ + prose_.size(), .level = level_});
        } else if (is_heading_ && has_heading_begun_ && !headings_.empty()) {
            append_cut(headings_.back().title, gap.empty() ? "" : " ");
        }
        if (is_heading_ && !headings_.empty() &&
            (has_heading_begun_ || headings_.size() < headings_max))
            append_cut(headings_.back().title, text.substr(0, white));
        has_heading_begun_ = is_heading_;
        prose_ += text.substr(0, white);
        gap_ = Gap::none;
        is_begun_ = true;
        text.remove_prefix(white);
    }
}

void ProseReader::begin_heading(std::uint32_t level) {
    end_paragraph();
    is_heading_ = true;
    has_heading_begun_ = false;
    level_ = level;
}

void ProseReader::end_heading() {
    end_paragraph();
    is_heading_ = false;
    has_heading_begun_ = false;
}

void LineReader::take(std::string_view text) {
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        const std::size_t room = prose_line_bytes_max - line_.size();
        const std::size_t bytes = std::min({end, text.size(), room});
        line_ += text.substr(0, bytes);
        text.remove_prefix(bytes);
        const bool is_whole = !text.empty() && text.front() == '\n';
        if (!is_whole && line_.size() < prose_line_bytes_max) return;
        if (is_whole) text.remove_prefix(1);
        take_line(std::exchange(line_, {}));
    }
}

void LineReader::end() {
    if (!line_.empty()) take_line(std::exchange(line_, {}));
    end_lines();
}

}  // namespace onput::tts
