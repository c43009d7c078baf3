#include "common/speech/lexicon.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/uloc.h>

#include <fmt/format.h>

#include "common/base/text.hpp"
#include "common/base/utf8.hpp"
#include "common/speech/phonemes.hpp"
#include "common/speech/xml_tree.hpp"

namespace onput::speech {
namespace {

constexpr std::size_t language_tag_bytes_max = 35;  // RFC 5646, 4.4.1.
constexpr std::string_view pls_namespace = "http://www.w3.org/2005/01/pronunciation-lexicon";

std::unexpected<Error> refuse(std::string_view what,
                              std::string_view reason = "InvalidLexiconException") {
    return fail(ErrorCode::invalid_argument, fmt::format("Invalid lexicon: {}", what),
                std::string(reason));
}

std::unexpected<Error> refuse_alphabet() {
    return refuse("the alphabet is not ipa or x-sampa", "UnsupportedPlsAlphabetException");
}

constexpr std::string_view lexeme_too_long = "MaxLexemeLengthExceededException";

std::string_view without_space(std::string_view text) {
    constexpr std::string_view space = " \t\r\n";
    const auto first = text.find_first_not_of(space);
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(space) - first + 1);
}

Result<void> check_attributes(const XmlNode& node, std::span<const std::string_view> known) {
    for (const auto& [name, value] : node.attributes) {
        // Namespaces and the schema's place change nothing.
        if (name.starts_with("xmlns") || name.starts_with("xsi:")) continue;
        if (std::ranges::find(known, name) == known.end()) {
            return refuse(fmt::format("<{}> has no attribute '{}'", node.name, name));
        }
    }
    return {};
}

// The text of an element that has nothing else in it.
Result<std::string> read_text(const XmlNode& node) {
    std::string text;
    for (const XmlNode& child : node.children) {
        if (!child.is_text()) {
            return refuse(fmt::format("<{}> does not belong into <{}>", child.name, node.name));
        }
        text += child.text.text();
    }
    std::string result(without_space(text));
    if (result.empty()) return refuse(fmt::format("a <{}> is empty", node.name));
    return result;
}

// How a lexeme is spoken, as its elements say one after the other.
class LexemeReader {
public:
    explicit LexemeReader(Alphabet alphabet) : alphabet_(alphabet) {}

    Result<void> read(const XmlNode& child) {
        if (child.name == "grapheme") return read_grapheme(child);
        if (child.name == "phoneme") return read_phoneme(child);
        if (child.name == "alias") return read_alias(child);
        if (child.name == "example") return {};
        return refuse(fmt::format("<{}> does not belong into <lexeme>", child.name));
    }

    Result<Lexeme> finish() {
        if (lexeme_.graphemes.empty()) return refuse("a <lexeme> has no <grapheme>");
        if (lexeme_.phonemes.empty() && lexeme_.alias.empty()) {
            return refuse(fmt::format("the <lexeme> of '{}' has neither <phoneme> nor <alias>",
                                      lexeme_.graphemes.front()));
        }
        return std::move(lexeme_);
    }

private:
    Result<void> read_grapheme(const XmlNode& node) {
        ONPUT_TRY_VOID(check_attributes(node, std::array<std::string_view, 1>{"orthography"}));
        ONPUT_TRY(std::string text, read_text(node));
        if (count_characters(text) > grapheme_characters_max) {
            return refuse(
                fmt::format("a <grapheme> has more than {} characters", grapheme_characters_max),
                lexeme_too_long);
        }
        lexeme_.graphemes.push_back(std::move(text));
        return {};
    }

    // Its alphabet is the lexicon's, or one of its own.
    Result<void> read_phoneme(const XmlNode& node) {
        ONPUT_TRY_VOID(
            check_attributes(node, std::array<std::string_view, 2>{"prefer", "alphabet"}));
        const auto named = node.attribute("alphabet");
        const auto alphabet = named ? find_alphabet(*named) : alphabet_;
        if (!alphabet) return refuse_alphabet();
        ONPUT_TRY(std::string sounds, read_pronunciation(node));
        const auto ipa =
            *alphabet == Alphabet::ipa ? std::optional(sounds) : x_sampa_to_ipa(sounds);
        if (!ipa || !ipa_to_engine(*ipa))
            return refuse(fmt::format("'{}' is no pronunciation", sounds));
        if (!counts(node)) return {};
        lexeme_.phonemes = std::move(sounds);
        lexeme_.alphabet = *alphabet;
        return {};
    }

