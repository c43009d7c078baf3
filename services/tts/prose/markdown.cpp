// Markdown (CommonMark and GitHub's tables): its words without its marks. Code blocks, front
// matter, link targets and definitions, rules and comments are not said; the items of a list are
// paragraphs, and so are the rows of a table.
#include <algorithm>
#include <array>
#include <utility>

#include "common/base/text.hpp"
#include "services/tts/prose/prose.hpp"

namespace onput::tts {
namespace {

// Of front matter; what is longer is text.
constexpr std::size_t front_matter_lines_max = 200;
constexpr std::size_t front_matter_bytes_max = 16UL * 1024;

constexpr std::size_t link_bytes_max = 4096;  // Of "[text](target)"; a longer one is no link.

bool is_only(std::string_view line, std::string_view characters) {
    return !line.empty() && line.find_first_not_of(characters) == line.npos;
}

// "---", "* * *", "___".
bool is_rule(std::string_view line) {
    for (const std::string_view mark : {"-", "*", "_"}) {
        const std::string marks = std::string(mark) + " ";
        if (is_only(line, marks) && std::ranges::count(line, mark[0]) >= 3) return true;
    }
    return false;
}

std::size_t heading_level(std::string_view line) {
    const std::size_t level = std::min(line.find_first_not_of('#'), line.size());
    const bool is_heading =
        level >= 1 && level <= 6 && (level == line.size() || line[level] == ' ');
    return is_heading ? level : 0;
}

// Bytes of "- ", "* ", "+ " at the beginning of an item; a number stays and is said.
std::size_t bullet_bytes(std::string_view line) {
    const bool is_bullet =
        line.size() >= 2 && line[1] == ' ' && (line[0] == '-' || line[0] == '*' || line[0] == '+');
    return is_bullet ? 2 : 0;
}

bool is_numbered(std::string_view line) {
    const std::size_t digits = line.find_first_not_of("0123456789");
    return digits != line.npos && digits >= 1 && digits <= 9 && digits + 1 < line.size() &&
           (line[digits] == '.' || line[digits] == ')') && line[digits + 1] == ' ';
}

bool is_table_rule(std::string_view line) {
    return line.contains('|') && line.contains('-') && is_only(line, "|:- ");
}

bool is_definition(std::string_view line) {
    return line.starts_with('[') && line.contains("]:");
}

class MarkdownReader final : public LineReader {
    void take_line(std::string_view raw) override {
        const std::string_view line = trimmed(raw);
        ++lines_;
        if (!take_front_matter(line)) take_text(line);
    }
    void end_lines() override {
        end_front_matter();
        say_held();
    }

    void take_text(std::string_view line) {
        if (take_fence(line) || take_underline(line)) return;
        say_held();
        take_block(line);
    }

    // Held until its last line shows that it is front matter: a rule may be the first line too.
    bool take_front_matter(std::string_view line) {
        if (lines_ == 1 && line == "---") return is_in_front_matter_ = true;
        if (!is_in_front_matter_) return false;
        if (line == "---" || line == "...") {
            is_in_front_matter_ = false;
            front_matter_.clear();
            return true;
        }
        const bool is_text = (front_matter_.empty() && line.empty()) ||
                             front_matter_.size() == front_matter_lines_max ||
                             front_matter_bytes_ + line.size() > front_matter_bytes_max;
        front_matter_.emplace_back(line);
        front_matter_bytes_ += line.size();
        if (is_text) end_front_matter();
        return true;
    }
    // It was text.
    void end_front_matter() {
        is_in_front_matter_ = false;
        for (const std::string& line : std::exchange(front_matter_, {})) take_text(line);
    }

    bool take_fence(std::string_view line) {
        const bool is_mark = line.starts_with("```") || line.starts_with("~~~");
        if (fence_.empty() && is_mark) {
            say_held();
            end_paragraph();
            fence_ = line.substr(0, line.find_first_not_of(line[0]));
            return true;
        }
        if (fence_.empty()) return false;
        if (line.starts_with(fence_) && is_only(line, fence_.substr(0, 1))) fence_.clear();
        return true;
    }

    // A line under a text makes it a heading.
    bool take_underline(std::string_view line) {
        if (held_.empty() || (!is_only(line, "=") && !is_only(line, "-"))) return false;
        say_heading(held_, line[0] == '=' ? 1 : 2);
        held_.clear();
        return true;
    }

    void take_block(std::string_view line) {
        while (line.starts_with('>')) line = trimmed(line.substr(1));
        if (line.empty() || is_rule(line) || is_table_rule(line) || is_definition(line))
            return end_paragraph();
        if (const std::size_t level = heading_level(line)) {
            line = trimmed(line.substr(level));
            const std::size_t end = line.find_last_not_of('#');
            if (end == line.npos) return end_paragraph();
            if (end + 1 == line.size() || line[end] == ' ') line = trimmed(line.substr(0, end + 1));
            return say_heading(line, static_cast<std::uint32_t>(level));
        }
        if (line.starts_with('|')) return say_row(line);
        if (const std::size_t bullet = bullet_bytes(line)) {
            end_paragraph();
            line = trimmed(line.substr(bullet));
            if (line.starts_with("[ ] ") || line.starts_with("[x] ")) line.remove_prefix(4);
        } else if (is_numbered(line)) {
            end_paragraph();
        }
        held_ = line;
    }

