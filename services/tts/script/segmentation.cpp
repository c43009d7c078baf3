#include "services/tts/script/segmentation.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <unicode/brkiter.h>
#include <unicode/bytestream.h>
#include <unicode/localpointer.h>
#include <unicode/normalizer2.h>
#include <unicode/ubrk.h>
#include <unicode/utext.h>

#include <fmt/format.h>

namespace onput::tts {
namespace {

Result<void> check(UErrorCode status, std::string_view doing) {
    if (U_SUCCESS(status)) return {};
    return fail(ErrorCode::internal, fmt::format("{}: {}", doing, u_errorName(status)));
}

using Breaks = std::unique_ptr<icu::BreakIterator>;
using MakeBreaks = icu::BreakIterator* (*)(const icu::Locale&, UErrorCode&);

// Calls `visit` with each range between two breaks, and the rule's status.
template <typename Visit>
Result<void> for_each_range(MakeBreaks make, std::string_view utf8, const std::string& locale,
                            Visit&& visit) {
    UErrorCode status = U_ZERO_ERROR;
    const Breaks breaks(make(icu::Locale(locale.c_str()), status));
    ONPUT_TRY_VOID(check(status, "load the rules of sentences and words"));
    const icu::LocalUTextPointer text(
        utext_openUTF8(nullptr, utf8.data(), static_cast<std::int64_t>(utf8.size()), &status));
    ONPUT_TRY_VOID(check(status, "open a text"));
    breaks->setText(text.getAlias(), status);
    ONPUT_TRY_VOID(check(status, "look for sentences and words"));
    auto begin = static_cast<std::size_t>(breaks->first());
    for (auto end = breaks->next(); end != icu::BreakIterator::DONE; end = breaks->next()) {
        visit(ByteRange{.begin = begin, .end = static_cast<std::size_t>(end)},
              breaks->getRuleStatus());
        begin = static_cast<std::size_t>(end);
    }
    return {};
}

// A tag is a client's: only what tags are made of reaches ICU.
std::string locale_of(std::string_view language) {
    std::string locale;
    for (const char c : language.substr(0, 16)) {
        const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_letter && c != '-') break;
        locale += c == '-' ? '_' : c;
    }
    return locale;
}

// Titles before a name, which ICU takes for the ends of sentences because they may be.
bool ends_with_title(std::string_view sentence) {
    static constexpr std::array<std::string_view, 2> titles{"Dr.", "St."};
    const auto last = sentence.find_last_not_of(' ');
    if (last == sentence.npos || last + 1 == sentence.size()) return false;
    sentence = sentence.substr(0, last + 1);
    return std::ranges::any_of(titles, [sentence](std::string_view title) {
        if (!sentence.ends_with(title)) return false;
        return sentence.size() == title.size() ||
               sentence[sentence.size() - title.size() - 1] == ' ';
    });
}

bool is_continuation(char c) {
    return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

// A sentence's end, or a place before it when it is too long.
std::size_t cut(std::string_view utf8, ByteRange sentence) {
    if (sentence.end - sentence.begin <= sentence_bytes_max) return sentence.end;
    const auto part = utf8.substr(sentence.begin, sentence_bytes_max);
    const auto space = part.find_last_of(" \n\t");
    if (space != part.npos && space > 0) return sentence.begin + space + 1;
    std::size_t end = sentence.begin + sentence_bytes_max;
    while (is_continuation(utf8[end])) --end;
    return end;
}

}  // namespace

Result<std::vector<ByteRange>> find_sentences(std::string_view utf8, std::string_view language) {
    std::vector<ByteRange> sentences;
    std::size_t title = 0;  // Where a sentence begins that a title seemed to end.
    bool is_after_title = false;
    const std::string locale = locale_of(language) + "@ss=standard";
    ONPUT_TRY_VOID(for_each_range(
        icu::BreakIterator::createSentenceInstance, utf8, locale,
        [&](ByteRange sentence, std::int32_t) {
            if (is_after_title) sentence.begin = title;
            title = sentence.begin;
            is_after_title =
                sentence.end < utf8.size() &&
                ends_with_title(utf8.substr(sentence.begin, sentence.end - sentence.begin));
            if (is_after_title) return;
            while (sentence.begin < sentence.end) {
                const std::size_t end = cut(utf8, sentence);
                sentences.push_back({.begin = sentence.begin, .end = end});
                sentence.begin = end;
            }
        }));
    return sentences;
}

Result<std::vector<ByteRange>> find_words(std::string_view utf8, std::string_view language) {
    std::vector<ByteRange> words;
    ONPUT_TRY_VOID(for_each_range(icu::BreakIterator::createWordInstance, utf8, locale_of(language),
                                  [&](ByteRange word, std::int32_t status) {
                                      if (status >= UBRK_WORD_NONE_LIMIT) words.push_back(word);
                                  }));
    return words;
}

Result<std::string> compose_letters(std::string_view utf8) {
    UErrorCode status = U_ZERO_ERROR;
    const icu::Normalizer2* composer = icu::Normalizer2::getNFCInstance(status);
    ONPUT_TRY_VOID(check(status, "load the composed form"));
    const icu::StringPiece piece(utf8.data(), static_cast<std::int32_t>(utf8.size()));
    if (composer->isNormalizedUTF8(piece, status)) return std::string(utf8);
    std::string composed;
    icu::StringByteSink sink(&composed);
    composer->normalizeUTF8(0, piece, sink, nullptr, status);
    ONPUT_TRY_VOID(check(status, "compose letters"));
    return composed;
}

Result<void> load_segmentation() {
    ONPUT_TRY_VOID(find_sentences("Dr. Who. Yes.", "en-US"));
    ONPUT_TRY_VOID(find_words("One two.", "en-US"));
    ONPUT_TRY_VOID(compose_letters("e\u0301"));
    return {};
}

}  // namespace onput::tts
