// Encodings other than Unicode's own: which one a text is in, and its decoding. Both by ICU; what
// ICU guesses must also read as a language (CLD2), for a wrong encoding is spoken as gibberish.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace onput::tts {

// How sure ICU must be, of 100, where the text is too short for its language to be told, or is in a
// script that one language alone uses.
inline constexpr int charset_confidence_min = 50;

// Of a probe's characters, at most one in so many may be broken or nothing that a text has.
inline constexpr std::size_t broken_characters_share = 50;

// The name by which ICU knows a charset that somebody declared ("cp1251", "Shift-JIS"), in lower
// case; nothing when it knows none, and for Unicode's own.
std::optional<std::string> known_charset(std::string_view declared);
// Whether that is UTF-16 of either order.
bool is_declared_utf16(std::string_view declared);
// Whether that is a charset of seven bits which switches its sets, and the bytes do so: they would
// be UTF-8 as well, and mean nothing in it (ISO-2022-KR, HZ).
bool switches_sets(std::string_view bytes, std::string_view declared);

// Whether the bytes can be what was declared: they decode to hardly anything that no text has, and
// where they read as no language, ICU's guess does not read as one either. Declarations are wrong
// often enough: "iso-8859-1" of a server's default, over Russian.
bool fits_declared(std::string_view bytes, const std::string& charset);

struct DetectedCharset {
    std::string name;
    int confidence = 0;  // ICU's, of 100; 0: it took another for likelier.
};
// Of bytes that are no UTF-8 or UTF-16. In this order: what ICU takes for likeliest, if the text
// then reads as a language; or if ICU is sure; windows-1252 when high bytes are few and all of them
// letters or quotes there. Nothing when unsure.
std::optional<DetectedCharset> detect_charset(std::string_view bytes);

// Bytes of one charset -> code points, piece by piece; U+FFFD for what does not decode.
class CharsetDecoder {
public:
    // Fails with internal when ICU has no such charset.
    static Result<CharsetDecoder> open(const std::string& charset);
    // A character cut at the end of `bytes` is kept, but for the last piece.
    void decode(std::string_view bytes, bool is_last, const std::function<void(char32_t)>& take);

private:
    struct Close {
        void operator()(void* converter) const;
    };
    std::unique_ptr<void, Close> converter_;
};

// NFC, as voices expect letters: "e" with a combining accent becomes one letter.
class Normalizer {
public:
    // Appends what is complete; the last letter may still get an accent.
    void take(char32_t code_point, std::string& out);
    void finish(std::string& out);

private:
    std::u16string pending_;  // Bounded: text without end of combining marks is cut.
};

}  // namespace onput::tts
