#include "services/tts/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "common/base/utf8.hpp"

namespace onput::tts {
namespace {

constexpr std::size_t nul_units_share = 64;  // UTF-16 has a NUL in at least one unit of so many.
constexpr std::size_t control_bytes_share = 50;  // A text has at most one control byte in so many.

std::unexpected<Error> not_a_text(std::string_view why) {
    return fail(ErrorCode::invalid_argument, "not a text: " + std::string(why), "not_text");
}

bool is_line_or_space(unsigned char byte) {
    return byte >= 0x09 && byte <= 0x0d;
}
bool is_control(char32_t code) {
    return (code < 0x20 && (code < 0x09 || code > 0x0d)) || (code >= 0x7f && code < 0xa0);
}

char16_t unit_at(std::string_view bytes, std::size_t at, TextEncoding encoding) {
    const auto first = static_cast<unsigned char>(bytes[at]);
    const auto second = static_cast<unsigned char>(bytes[at + 1]);
    const bool little = encoding == TextEncoding::utf16_le;
    return static_cast<char16_t>(little ? first | second << 8 : first << 8 | second);
}

bool is_high_surrogate(char16_t unit) {
    return unit >= 0xd800 && unit <= 0xdbff;
}
bool is_low_surrogate(char16_t unit) {
    return unit >= 0xdc00 && unit <= 0xdfff;
}

char32_t join_surrogates(char16_t high, char16_t low) {
    return 0x10000 + ((char32_t{high} - 0xd800) << 10) + (char32_t{low} - 0xdc00);
}

bool reads_as_utf16(std::string_view bytes, TextEncoding encoding) {
    for (std::size_t at = 0; at + 1 < bytes.size(); at += 2) {
        const char16_t unit = unit_at(bytes, at, encoding);
        if (is_control(unit) || is_low_surrogate(unit)) return false;
        if (!is_high_surrogate(unit)) continue;
        at += 2;
        if (at + 1 < bytes.size() && !is_low_surrogate(unit_at(bytes, at, encoding))) return false;
    }
    return true;
}

// Rule 2 of the header. Nothing when the NULs say that it is not UTF-16.
std::optional<TextEncoding> guess_utf16(std::string_view bytes) {
    std::array<std::size_t, 2> nuls{};
    for (std::size_t at = 0; at < bytes.size(); ++at) nuls[at % 2] += bytes[at] == '\0' ? 1 : 0;
    if (nuls[0] != 0 && nuls[1] != 0) return {};
    if ((nuls[0] + nuls[1]) * nul_units_share < bytes.size() / 2) return {};
    // Most characters of a text are below U+0100: their high byte, the second one of little endian,
    // is 0.
    const TextEncoding encoding = nuls[1] != 0 ? TextEncoding::utf16_le : TextEncoding::utf16_be;
    if (!reads_as_utf16(bytes, encoding)) return {};
    return encoding;
}

enum class Probe : std::uint8_t { beginning, whole };

// A character that the end of a beginning cuts is right so far. At the end of a whole text it is
// one where others are right before it; alone, it is a letter of eight bits: "caf\xe9".
bool reads_as_utf8(std::string_view bytes, Probe probe) {
    bool has_long = false;
    while (!bytes.empty()) {
        const Utf8Step step = decode_utf8(bytes);
        if (step.state == Utf8State::bad) return false;
        if (step.state == Utf8State::cut) return probe == Probe::beginning || has_long;
        has_long = has_long || step.bytes > 1;
        bytes.remove_prefix(step.bytes);
    }
    return true;
}

// Seven bits, with the escapes that switch to and from the sets of ISO-2022-JP.
bool reads_as_iso_2022_jp(std::string_view bytes) {
    if (std::ranges::any_of(bytes, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }))
        return false;
    return bytes.contains("\x1b$B") || bytes.contains("\x1b$@");
}

bool is_dropped(char32_t code) {
    return code == 0xfeff || code == 0x00ad || code == 0x200b || code == 0x200e || code == 0x200f ||
           (code >= 0x202a && code <= 0x202e) || (code >= 0x2060 && code <= 0x2069);
}

// Characters that mean nothing outside the program that made them.
bool is_private(char32_t code) {
    return (code >= 0xe000 && code <= 0xf8ff) || (code & 0xfffe) == 0xfffe || code >= 0xf0000;
}

}  // namespace

Result<void> TextDecoder::feed(std::string_view bytes, std::string& out) {
    ONPUT_CHECK(!is_finished_);
    while (!bytes.empty()) {
        // Bounds `pending_` even when a caller feeds a whole file at once.
        ONPUT_CHECK(pending_.size() < text_probe_bytes);
        const std::size_t count = std::min(bytes.size(), text_probe_bytes - pending_.size());
        pending_.append(bytes.substr(0, count));
        bytes.remove_prefix(count);
        if (!encoding_) {
            if (pending_.size() < text_probe_bytes) return {};
            ONPUT_TRY_VOID(decide());
        }
        ONPUT_TRY_VOID(decode(out));
    }
    return {};
}

Result<void> TextDecoder::finish(std::string& out) {
    ONPUT_CHECK(!is_finished_);
    is_finished_ = true;
    if (!encoding_) ONPUT_TRY_VOID(decide());
    ONPUT_TRY_VOID(decode(out));
    normalizer_.finish(out);
    return {};
}

