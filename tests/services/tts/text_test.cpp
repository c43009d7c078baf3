#include "services/tts/text.hpp"

#include <gtest/gtest.h>

#include "common/base/encoding.hpp"
#include "common/base/random.hpp"
#include "services/tts/utf8.hpp"

namespace onput::tts {
namespace {

using namespace std::string_literals;

struct Decoded {
    std::string text;
    std::string encoding;
};

Result<Decoded> decode(std::string_view bytes, std::size_t piece_bytes = 1 << 20) {
    TextDecoder decoder;
    std::string out;
    for (std::size_t at = 0; at < bytes.size(); at += piece_bytes) {
        ONPUT_TRY_VOID(decoder.feed(bytes.substr(at, piece_bytes), out));
    }
    ONPUT_TRY_VOID(decoder.finish(out));
    return Decoded{.text = out, .encoding = std::string(to_string(*decoder.encoding()))};
}

std::string to_utf16(std::u16string_view text, TextEncoding encoding) {
    std::string bytes;
    for (const char16_t unit : text) {
        const char low = static_cast<char>(unit & 0xff);
        const char high = static_cast<char>(unit >> 8);
        bytes +=
            encoding == TextEncoding::utf16_le ? std::string{low, high} : std::string{high, low};
    }
    return bytes;
}

void expect_decodes(std::string_view bytes, std::string_view text, std::string_view encoding) {
    // Whole, and in pieces that cut every character.
    for (const std::size_t piece_bytes : {std::size_t{1} << 20, std::size_t{1}, std::size_t{3}}) {
        const auto decoded = decode(bytes, piece_bytes);
        ASSERT_TRUE(decoded) << decoded.error().message;
        EXPECT_EQ(decoded->text, text);
        EXPECT_EQ(decoded->encoding, encoding);
    }
}

void expect_not_a_text(std::string_view bytes) {
    const auto decoded = decode(bytes);
    ASSERT_FALSE(decoded) << "decoded as " << decoded->encoding;
    EXPECT_EQ(decoded.error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(decoded.error().reason, "not_text");
    EXPECT_TRUE(decoded.error().message.starts_with("not a text"));
}

TEST(TextDecoder, utf8_stays_as_it_is) {
    expect_decodes("Xin chào, thế giới! 你好 😀", "Xin chào, thế giới! 你好 😀", "utf-8");
}

TEST(TextDecoder, a_byte_order_mark_is_dropped) {
    expect_decodes("\xef\xbb\xbfhello", "hello", "utf-8");
}

TEST(TextDecoder, utf16_with_a_byte_order_mark_is_decoded_in_either_order) {
    expect_decodes(to_utf16(u"\ufeffchào 你好 😀", TextEncoding::utf16_le), "chào 你好 😀",
                   "utf-16le");
    expect_decodes(to_utf16(u"\ufeffchào 你好 😀", TextEncoding::utf16_be), "chào 你好 😀",
                   "utf-16be");
}

TEST(TextDecoder, utf16_without_a_mark_is_seen_by_its_nul_bytes) {
    expect_decodes(to_utf16(u"plain words", TextEncoding::utf16_le), "plain words", "utf-16le");
    expect_decodes(to_utf16(u"plain words", TextEncoding::utf16_be), "plain words", "utf-16be");
}

TEST(TextDecoder, what_is_not_utf8_is_windows_1252) {
    expect_decodes("caf\xe9 \x80 5 \x93so\x94", "café € 5 “so”", "windows-1252");
}

TEST(TextDecoder, line_ends_of_every_kind_become_one) {
    expect_decodes("a\r\nb\rc\nd\r\n\r\ne\fg", "a\nb\nc\nd\n\ne\n\ng", "utf-8");
}

TEST(TextDecoder, control_characters_never_reach_the_engine) {
    const std::string text(200, 'x');
    expect_decodes(text + "\x01" + "a\tb\x7f", text + " a b ", "utf-8");
}

TEST(TextDecoder, marks_without_sound_are_dropped) {
    expect_decodes("hy\u00adphen\u200b \u202eback\ufeff", "hyphen back", "utf-8");
}

TEST(TextDecoder, bytes_that_break_utf8_late_become_spaces) {
    const std::string long_text(text_probe_bytes, 'a');
    expect_decodes(long_text + "b\xff\xc3(", long_text + "b  (", "utf-8");
}

TEST(TextDecoder, a_character_cut_by_the_probe_does_not_make_the_text_windows_1252) {
    expect_decodes(std::string(text_probe_bytes - 1, 'a') + "é",
                   std::string(text_probe_bytes - 1, 'a') + "é", "utf-8");
}

TEST(TextDecoder, an_image_an_archive_and_a_program_are_not_texts) {
    expect_not_a_text("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\0"s);
    expect_not_a_text("PK\3\4\x14\0\0\0\x08\0"s);
    expect_not_a_text(
        "\x7f"
        "ELF\2\1\1\0\0\0\0\0\0\0\0\0"s);
}

TEST(TextDecoder, random_bytes_are_not_a_text) {
    Random random(7);
    for (int round = 0; round < 100; ++round) {
        std::string bytes;
        for (int i = 0; i < 4096; ++i) bytes += static_cast<char>(random.next());
        expect_not_a_text(bytes);
        std::erase(bytes, '\0');
        expect_not_a_text(bytes);
    }
}

TEST(TextDecoder, a_nul_after_the_probe_is_not_a_text_either) {
    expect_not_a_text(std::string(text_probe_bytes, 'a') + "b\0c"s);
    expect_not_a_text("\xff\xfe"s + to_utf16(u"a\0b"s, TextEncoding::utf16_le));
}

TEST(TextDecoder, whatever_comes_in_what_comes_out_is_utf8_without_controls) {
    Random random(11);
    for (int round = 0; round < 500; ++round) {
        std::string bytes = round % 2 == 0 ? "\xef\xbb\xbf" : "\xff\xfe";
        for (int i = 0; i < 200; ++i) bytes += static_cast<char>(1 + random.below(255));
        const auto decoded = decode(bytes, 1 + random.below(64));
        if (!decoded) continue;
        EXPECT_TRUE(is_utf8(decoded->text));
        for (const char c : decoded->text)
            EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= ' ');
    }
}

TEST(TextDecoder, an_empty_text_decodes_to_nothing) {
    expect_decodes("", "", "utf-8");
}

TEST(TextDecoder, memory_does_not_grow_with_the_text) {
    TextDecoder decoder;
    std::string out;
    std::size_t most = 0;
    const std::string piece(text_probe_bytes, 'a');
    for (int i = 0; i < 100; ++i) {
        ASSERT_TRUE(decoder.feed(piece, out));
        most = std::max(most, out.size());
        out.clear();
    }
    EXPECT_LE(most, text_probe_bytes);
    EXPECT_EQ(decoder.characters(), 100 * text_probe_bytes);
}

TEST(Speakable, letters_and_digits_of_any_script_are_and_punctuation_is_not) {
    for (const auto* text : {"a", "7", "é", "я", "中", "あ", "한", "ع", "…é…"}) {
        EXPECT_TRUE(has_speakable(text)) << text;
    }
    for (const auto* text : {"", " \n", "-----", "…", "“”", "。、", "* * *", "«»", "×"}) {
        EXPECT_FALSE(has_speakable(text)) << text;
    }
}

TEST(Utf8, every_code_point_survives_and_every_broken_form_is_refused) {
    for (const char32_t code :
         {0x1, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff}) {
        std::string text;
        append_utf8(code, text);
        const Utf8Step step = decode_utf8(text);
        EXPECT_EQ(step.state, Utf8State::good);
        EXPECT_EQ(step.code_point, code);
        EXPECT_EQ(step.bytes, text.size());
        EXPECT_TRUE(is_utf8(text));
        if (text.size() == 1) continue;
        EXPECT_EQ(decode_utf8(text.substr(0, text.size() - 1)).state, Utf8State::cut);
    }
    for (const auto* text : {"\x80", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                             "\xf8", "\xc3("}) {
        EXPECT_EQ(decode_utf8(text).state, Utf8State::bad);
    }
}

}  // namespace
}  // namespace onput::tts
