#include "services/tts/onnx/clauses.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "common/base/utf8.hpp"

namespace onput::tts {
namespace {

constexpr std::u32string_view ends_with_space = U";:,.!?()";
constexpr std::u32string_view ends_anywhere = U"—…;；：，。！？।॥";
constexpr std::u32string_view closing = U"\"'”’)]»";
constexpr std::u32string_view spaces = U" \t\n\r\u00a0";

bool is_in(char32_t code, std::u32string_view set) {
    return set.find(code) != set.npos;
}

// As the net knows it.
char32_t punctuation_of(char32_t code) {
    switch (code) {
        case U'；': return U';';
        case U'：': return U':';
        case U'，': return U',';
        case U'।':
        case U'॥':
        case U'。': return U'.';
        case U'！': return U'!';
        case U'？': return U'?';
        case U'(':
        case U')': return U',';
        default: return code;
    }
}

struct Character {
    char32_t code = 0;
    std::size_t begin = 0;
    std::size_t end = 0;
};

std::vector<Character> characters_of(std::string_view utf8) {
    std::vector<Character> characters;
    for (std::size_t at = 0; at < utf8.size();) {
        const Utf8Step step = decode_utf8(utf8.substr(at));
        const std::size_t bytes = std::max<std::size_t>(step.bytes, 1);
        const bool is_good = step.state == Utf8State::good;
        characters.push_back({.code = is_good ? step.code_point : replacement_character,
                              .begin = at,
                              .end = at + bytes});
        at += bytes;
    }
    return characters;
}

class Splitter {
public:
    explicit Splitter(std::string_view utf8) : text_(utf8), characters_(characters_of(utf8)) {}

    std::vector<Clause> split() {
        for (std::size_t i = 0; i < characters_.size();) {
            if (is_at(i, U"[[")) {
                while (i < characters_.size() && !is_at(i, U"]]")) ++i;
                continue;
            }
            const auto punctuation = ends_clause(i);
            ++i;
            if (punctuation) close(i, *punctuation);
        }
        const std::size_t end = text_.size();
        if (!clauses_.empty() && is_only_marks(begin_, end)) {
            clauses_.back().end = end;
        } else if (begin_ < end) {
            clauses_.push_back({.begin = begin_, .end = end});
        }
        return std::move(clauses_);
    }

private:
    [[nodiscard]] char32_t code_at(std::size_t i) const {
        return i < characters_.size() ? characters_[i].code : 0;
    }
    [[nodiscard]] bool is_at(std::size_t i, std::u32string_view what) const {
        return code_at(i) == what[0] && code_at(i + 1) == what[1];
    }
    [[nodiscard]] bool is_end_of_text(std::size_t i) const {
        return std::all_of(
            characters_.begin() + static_cast<std::ptrdiff_t>(std::min(i, characters_.size())),
            characters_.end(), [](const Character& c) {
                return is_in(c.code, spaces) || is_in(c.code, closing) || is_in(c.code, U".");
            });
    }
    // A space, an end or what closes a quotation.
    [[nodiscard]] bool is_end_of_token(std::size_t i) const {
        const char32_t code = code_at(i);
        return code == 0 || is_in(code, spaces) || is_in(code, closing) ||
               is_in(code, ends_with_space);
    }

    [[nodiscard]] std::optional<char32_t> ends_clause(std::size_t i) const {
        const char32_t code = code_at(i);
        const char32_t before = i == 0 ? U' ' : code_at(i - 1);
        if (is_in(code, ends_anywhere)) return punctuation_of(code);
        if (is_in(code, U"-–") && is_in(before, spaces) && is_in(code_at(i + 1), spaces))
            return U'—';
        if (code == U'-' && before == U'-') return U'—';
        if (!is_in(code, ends_with_space)) return {};
        if (code == U'(') {
            return is_in(before, spaces) ? std::optional(punctuation_of(code)) : std::nullopt;
        }
        if (!is_end_of_token(i + 1)) return {};
        if (code != U'.') return punctuation_of(code);
        if (code_at(i + 1) == U'.') return {};  // The last of several counts.
        if (before == U'.' && i > 1 && code_at(i - 2) == U'.') return U'…';
        return is_end_of_text(i + 1) ? std::optional(U'.') : std::nullopt;
    }

    // Ends a clause before the character `end`. Of several marks that follow each other, the
    // strongest stays: "?!" asks.
    void close(std::size_t end, char32_t punctuation) {
        const std::size_t byte = end < characters_.size() ? characters_[end].begin : text_.size();
        if (!is_only_marks(begin_, byte)) {
            clauses_.push_back({.begin = begin_, .end = byte, .punctuation = punctuation});
        } else if (!clauses_.empty()) {
            clauses_.back().end = byte;
            if (strength(punctuation) > strength(clauses_.back().punctuation))
                clauses_.back().punctuation = punctuation;
        } else {
            return;  // Nothing said yet: the next clause begins here.
        }
        begin_ = byte;
    }

    [[nodiscard]] bool is_only_marks(std::size_t begin, std::size_t end) const {
        return std::ranges::all_of(characters_, [&](const Character& c) {
            if (c.begin < begin || c.begin >= end) return true;
            return is_in(c.code, ends_anywhere) || is_in(c.code, ends_with_space) ||
                   is_in(c.code, closing) || is_in(c.code, spaces) || is_in(c.code, U"-–“‘");
        });
    }

    static int strength(char32_t punctuation) {
        constexpr std::u32string_view order = U",;:—….!?";
        const auto place = order.find(punctuation);
        return place == order.npos ? -1 : static_cast<int>(place);
    }

    std::string_view text_;
    std::vector<Character> characters_;
    std::vector<Clause> clauses_;
    std::size_t begin_ = 0;
};

}  // namespace

std::vector<Clause> split_clauses(std::string_view utf8) {
    return Splitter(utf8).split();
}

}  // namespace onput::tts