Result<void> TextDecoder::decode(std::string& out) {
    switch (*encoding_) {
        case TextEncoding::utf8: decode_utf8_bytes(out); break;
        case TextEncoding::utf16_le:
        case TextEncoding::utf16_be: decode_utf16(*encoding_, out); break;
        case TextEncoding::other: decode_other(out); break;
    }
    if (saw_nul_) return not_a_text("it holds a NUL character");
    return {};
}

Result<void> TextDecoder::decide() {
    using enum TextEncoding;
    const auto is = [this](TextEncoding encoding, std::string_view name) -> Result<void> {
        encoding_ = encoding;
        name_ = name;
        return {};
    };
    if (pending_.starts_with("\xef\xbb\xbf")) return is(utf8, "utf-8");
    if (pending_.starts_with("\xff\xfe")) return is(utf16_le, "utf-16le");
    if (pending_.starts_with("\xfe\xff")) return is(utf16_be, "utf-16be");
    if (pending_.contains('\0')) {
        const auto utf16 = guess_utf16(pending_);
        if (!utf16) return not_a_text("it holds NUL bytes");
        return is(*utf16, *utf16 == utf16_le ? "utf-16le" : "utf-16be");
    }
    if (reads_as_iso_2022_jp(pending_)) return open_other("iso-2022-jp");
    if (const auto charset = known_charset(declared_);
        charset && switches_sets(pending_, declared_))
        return open_other(*charset);
    const auto controls = static_cast<std::size_t>(std::ranges::count_if(pending_, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte == 0x7f || (byte < 0x20 && !is_line_or_space(byte));
    }));
    if (controls * control_bytes_share > pending_.size()) {
        if (is_declared_utf16(declared_)) return unknown_encoding();
        return not_a_text(
            fmt::format("{} control characters in its first {} bytes", controls, pending_.size()));
    }
    if (reads_as_utf8(pending_, is_finished_ ? Probe::whole : Probe::beginning))
        return is(utf8, "utf-8");
    return decide_other();
}

std::unexpected<Error> TextDecoder::unknown_encoding() const {
    const bool is_utf16 = is_declared_utf16(declared_);
    return fail(ErrorCode::invalid_argument,
                is_utf16 ? "the text is declared as UTF-16, and neither its first bytes nor a NUL "
                           "among them say so: convert it to UTF-8, or put a byte order mark first"
                         : "the text is no UTF-8, and its encoding cannot be told: convert it, or "
                           "upload it with Content-Type 'text/plain; charset=...'",
                "unknown_encoding");
}

Result<void> TextDecoder::decide_other() {
    auto charset = known_charset(declared_);
    if (charset && fits_declared(pending_, *charset)) return open_other(*std::move(charset));
    auto detected = detect_charset(pending_);
    if (!detected) return unknown_encoding();
    confidence_ = detected->confidence;
    return open_other(std::move(detected->name));
}

Result<void> TextDecoder::open_other(std::string charset) {
    ONPUT_TRY(other_, CharsetDecoder::open(charset));
    encoding_ = TextEncoding::other;
    name_ = std::move(charset);
    return {};
}

void TextDecoder::decode_utf8_bytes(std::string& out) {
    std::string_view rest = pending_;
    while (!rest.empty()) {
        const Utf8Step step = decode_utf8(rest);
        if (step.state == Utf8State::cut && !is_finished_) break;
        take(step.state == Utf8State::good ? step.code_point : replacement_character, out);
        rest.remove_prefix(step.state == Utf8State::good ? step.bytes : 1);
    }
    pending_.erase(0, pending_.size() - rest.size());
}

void TextDecoder::decode_utf16(TextEncoding encoding, std::string& out) {
    std::size_t at = 0;
    for (; at + 1 < pending_.size(); at += 2) {
        const char16_t unit = unit_at(pending_, at, encoding);
        if (!is_high_surrogate(unit)) {
            take(is_low_surrogate(unit) ? replacement_character : char32_t{unit}, out);
            continue;
        }
        if (at + 3 >= pending_.size()) {
            if (!is_finished_) break;  // Its second half is in the next piece.
            take(replacement_character, out);
            continue;
        }
        const char16_t low = unit_at(pending_, at + 2, encoding);
        take(is_low_surrogate(low) ? join_surrogates(unit, low) : replacement_character, out);
        if (is_low_surrogate(low)) at += 2;
    }
    pending_.erase(0, at);
}

void TextDecoder::decode_other(std::string& out) {
    other_->decode(pending_, is_finished_, [this, &out](char32_t code) { take(code, out); });
    pending_.clear();
}

void TextDecoder::take(char32_t code, std::string& out) {
    const bool completes_line_end = after_return_ && code == '\n';
    after_return_ = code == '\r';
    if (completes_line_end || is_dropped(code)) return;
    if (code == 0) saw_nul_ = true;
    if (code == '\r' || code == '\n' || code == '\v' || code == 0x85 || code == 0x2028) {
        return append('\n', out);
    }
    if (code == '\f' || code == 0x2029) {
        append('\n', out);
        return append('\n', out);
    }
    const bool is_space =
        code == '\t' || is_control(code) || is_private(code) || code == replacement_character;
    append(is_space ? U' ' : code, out);
}

void TextDecoder::append(char32_t code, std::string& out) {
    normalizer_.take(code, out);
    ++characters_;
}

}  // namespace onput::tts
