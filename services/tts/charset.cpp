#include "services/tts/charset.hpp"

#include <algorithm>
#include <array>
#include <unicode/uchar.h>
#include <unicode/ucnv.h>
#include <unicode/ucsdet.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#include <unicode/utf16.h>

#include "common/base/text.hpp"
#include "common/base/utf8.hpp"
#include "services/tts/language.hpp"

namespace onput::tts {
namespace {

constexpr std::size_t pending_units_max = 1024;
constexpr char16_t first_combining_mark = 0x300;
constexpr std::string_view western = "windows-1252";

// What a name means on the web: the Windows code page holds the ISO one, and is what was meant.
std::string wider(std::string_view charset) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 5> names{{
        {"iso-8859-1", western},
        {"us-ascii", western},
        {"iso-8859-9", "windows-1254"},
        {"iso-8859-8-i", "windows-1255"},
        {"iso-8859-8", "windows-1255"},
    }};
    std::string lower = lower_case(charset);
    for (const auto& [narrow, wide] : names) {
        if (lower == narrow) return std::string(wide);
    }
    return lower;
}

bool is_latin(std::string_view charset) {
    constexpr std::array<std::string_view, 6> latin{"windows-1250", western,       "windows-1254",
                                                    "iso-8859-2",   "iso-8859-15", "windows-1257"};
    return std::ranges::find(latin, charset) != latin.end();
}

// But for a character that the end cuts: the bytes are a probe, and may go on.
std::string to_utf8(std::string_view bytes, const std::string& charset) {
    std::string out;
    auto decoder = CharsetDecoder::open(charset);
    if (!decoder) return out;
    decoder->decode(bytes, false, [&out](char32_t code) { append_utf8(code, out); });
    return out;
}

bool is_broken(char32_t code) {
    const auto type = u_charType(static_cast<UChar32>(code));
    const bool is_control = type == U_CONTROL_CHAR && !(code >= 0x09 && code <= 0x0d);
    return code == replacement_character || is_control || type == U_UNASSIGNED ||
           type == U_PRIVATE_USE_CHAR || type == U_SURROGATE;
}

bool is_mostly_broken(std::string_view utf8) {
    std::size_t broken = 0;
    std::size_t characters = 0;
    for_each_code_point(utf8, [&](char32_t code) {
        ++characters;
        if (is_broken(code)) ++broken;
    });
    return broken * broken_characters_share > characters;
}

struct Guess {
    std::string charset;
    std::string language;  // "ru"; empty when the charset serves many.
    int confidence = 0;
};

// The likeliest charset that is none of Unicode's or of mainframes.
std::optional<Guess> likeliest(std::string_view bytes) {
    UErrorCode error = U_ZERO_ERROR;
    const std::unique_ptr<UCharsetDetector, decltype(&ucsdet_close)> detector(ucsdet_open(&error),
                                                                              ucsdet_close);
    ucsdet_setText(detector.get(), bytes.data(), static_cast<std::int32_t>(bytes.size()), &error);
    std::int32_t count = 0;
    const UCharsetMatch** matches = ucsdet_detectAll(detector.get(), &count, &error);
    if (U_FAILURE(error)) return {};
    for (std::int32_t i = 0; i < count; ++i) {
        const std::string_view name = ucsdet_getName(matches[i], &error);
        if (name.starts_with("UTF-") || name.starts_with("IBM")) continue;
        return Guess{.charset = wider(name),
                     .language = ucsdet_getLanguage(matches[i], &error),
                     .confidence = ucsdet_getConfidence(matches[i], &error)};
    }
    return {};
}

bool is_language_of(const Guess& guess, const RecognisedLanguage& read) {
    return is_latin(guess.charset) || read.language == canonical_language(guess.language);
}

bool is_plausible(const Guess& guess, std::string_view bytes) {
    const auto read = recognise_language(to_utf8(bytes, guess.charset));
    if (!read || read->by_script_alone) return guess.confidence >= charset_confidence_min;
    return is_language_of(guess, *read);
}

// Nothing is known of a charset's name that ICU does not know.
std::optional<UConverterType> type_of(std::string_view name) {
    constexpr std::size_t name_bytes_max = 64;
    if (name.empty() || name.size() > name_bytes_max) return {};
    UErrorCode error = U_ZERO_ERROR;
    const std::string text(name);
    if (ucnv_countAliases(text.c_str(), &error) == 0 || U_FAILURE(error)) return {};
    const std::unique_ptr<UConverter, decltype(&ucnv_close)> converter(
        ucnv_open(text.c_str(), &error), ucnv_close);
    if (U_FAILURE(error)) return {};
    return ucnv_getType(converter.get());
}

bool is_utf16(UConverterType type) {
    return type == UCNV_UTF16 || type == UCNV_UTF16_BigEndian || type == UCNV_UTF16_LittleEndian;
}

bool is_unicode(UConverterType type) {
    constexpr std::array<UConverterType, 9> others{
        UCNV_UTF8,  UCNV_UTF32_BigEndian, UCNV_UTF32_LittleEndian, UCNV_UTF32, UCNV_UTF7, UCNV_SCSU,
        UCNV_CESU8, UCNV_BOCU1,           UCNV_IMAP_MAILBOX,
    };
    return is_utf16(type) || std::ranges::find(others, type) != others.end();
}

// Each high byte a letter or a mark of punctuation, and few of the letters: "caf\xe9".
bool reads_as_western(std::string_view bytes) {
    constexpr std::string_view marks =
        "\x80\x82\x84\x85\x91\x92\x93\x94\x96\x97\x99\xa0\xab\xb0\xbb";
    constexpr std::string_view letters_below_c0 = "\x8a\x8c\x8e\x9a\x9c\x9e\x9f\xaa\xba";
    std::size_t high_letters = 0;
    std::size_t letters = 0;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        const char lower = lower_case(c);
        const bool is_high_letter =
            (byte >= 0xc0 && byte != 0xd7 && byte != 0xf7) || letters_below_c0.contains(c);
        if (is_high_letter || (lower >= 'a' && lower <= 'z')) ++letters;
        if (is_high_letter) ++high_letters;
        if (byte >= 0x80 && !is_high_letter && !marks.contains(c)) return false;
    }
    return high_letters * 4 <= letters;
}

}  // namespace

