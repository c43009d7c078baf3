// TextDecoder: the bytes of an uploaded text -> clean UTF-8, piece by piece, in constant memory.
//
// Which encoding it is, is decided once, on the first `text_probe_bytes` (or all, when fewer):
//   1. A byte order mark says UTF-8, UTF-16LE or UTF-16BE.
//   2. NUL bytes, all at even or all at odd places, in at least one unit of 64, in what reads as
//      UTF-16 without control characters: UTF-16BE or UTF-16LE.
//   3. Any other NUL: not a text. Seven bits with the escapes of ISO-2022-JP: that; with those of a
//      declared charset that has some (ISO-2022-KR, HZ): that. Else control characters above one
//      byte in fifty: not a text.
//   4. Well-formed UTF-8: UTF-8, whatever was declared.
//   5. The charset that the object's Content-Type declares, when ICU knows it, it is none of
//      Unicode's (rules 1, 2 and 4 see those), and it fits the bytes.
//   6. What charset.hpp detects: windows-1251, koi8-r, shift_jis, gb18030, windows-1252 ...
//   7. Else it is refused, rather than spoken as gibberish.
// After that a NUL is still "not a text", and what does not decode becomes a space.
//
// The output is in NFC (Vietnamese comes decomposed from some systems) and has no control
// character but '\n': line ends of every kind become '\n', a form feed or U+2029 an empty line,
// tabs and other controls a space. Characters without sound or form (byte order marks, soft
// hyphens, bidirectional marks) are dropped. espeak-ng takes U+0001 as the start of a command, so
// this is not only tidiness.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/result.hpp"
#include "services/tts/charset.hpp"

namespace onput::tts {

inline constexpr std::size_t text_probe_bytes = 64 * 1024;

// A charset other than Unicode's own is `other`, and has a name of its own.
enum class TextEncoding { utf8, utf16_le, utf16_be, other };

class TextDecoder {
public:
    // `declared`: what the Content-Type says, "windows-1251"; empty: nothing.
    explicit TextDecoder(std::string declared = {}) : declared_(std::move(declared)) {}

    // Appends to `out` what the bytes so far decode to; nothing before the probe is full.
    // Fails with invalid_argument, reason not_text or unknown_encoding; then the decoder is of no
    // more use.
    Result<void> feed(std::string_view bytes, std::string& out);
    // After the last byte.
    Result<void> finish(std::string& out);

    // "utf-8", "utf-16le", "utf-16be", "windows-1252", "koi8-r"; empty until it is decided.
    [[nodiscard]] const std::string& encoding() const { return name_; }
    // How sure it is, of 100: what nothing but the bytes says is as sure as ICU (charset.hpp).
    [[nodiscard]] int encoding_confidence() const { return confidence_; }
    // Appended so far.
    [[nodiscard]] std::uint64_t characters() const { return characters_; }

private:
    Result<void> decide();
    Result<void> decide_other();
    [[nodiscard]] std::unexpected<Error> unknown_encoding() const;
    Result<void> open_other(std::string charset);
    Result<void> decode(std::string& out);
    void decode_utf8_bytes(std::string& out);
    void decode_utf16(TextEncoding encoding, std::string& out);
    void decode_other(std::string& out);
    void take(char32_t code_point, std::string& out);
    void append(char32_t code_point, std::string& out);

    std::string declared_;
    std::optional<TextEncoding> encoding_;
    std::string name_;
    int confidence_ = 100;
    std::optional<CharsetDecoder> other_;
    Normalizer normalizer_;
    std::string pending_;  // Not decoded yet: the probe, or a cut character.
    bool is_finished_ = false;
    bool after_return_ = false;
    bool saw_nul_ = false;
    std::uint64_t characters_ = 0;
};

}  // namespace onput::tts