    Result<void> read_alias(const XmlNode& node) {
        ONPUT_TRY_VOID(check_attributes(node, std::array<std::string_view, 1>{"prefer"}));
        ONPUT_TRY(std::string words, read_pronunciation(node));
        if (counts(node)) lexeme_.alias = std::move(words);
        return {};
    }

    Result<std::string> read_pronunciation(const XmlNode& node) {
        const std::string_view prefer = node.attribute("prefer").value_or("false");
        if (prefer != "true" && prefer != "false")
            return refuse(fmt::format("'{}' is no value of prefer", prefer));
        ONPUT_TRY(std::string text, read_text(node));
        if (count_characters(text) <= replacement_characters_max) return text;
        return refuse(fmt::format("the <{}> of '{}' has more than {} characters", node.name,
                                  lexeme_.graphemes.empty() ? "" : lexeme_.graphemes.front(),
                                  replacement_characters_max),
                      lexeme_too_long);
    }

    // Whether this pronunciation takes the place of those before it.
    bool counts(const XmlNode& node) {
        const bool is_preferred = node.attribute("prefer") == "true" && !has_preferred_;
        const bool has_one = !lexeme_.phonemes.empty() || !lexeme_.alias.empty();
        if (has_one && !is_preferred) return false;
        lexeme_.phonemes.clear();
        lexeme_.alias.clear();
        has_preferred_ = is_preferred;
        return true;
    }

    Alphabet alphabet_;
    Lexeme lexeme_;
    bool has_preferred_ = false;
};

// Only white space may stand between elements.
Result<void> check_gap(const XmlNode& text, const XmlNode& parent) {
    if (without_space(text.text.text()).empty()) return {};
    return refuse(fmt::format("there is text in <{}>", parent.name));
}

Result<Lexeme> read_lexeme(const XmlNode& node, Alphabet alphabet) {
    ONPUT_TRY_VOID(check_attributes(node, std::array<std::string_view, 2>{"role", "xml:id"}));
    LexemeReader reader(alphabet);
    for (const XmlNode& child : node.children) {
        if (child.is_text()) {
            ONPUT_TRY_VOID(check_gap(child, node));
        } else {
            ONPUT_TRY_VOID(reader.read(child));
        }
    }
    return reader.finish();
}

// "en", "de-AT": a language that ICU has a name for, and what RFC 5646 has behind it.
bool is_known_language(std::string_view tag) {
    const std::string language(tag.substr(0, tag.find('-')));
    const bool is_short = language.size() == 2 || language.size() == 3;
    const bool is_plain = std::ranges::all_of(tag, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-';
    });
    if (!is_short || !is_plain || tag.size() > language_tag_bytes_max) return false;
    std::array<UChar, 128> name{};
    UErrorCode error = U_ZERO_ERROR;
    uloc_getDisplayLanguage(language.c_str(), "en", name.data(),
                            static_cast<std::int32_t>(name.size()), &error);
    return error == U_ZERO_ERROR;  // Else the name is the code itself.
}

Result<LexiconDocument> read_head(const XmlNode& root) {
    if (root.name != "lexicon") {
        return refuse(fmt::format("the document is a <{}>, not a <lexicon>", root.name));
    }
    ONPUT_TRY_VOID(check_attributes(
        root, std::array<std::string_view, 4>{"version", "alphabet", "xml:lang", "xml:base"}));
    if (root.attribute("xmlns") != pls_namespace) {
        return refuse(fmt::format("<lexicon> is not of the namespace {}", pls_namespace));
    }
    if (root.attribute("version") != "1.0") return refuse("the version is not 1.0");
    const auto alphabet = find_alphabet(root.attribute("alphabet").value_or(""));
    if (!alphabet) return refuse_alphabet();
    const auto language = root.attribute("xml:lang");
    if (!language || language->empty()) return refuse("<lexicon> has no xml:lang");
    if (!is_known_language(*language)) {
        return refuse(fmt::format("there is no language '{}'", *language),
                      "UnsupportedPlsLanguageException");
    }
    return LexiconDocument{.language = std::string(*language), .alphabet = *alphabet};
}

