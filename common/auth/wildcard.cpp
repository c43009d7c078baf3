#include "common/auth/wildcard.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

namespace onput::auth {
namespace {

constexpr std::size_t arn_parts = 6;
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
// been read to, sixty-four of them moved on at once.
class BitSearch {
public:
    explicit BitSearch(std::string_view piece)
        : piece_(piece), words_((piece.size() + 63) / 64), open_(words_) {}

    std::size_t find(std::string_view text) {
        const std::size_t end = piece_.size() - 1;
        for (std::size_t at = 0; at < text.size(); ++at) {
            const auto& fitting = fitting_of(text[at]);
            std::uint64_t carried = 1;
            for (std::size_t word = 0; word < words_; ++word) {
                const std::uint64_t next = open_[word] >> 63;
                open_[word] = ((open_[word] << 1) | carried) & fitting[word];
                carried = next;
            }
            if ((open_[end / 64] >> (end % 64) & 1) != 0) return at - end;
        }
        return std::string_view::npos;
    }

private:
    // The places of the piece that the character fits.
    const std::vector<std::uint64_t>& fitting_of(char c) {
        auto& fitting = fitting_[static_cast<unsigned char>(c)];
        if (!fitting.empty()) return fitting;
        fitting.resize(words_);
        for (std::size_t i = 0; i < piece_.size(); ++i) {
            if (fits(piece_[i], c)) fitting[i / 64] |= std::uint64_t{1} << (i % 64);
        }
        return fitting;
    }

    std::string_view piece_;
    std::size_t words_;
    std::vector<std::uint64_t> open_;
    std::array<std::vector<std::uint64_t>, 256> fitting_;
};

// What of the text is behind the first place that a piece fits; nothing: it fits nowhere.
std::optional<std::string_view> behind_first(std::string_view piece, std::string_view text) {
    if (piece.empty()) return text;
    if (piece.size() > text.size()) return std::nullopt;
    std::size_t found = 0;
    if (piece.contains('?')) {
        found = BitSearch(piece).find(text);
    } else if (piece.find_first_of(marks) == std::string_view::npos) {
        found = find_plain(piece, text);
    } else {
        std::string plain(piece);
        std::ranges::replace(plain, literal_star, '*');
        std::ranges::replace(plain, literal_question_mark, '?');
        found = find_plain(plain, text);
    }
    if (found == std::string_view::npos) return std::nullopt;
    return text.substr(found + piece.size());
}

}  // namespace

bool matches_wildcard(std::string_view pattern, std::string_view text) {
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
        const auto rest = behind_first(piece, text);
        if (!rest) return false;
        text = *rest;
        from = star + 1;
    }
    return true;
}

bool matches_arn(std::string_view pattern, std::string_view arn) {
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
        if (!matches_wildcard(pattern.substr(0, pattern_end), arn.substr(0, arn_end))) return false;
        if (is_last) break;
        pattern.remove_prefix(pattern_end + 1);
        arn.remove_prefix(arn_end + 1);
    }
    return true;
}

}  // namespace onput::auth
