#include "common/auth/wildcard.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory_resource>
#include <optional>
#include <string>
#include <vector>

namespace onput::auth {
namespace {

constexpr std::size_t arn_parts = 6;
// A search for what has no question marks, in the steps of one that has: what it costs at least,
// and how many characters it passes in one of them.
constexpr std::size_t plain_search_cost = 16;
constexpr std::size_t plain_search_speed = 8;
constexpr std::array marks_held{literal_star, literal_question_mark};
constexpr std::string_view marks(marks_held.data(), marks_held.size());

bool fits(char wanted, char c) {
    if (wanted == '?' || wanted == c) return true;
    return (wanted == literal_star && c == '*') || (wanted == literal_question_mark && c == '?');
}

bool fits_whole(std::string_view piece, std::string_view text) {
    return std::ranges::equal(piece, text, fits);
}

// Where a piece without question marks begins, in time that grows with the sum of both lengths.
std::size_t find_plain(std::string_view piece, std::string_view text) {
    const void* found = ::memmem(text.data(), text.size(), piece.data(), piece.size());
    if (found == nullptr) return std::string_view::npos;
    return static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

// Of a piece with question marks: one bit for each of its prefixes that ends where the text has
// been read to, sixty-four of them moved on at once. A piece of sixty-four characters and fewer
// needs no heap.
class BitSearch {
public:
    explicit BitSearch(std::string_view piece)
        : size_(piece.size()),
          words_(words_of(piece)),
          open_(words_, &memory_),
          fitting_(&memory_) {
        std::size_t classes = 1;
        for (const char c : piece) {
            if (c == '?') continue;
            auto& of_char = class_of_[as_index(plain(c))];
            if (of_char == 0) of_char = static_cast<std::uint8_t>(classes++);
        }
        fitting_.resize(classes * words_);
        for (std::size_t i = 0; i < size_; ++i) {
            const std::uint64_t bit = std::uint64_t{1} << (i % 64);
            const bool is_any = piece[i] == '?';
            const std::size_t first = is_any ? 0 : class_of_[as_index(plain(piece[i]))];
            const std::size_t last = is_any ? classes - 1 : first;
            for (std::size_t of = first; of <= last; ++of) fitting_[of * words_ + i / 64] |= bit;
        }
    }

    static std::size_t words_of(std::string_view piece) { return (piece.size() + 63) / 64; }

    std::size_t find(std::string_view text) {
        const std::size_t end = size_ - 1;
        if (words_ == 1) return find_by_one_word(text, end);
        for (std::size_t at = 0; at < text.size(); ++at) {
            const std::size_t row = class_of_[as_index(text[at])] * words_;
            std::uint64_t carried = 1;
            for (std::size_t word = 0; word < words_; ++word) {
                const std::uint64_t next = open_[word] >> 63;
                open_[word] = ((open_[word] << 1) | carried) & fitting_[row + word];
                carried = next;
            }
            if ((open_[end / 64] >> (end % 64) & 1) != 0) return at - end;
        }
        return std::string_view::npos;
    }

private:
    [[nodiscard]] std::size_t find_by_one_word(std::string_view text, std::size_t end) const {
        const std::uint64_t last = std::uint64_t{1} << end;
        std::uint64_t open = 0;
        for (std::size_t at = 0; at < text.size(); ++at) {
            open = ((open << 1) | 1) & fitting_[class_of_[as_index(text[at])]];
            if ((open & last) != 0) return at - end;
        }
        return std::string_view::npos;
    }

    static std::size_t as_index(char c) { return static_cast<unsigned char>(c); }
    // What a literal mark stands for.
    static char plain(char c) {
        if (c == literal_star) return '*';
        return c == literal_question_mark ? '?' : c;
    }

    std::array<std::byte, 65 * sizeof(std::uint64_t) + 64> own_;
    std::pmr::monotonic_buffer_resource memory_{own_.data(), own_.size()};
    std::size_t size_;
    std::size_t words_;
    std::pmr::vector<std::uint64_t> open_;
    // Characters that the piece has no place of its own for are of the first class.
    std::array<std::uint8_t, 256> class_of_{};
    std::pmr::vector<std::uint64_t> fitting_;  // Of each class a row of words: where it fits.
};

// Where a piece fits first. What it costs is taken off before.
std::size_t find_piece(std::string_view piece, std::string_view text, MatchWork& work) {
    if (piece.contains('?')) {
        const std::size_t steps = piece.size() + text.size() * BitSearch::words_of(piece);
        return work.spend(steps) ? BitSearch(piece).find(text) : std::string_view::npos;
    }
    if (!work.spend(plain_search_cost + (piece.size() + text.size()) / plain_search_speed))
        return std::string_view::npos;
    if (piece.find_first_of(marks) == std::string_view::npos) return find_plain(piece, text);
    std::string plain(piece);
    std::ranges::replace(plain, literal_star, '*');
    std::ranges::replace(plain, literal_question_mark, '?');
    return find_plain(plain, text);
}

// What of the text is behind the first place that a piece fits; nothing: it fits nowhere.
std::optional<std::string_view> behind_first(std::string_view piece, std::string_view text,
                                             MatchWork& work) {
    if (piece.empty()) return text;
    if (piece.size() > text.size()) return std::nullopt;
    const std::size_t found = find_piece(piece, text, work);
    if (found == std::string_view::npos) return std::nullopt;
    return text.substr(found + piece.size());
}

}  // namespace

bool matches_wildcard(std::string_view pattern, std::string_view text, MatchWork& work) {
    const std::size_t first = pattern.find('*');
    if (first == std::string_view::npos) return fits_whole(pattern, text);
    // What is in front of the first star and behind the last one has its place.
    const std::size_t last = pattern.rfind('*');
    const std::string_view head = pattern.substr(0, first);
    const std::string_view tail = pattern.substr(last + 1);
    if (text.size() < head.size() + tail.size()) return false;
    if (!fits_whole(head, text.substr(0, head.size()))) return false;
    if (!fits_whole(tail, text.substr(text.size() - tail.size()))) return false;
    text.remove_prefix(head.size());
    text.remove_suffix(tail.size());
    // Each piece between stars is taken where it comes first: none needs more room than that.
    for (std::size_t from = first + 1; from <= last;) {
        const std::size_t star = pattern.find('*', from);
        const std::string_view piece = pattern.substr(from, star - from);
        const auto rest = behind_first(piece, text, work);
        if (!rest) return false;
        text = *rest;
        from = star + 1;
    }
    return true;
}

bool matches_wildcard(std::string_view pattern, std::string_view text) {
    MatchWork unlimited(std::numeric_limits<std::size_t>::max());
    return matches_wildcard(pattern, text, unlimited);
}

bool matches_arn(std::string_view pattern, std::string_view arn) {
    MatchWork unlimited(std::numeric_limits<std::size_t>::max());
    return matches_arn(pattern, arn, unlimited);
}

bool matches_arn(std::string_view pattern, std::string_view arn, MatchWork& work) {
    for (std::size_t part = 0; part < arn_parts; ++part) {
        // The last part, the resource, holds colons of its own.
        const bool is_last = part + 1 == arn_parts;
        const std::size_t pattern_end = is_last ? std::string_view::npos : pattern.find(':');
        const std::size_t arn_end = is_last ? std::string_view::npos : arn.find(':');
        if (!is_last &&
            (pattern_end == std::string_view::npos || arn_end == std::string_view::npos)) {
            // Not an ARN of six parts: only a pattern for everything can mean it.
            return part == 0 && pattern == "*";
        }
        if (!matches_wildcard(pattern.substr(0, pattern_end), arn.substr(0, arn_end), work))
            return false;
        if (is_last) break;
        pattern.remove_prefix(pattern_end + 1);
        arn.remove_prefix(arn_end + 1);
    }
    return true;
}

}  // namespace onput::auth