void append_folded(char32_t code_point, std::string& out) {
    append_utf8(
        static_cast<char32_t>(u_foldCase(static_cast<UChar32>(code_point), U_FOLD_CASE_DEFAULT)),
        out);
}

std::string folded(std::string_view text) {
    std::string result;
    for_each_code_point(text, [&result](char32_t code) { append_folded(code, result); });
    return result;
}

// In one of Unicode's normal forms; as it stands where ICU cannot say.
std::string normal(std::string_view text, const icu::Normalizer2* (*form)(UErrorCode&)) {
    UErrorCode error = U_ZERO_ERROR;
    const icu::Normalizer2* normalizer = form(error);
    if (U_FAILURE(error)) return std::string(text);
    std::string result;
    icu::StringByteSink sink(&result);
    normalizer->normalizeUTF8(0,
                              icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())),
                              sink, nullptr, error);
    return U_FAILURE(error) ? std::string(text) : result;
}

bool is_word_character(char32_t code) {
    const auto character = static_cast<UChar32>(code);
    return u_isalnum(character) != 0 || (U_GET_GC_MASK(character) & U_GC_M_MASK) != 0;
}

}  // namespace

std::optional<Alphabet> find_alphabet(std::string_view name) {
    if (name == "ipa") return Alphabet::ipa;
    if (name == "x-sampa") return Alphabet::x_sampa;
    return {};
}

std::string_view name_of(Alphabet alphabet) {
    return alphabet == Alphabet::ipa ? "ipa" : "x-sampa";
}

Result<LexiconDocument> parse_lexicon(std::string_view content, std::size_t characters_max) {
    if (count_characters(content) > characters_max) {
        return refuse(fmt::format("it has more than {} characters", characters_max),
                      "LexiconSizeExceededException");
    }
    auto root = read_xml_tree(content);
    if (!root) return refuse(root.error().message);
    ONPUT_TRY(LexiconDocument document, read_head(*root));
    for (const XmlNode& child : root->children) {
        if (child.is_text()) {
            ONPUT_TRY_VOID(check_gap(child, *root));
            continue;
        }
        // What people note about a lexicon.
        if (child.name == "meta" || child.name == "metadata") continue;
        if (child.name != "lexeme") {
            return refuse(fmt::format("<{}> does not belong into <lexicon>", child.name));
        }
        ONPUT_TRY(Lexeme lexeme, read_lexeme(child, document.alphabet));
        document.lexemes.push_back(std::move(lexeme));
    }
    return document;
}

void LexiconIndex::add(const LexiconDocument& document) {
    for (const Lexeme& lexeme : document.lexemes) {
        const Entry entry{.lexeme = &lexeme};
        for (const std::string& written : lexeme.graphemes) {
            for (const std::string& grapheme :
                 {written, normal(written, &icu::Normalizer2::getNFCInstance),
                  normal(written, &icu::Normalizer2::getNFDInstance)}) {
                exact_.try_emplace(grapheme, entry);
                std::string other_case = folded(grapheme);
                bytes_max_ = std::max({bytes_max_, grapheme.size(), other_case.size()});
                folded_.try_emplace(std::move(other_case), entry);
            }
        }
    }
}

std::optional<LexiconIndex::Match> LexiconIndex::find(std::string_view text, std::size_t at) const {
    std::optional<Match> longest;
    std::string folded_text;
    for (std::size_t end = at; end < text.size();) {
        const Utf8Step step = decode_utf8(text.substr(end));
        if (step.state != Utf8State::good) break;
        append_folded(step.code_point, folded_text);
        if (folded_text.size() > bytes_max_) break;
        end += step.bytes;
        if (is_word_character(step.code_point) && end < text.size()) {
            const Utf8Step next = decode_utf8(text.substr(end));
            if (next.state == Utf8State::good && is_word_character(next.code_point)) continue;
        }
        const auto exact = exact_.find(text.substr(at, end - at));
        const auto other_case = folded_.find(folded_text);
        if (exact != exact_.end()) {
            longest = Match{.bytes = end - at, .entry = exact->second};
        } else if (other_case != folded_.end()) {
            longest = Match{.bytes = end - at, .entry = other_case->second};
        }
    }
    return longest;
}

}  // namespace onput::speech
