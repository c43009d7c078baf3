// Pronunciation lexicons: documents of W3C's PLS 1.0, as Polly takes them, and where their words
// stand in a text. Pure; the bytes are hostile.
//
//     <lexicon version="1.0" alphabet="ipa" xml:lang="en-US"
//              xmlns="http://www.w3.org/2005/01/pronunciation-lexicon">
//       <lexeme><grapheme>W3C</grapheme><alias>World Wide Web Consortium</alias></lexeme>
//     </lexicon>
//
// Of several pronunciations of a lexeme the first counts, or the one that says prefer="true".
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"

namespace onput::speech {

inline constexpr std::size_t lexicon_characters_max = 4'000;  // Polly's quota.
inline constexpr std::size_t grapheme_characters_max = 100;
inline constexpr std::size_t replacement_characters_max = 100;

enum class Alphabet : std::uint8_t { ipa, x_sampa };

std::optional<Alphabet> find_alphabet(std::string_view name);
std::string_view name_of(Alphabet alphabet);

struct Lexeme {
    std::vector<std::string> graphemes = {};
    std::string phonemes = {};  // One of these two.
    std::string alias = {};
    Alphabet alphabet = Alphabet::ipa;  // Of its phonemes.

    friend bool operator==(const Lexeme&, const Lexeme&) = default;
};

struct LexiconDocument {
    std::string language = {};  // "en-US"
    Alphabet alphabet = Alphabet::ipa;
    std::vector<Lexeme> lexemes = {};
};

// Strict: unknown elements and attributes, lexemes that say nothing, and limits that are passed are
// refused. Fails with invalid_argument; the reason is the name of Polly's exception:
// InvalidLexiconException, UnsupportedPlsAlphabetException, UnsupportedPlsLanguageException,
// MaxLexemeLengthExceededException, LexiconSizeExceededException.
Result<LexiconDocument> parse_lexicon(std::string_view content,
                                      std::size_t characters_max = lexicon_characters_max);

// Several lexicons, looked at together.
class LexiconIndex {
public:
    struct Entry {
        const Lexeme* lexeme = nullptr;
    };
    struct Match {
        std::size_t bytes = 0;
        Entry entry = {};
    };

    // `document` must outlive the index. What an earlier one says of a grapheme stays. Letters of
    // either case are the same, unless an entry has the text's own; so are composed and decomposed
    // ones.
    void add(const LexiconDocument& document);

    // The longest grapheme that `text` begins with at byte `at`, where a word begins, and that
    // ends with a word.
    [[nodiscard]] std::optional<Match> find(std::string_view text, std::size_t at) const;
    [[nodiscard]] bool empty() const { return exact_.empty(); }

private:
    std::map<std::string, Entry, std::less<>> exact_;
    std::map<std::string, Entry, std::less<>> folded_;
    std::size_t bytes_max_ = 0;
};

}  // namespace onput::speech