std::optional<std::string> known_charset(std::string_view declared) {
    const auto type = type_of(declared);
    if (!type || is_unicode(*type)) return {};
    return wider(declared);
}

bool is_declared_utf16(std::string_view declared) {
    const auto type = type_of(declared);
    return type && is_utf16(*type);
}

bool switches_sets(std::string_view bytes, std::string_view declared) {
    const auto type = type_of(declared);
    if (type != UCNV_ISO_2022 && type != UCNV_HZ) return false;
    const bool has_high =
        std::ranges::any_of(bytes, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
    return !has_high && bytes.contains(type == UCNV_HZ ? "~{" : "\x1b");
}

bool fits_declared(std::string_view bytes, const std::string& charset) {
    const std::string text = to_utf8(bytes, charset);
    if (is_mostly_broken(text)) return false;
    if (recognise_language(text)) return true;
    const auto guess = likeliest(bytes);
    if (!guess) return true;
    const auto read = recognise_language(to_utf8(bytes, guess->charset));
    return !read || read->by_script_alone || !is_language_of(*guess, *read);
}

std::optional<DetectedCharset> detect_charset(std::string_view bytes) {
    const auto guess = likeliest(bytes);
    if (guess && is_plausible(*guess, bytes))
        return DetectedCharset{.name = guess->charset, .confidence = guess->confidence};
    if (!reads_as_western(bytes)) return {};
    const bool is_guessed = guess && guess->charset == western;
    return DetectedCharset{.name = std::string(western),
                           .confidence = is_guessed ? guess->confidence : 0};
}

void CharsetDecoder::Close::operator()(void* converter) const {
    ucnv_close(static_cast<UConverter*>(converter));
}

Result<CharsetDecoder> CharsetDecoder::open(const std::string& charset) {
    UErrorCode error = U_ZERO_ERROR;
    CharsetDecoder decoder;
    decoder.converter_.reset(ucnv_open(charset.c_str(), &error));
    if (U_FAILURE(error)) {
        return fail(ErrorCode::internal, "no converter for " + charset + ": " + u_errorName(error));
    }
    return decoder;
}

void CharsetDecoder::decode(std::string_view bytes, bool is_last,
                            const std::function<void(char32_t)>& take) {
    auto* converter = static_cast<UConverter*>(converter_.get());
    const char* source = bytes.data();
    const char* const end = source + bytes.size();
    std::array<UChar, 1024> units{};
    while (true) {
        UErrorCode error = U_ZERO_ERROR;
        UChar* target = units.data();
        ucnv_toUnicode(converter, &target, units.data() + units.size(), &source, end, nullptr,
                       static_cast<UBool>(is_last), &error);
        const auto count = static_cast<std::int32_t>(target - units.data());
        // ICU writes no half of a pair.
        for (std::int32_t at = 0; at < count;) {
            UChar32 code = 0;
            U16_NEXT(units.data(), at, count, code);
            take(static_cast<char32_t>(code));
        }
        if (error != U_BUFFER_OVERFLOW_ERROR) return;
    }
}

void Normalizer::take(char32_t code, std::string& out) {
    UErrorCode error = U_ZERO_ERROR;
    const UNormalizer2* nfc = unorm2_getNFCInstance(&error);
    const bool is_boundary = unorm2_hasBoundaryBefore(nfc, static_cast<UChar32>(code)) != 0 ||
                             pending_.size() >= pending_units_max;
    if (is_boundary) finish(out);
    std::array<UChar, 2> units{};
    std::int32_t count = 0;
    U16_APPEND_UNSAFE(units.data(), count, static_cast<UChar32>(code));
    pending_.append(units.data(), static_cast<std::size_t>(count));
}

void Normalizer::finish(std::string& out) {
    if (pending_.empty()) return;
    // Most letters are alone, and below the first combining mark nothing changes.
    if (pending_.size() == 1 && pending_[0] < first_combining_mark) {
        append_utf8(pending_[0], out);
        pending_.clear();
        return;
    }
    UErrorCode error = U_ZERO_ERROR;
    const UNormalizer2* nfc = unorm2_getNFCInstance(&error);
    // NFC lengthens a text by three times at most.
    std::u16string normal(pending_.size() * 3, u'\0');
    const std::int32_t count =
        unorm2_normalize(nfc, pending_.data(), static_cast<std::int32_t>(pending_.size()),
                         normal.data(), static_cast<std::int32_t>(normal.size()), &error);
    for (std::int32_t at = 0; at < count;) {
        UChar32 code = 0;
        U16_NEXT(normal.data(), at, count, code);
        append_utf8(static_cast<char32_t>(code), out);
    }
    pending_.clear();
}

}  // namespace onput::tts
