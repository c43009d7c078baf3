#include "services/tts/onnx/lines.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "common/base/utf8.hpp"
#include "services/tts/onnx/clauses.hpp"
#include "services/tts/speech.hpp"

namespace onput::tts {
namespace {

constexpr std::int64_t units_max = 1 << 20;  // Of one sound; a hundred are long.

// A range of characters as bytes.
class CharacterPlaces {
public:
    explicit CharacterPlaces(std::string_view utf8) {
        for (std::size_t at = 0; at < utf8.size();) {
            places_.push_back(at);
            at += std::max<std::size_t>(decode_utf8(utf8.substr(at)).bytes, 1);
        }
        places_.push_back(utf8.size());
    }
    [[nodiscard]] std::size_t byte(std::size_t character) const {
        return places_[std::min(character, places_.size() - 1)];
    }

private:
    std::vector<std::size_t> places_;
};

class LineMaker {
public:
    LineMaker(std::string_view text, std::span<const std::uint32_t> word_ends,
              const LineRules& rules)
        : text_(text), word_ends_(word_ends), rules_(rules), characters_(text) {}

    Result<std::vector<Line>> make() {
        for (const Clause& clause : split_clauses(text_)) ONPUT_TRY_VOID(add(clause));
        end_line();
        return std::move(lines_);
    }

private:
    Result<std::vector<Sound>> sounds_between(std::size_t begin, std::size_t end) const {
        const std::string text(text_.substr(begin, end - begin));
        ONPUT_TRY(const std::string ipa, phonemes_of(rules_.phoneme_voice, text));
        return sounds_of(ipa, rules_.alphabet);
    }

    Result<void> add(const Clause& clause) {
        ONPUT_TRY(std::vector<Sound> sounds, sounds_between(clause.begin, clause.end));
        std::vector<std::size_t> places;
        if (!word_ends_.empty()) {
            ONPUT_TRY(places, places_of_words(clause, sounds));
        }
        const std::size_t first_word = next_word_ - places.size();
        if (clause.punctuation != 0) sounds.push_back({.symbol = clause.punctuation});
        if (!line_.sounds.empty() && line_.sounds.size() + 1 + sounds.size() > rules_.sounds_max)
            end_line();
        if (!line_.sounds.empty()) line_.sounds.push_back({.symbol = U' '});
        for (std::size_t i = 0; i < sounds.size(); ++i) {
            if (line_.sounds.size() >= rules_.sounds_max && is_cut(sounds, i)) end_line();
            for (std::size_t word = 0; word < places.size(); ++word) {
                if (places[word] == i)
                    line_.words.emplace_back(first_word + word, line_.sounds.size());
            }
            line_.sounds.push_back(std::move(sounds[i]));
        }
        for (std::size_t word = 0; word < places.size(); ++word) {
            if (places[word] >= sounds.size())
                line_.words.emplace_back(first_word + word, line_.sounds.size());
        }
        return {};
    }

    // Words that end in this clause.
    Result<std::vector<std::size_t>> places_of_words(const Clause& clause,
                                                     const std::vector<Sound>& sounds) {
        std::vector<std::vector<Sound>> words;
        std::size_t begin = clause.begin;
        for (; next_word_ < word_ends_.size(); ++next_word_) {
            const std::size_t end = characters_.byte(word_ends_[next_word_]);
            if (end > clause.end) break;
            ONPUT_TRY(words.emplace_back(), sounds_between(begin, std::max(begin, end)));
            begin = std::max(begin, end);
        }
        return place_words(sounds, words);
    }

    // Between words, or anywhere in a word without end.
    [[nodiscard]] bool is_cut(const std::vector<Sound>& sounds, std::size_t i) const {
        return sounds[i].symbol == U' ' || line_.sounds.size() >= 2 * rules_.sounds_max;
    }

    void end_line() {
        if (line_.sounds.empty()) return;
        lines_.push_back(std::exchange(line_, {}));
    }

    std::string_view text_;
    std::span<const std::uint32_t> word_ends_;
    const LineRules& rules_;
    CharacterPlaces characters_;
    std::vector<Line> lines_;
    Line line_;
    std::size_t next_word_ = 0;
};

}  // namespace

Result<std::vector<Line>> make_lines(std::string_view text,
                                     std::span<const std::uint32_t> word_ends,
                                     const LineRules& rules) {
    return LineMaker(text, word_ends, rules).make();
}

std::int16_t to_sample(float wave) {
    return static_cast<std::int16_t>(std::lround(std::clamp(wave, -1.0F, 1.0F) * 32767.0F));
}

Result<std::vector<std::uint64_t>> sound_begins(std::span<const std::int64_t> units,
                                                std::span<const std::size_t> known,
                                                std::size_t sounds, std::uint64_t samples) {
    const bool is_right =
        units.size() == known.size() + 2 && std::ranges::all_of(units, [](std::int64_t unit) {
            return unit >= 0 && unit <= units_max;
        });
    if (!is_right) return fail(ErrorCode::internal, "the voice's net tells no durations");
    // How much of the whole each sound has, the edges at begin and end included.
    std::vector<std::uint64_t> shares(sounds + 2, 0);
    shares.front() = static_cast<std::uint64_t>(units.front());
    shares.back() = static_cast<std::uint64_t>(units.back());
    for (std::size_t i = 0; i < known.size(); ++i)
        shares[1 + known[i]] = static_cast<std::uint64_t>(units[1 + i]);
    const std::uint64_t whole =
        std::max<std::uint64_t>(std::accumulate(shares.begin(), shares.end(), std::uint64_t{0}), 1);
    std::vector<std::uint64_t> begins;
    std::uint64_t before = 0;
    for (std::size_t i = 0; i + 1 < shares.size(); ++i) {
        before += shares[i];
        begins.push_back(before * samples / whole);
    }
    return begins;
}

}  // namespace onput::tts