    void say_held() {
        if (held_.empty()) return;
        say_inline(held_);
        end_line();
        held_.clear();
    }

    void say_heading(std::string_view text, std::uint32_t level) {
        begin_heading(level);
        say_inline(text);
        end_heading();
    }

    void say_row(std::string_view line) {
        end_paragraph();
        line.remove_prefix(1);
        while (!line.empty()) {
            const std::size_t end = line.find('|');
            const std::string_view cell = trimmed(line.substr(0, end));
            say_inline(cell);
            if (end == line.npos || end + 1 >= line.size()) break;
            if (!cell.empty()) say(", ");
            line.remove_prefix(end + 1);
        }
        end_paragraph();
    }

    // --- Within a line

    void say_inline(std::string_view text) {
        while (!text.empty()) {
            const std::size_t mark = text.find_first_of("\\`*_~[!<&");
            say(text.substr(0, mark));
            if (mark == text.npos) return;
            const bool after_word = mark > 0 && is_word(text[mark - 1]);
            text.remove_prefix(mark);
            text.remove_prefix(say_marked(text, after_word));
        }
    }

    static bool is_word(char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte >= 0x80 || (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
               (byte >= 'A' && byte <= 'Z');
    }

    // What begins with a mark; how many bytes of it are dealt with.
    std::size_t say_marked(std::string_view text, bool after_word) {
        const char next = text.size() > 1 ? text[1] : '\0';
        switch (text[0]) {
            case '\\':
                if (next == '\0') return 1;
                say(text.substr(1, 1));
                return 2;
            case '`': return 1;
            case '~':
            case '*': {
                const std::size_t marks = std::min(text.find_first_not_of(text[0]), text.size());
                const bool is_alone = marks < text.size() && text[marks] == ' ' && !after_word;
                if (is_alone || (text[0] == '~' && marks == 1)) say(text.substr(0, marks));
                return marks;
            }
            case '_':
                if (after_word && is_word(next)) say("_");  // Of a name_of_this_kind.
                return 1;
            case '!': {
                const std::size_t image = next == '[' ? say_link(text.substr(1)) : 0;
                if (image == 0) say("!");
                return 1 + image;
            }
            case '[': {
                const std::size_t link = say_link(text);
                if (link == 0) say("[");
                return std::max<std::size_t>(link, 1);
            }
            case '<': return say_tag(text);
            default: return say_entity(text);
        }
    }

    // "[text](target)", "[text][name]", "[text]" of footnotes: its text. 0: it is none.
    std::size_t say_link(std::string_view text) {
        const std::string_view head = text.substr(0, link_bytes_max);
        const std::size_t close = find_close(head, '[', ']');
        if (close == head.npos || depth_ > 3) return 0;
        const std::string_view rest = head.substr(close + 1);
        std::size_t target = 0;
        if (rest.starts_with('(') || rest.starts_with('[')) {
            const char open = rest[0];
            const std::size_t end = find_close(rest, open, open == '(' ? ')' : ']');
            if (end != rest.npos) target = end + 1;
        }
        const std::string_view shown = head.substr(1, close - 1);
        if (shown.starts_with('^')) return close + 1;
        if (target == 0) return 0;
        ++depth_;
        say_inline(shown);
        --depth_;
        return close + 1 + target;
    }

    static std::size_t find_close(std::string_view text, char open, char close) {
        int depth = 0;
        for (std::size_t at = 0; at < text.size(); ++at) {
            if (text[at] == '\\') {
                ++at;
            } else if (text[at] == open) {
                ++depth;
            } else if (text[at] == close && --depth == 0) {
                return at;
            }
        }
        return text.npos;
    }

    // "<b>", "<!-- -->", "<https://...>" are not said.
    std::size_t say_tag(std::string_view text) {
        const char next = text.size() > 1 ? text[1] : '\0';
        const bool is_tag = is_word(next) || next == '/' || next == '!';
        const std::size_t end = text.find('>');
        if (is_tag && end != text.npos) return end + 1;
        say("<");
        return 1;
    }

    std::size_t say_entity(std::string_view text) {
        struct Entity {
            std::string_view name;
            std::string_view text;
        };
        static constexpr std::array<Entity, 7> entities{{{"&amp;", "&"},
                                                         {"&lt;", "<"},
                                                         {"&gt;", ">"},
                                                         {"&quot;", "\""},
                                                         {"&#39;", "'"},
                                                         {"&apos;", "'"},
                                                         {"&nbsp;", " "}}};
        for (const Entity& entity : entities) {
            if (!text.starts_with(entity.name)) continue;
            say(entity.text);
            return entity.name.size();
        }
        say("&");
        return 1;
    }

    std::string held_;   // A line of text, until the next shows whether it is a heading.
    std::string fence_;  // Of the code block that is open.
    std::uint64_t lines_ = 0;
    int depth_ = 0;
    bool is_in_front_matter_ = false;
    std::vector<std::string> front_matter_;
    std::size_t front_matter_bytes_ = 0;
};

}  // namespace

std::unique_ptr<ProseReader> make_markdown_reader() {
    return std::make_unique<MarkdownReader>();
}

}  // namespace onput::tts
