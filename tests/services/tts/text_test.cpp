#include "services/tts/text.hpp"

#include <iconv.h>

#include <gtest/gtest.h>

#include "common/base/encoding.hpp"
#include "common/base/random.hpp"
#include "services/tts/script/speakable.hpp"

namespace onput::tts {
namespace {

using namespace std::string_literals;

struct Decoded {
    std::string text;
    std::string encoding;
};

Result<Decoded> decode(std::string_view bytes, std::size_t piece_bytes = 1 << 20,
                       const std::string& declared = {}) {
    TextDecoder decoder(declared);
    std::string out;
    for (std::size_t at = 0; at < bytes.size(); at += piece_bytes) {
        ONPUT_TRY_VOID(decoder.feed(bytes.substr(at, piece_bytes), out));
    }
    ONPUT_TRY_VOID(decoder.finish(out));
    return Decoded{.text = out, .encoding = decoder.encoding()};
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

TEST(TextDecoder, a_few_high_letters_are_windows_1252) {
    expect_decodes("caf\xe9 \x80 5 \x93so\x94", "café € 5 “so”", "windows-1252");
}

// glibc's iconv writes, ICU reads.
std::string encoded(std::string_view utf8, const char* charset) {
    const iconv_t converter = ::iconv_open(charset, "UTF-8");
    std::string input(utf8);
    std::string out(utf8.size() * 4, '\0');
    char* from = input.data();
    char* to = out.data();
    std::size_t from_left = input.size();
    std::size_t to_left = out.size();
    EXPECT_NE(::iconv(converter, &from, &from_left, &to, &to_left), std::size_t(-1)) << charset;
    ::iconv_close(converter);
    out.resize(out.size() - to_left);
    return out;
}

TEST(TextDecoder, the_world_s_older_encodings_are_recognised) {
    constexpr std::string_view russian = "Сегодня хорошая погода, мы гуляли в парке и пили кофе.";
    constexpr std::string_view japanese =
        "今日は天気がいいので、公園を散歩してコーヒーを飲みました。";
    constexpr std::string_view polish =
        "Było zimno i zostaliśmy w domu z książką, którą dała mi siostra na podróż.";
    struct Case {
        std::string_view text;
        const char* written_as;
        std::string_view read_as;
    };
    for (const auto& [text, written_as, read_as] : {
             Case{russian, "CP1251", "windows-1251"},
             Case{russian, "KOI8-R", "koi8-r"},
             Case{"Привет, мир", "CP1251", "windows-1251"},
             Case{japanese, "SHIFT_JIS", "shift_jis"},
             Case{japanese, "EUC-JP", "euc-jp"},
             Case{"今天天气很好，我们去公园散步，然后喝咖啡。", "GBK", "gb18030"},
             Case{"今天天氣很好，我們去公園散步，然後喝咖啡。", "BIG5", "big5"},
             Case{"오늘은 날씨가 좋아서 공원을 산책하고 커피를 마셨습니다.", "EUC-KR", "euc-kr"},
             Case{polish, "CP1250", "windows-1250"},
             Case{polish, "ISO-8859-2", "iso-8859-2"},
             Case{"Hava soğuktu ve evde kaldık; kız kardeşimin bana verdiği kitap çok güzeldi.",
                  "CP1254", "windows-1254"},
             Case{"Σήμερα ο καιρός είναι καλός και περπατήσαμε στο πάρκο.", "ISO-8859-7",
                  "iso-8859-7"},
             Case{"הטקסט הזה כתוב בעברית והוא ארוך מספיק כדי שאפשר יהיה לזהות אותו.", "CP1255",
                  "windows-1255"},
             Case{"الطقس جميل اليوم وقد تمشينا في الحديقة وشربنا القهوة.", "CP1256",
                  "windows-1256"},
             Case{"Il faisait froid et nous sommes restés à la maison.", "CP1252", "windows-1252"},
         }) {
        SCOPED_TRACE(written_as);
        expect_decodes(encoded(text, written_as), text, read_as);
    }
}

TEST(TextDecoder, an_encoding_that_cannot_be_told_is_refused) {
    // Neither an encoding that is not recognised, nor noise, is spoken as something else.
    for (const auto& bytes :
         {encoded("Сегодня хорошая погода, мы гуляли в парке и пили кофе.", "CP866"),
          encoded("วันนี้อากาศดี เราไปเดินเล่นในสวนและดื่มกาแฟ", "TIS-620"), std::string("\xe0\xef\xe8")}) {
        const auto decoded = decode(bytes);
        ASSERT_FALSE(decoded) << decoded->encoding << " " << decoded->text;
        EXPECT_EQ(decoded.error().code, ErrorCode::invalid_argument);
        EXPECT_EQ(decoded.error().reason, "unknown_encoding");
    }
}

TEST(TextDecoder, a_declared_charset_decides_where_the_bytes_are_no_utf8) {
    const auto read_as = [](const std::string& bytes, const std::string& declared) {
        TextDecoder decoder(declared);
        std::string out;
        if (!decoder.feed(bytes, out) || !decoder.finish(out)) return std::string("refused");
        return decoder.encoding() + ": " + out;
    };
    constexpr std::string_view text = "Привет, мир";
    EXPECT_EQ(read_as(encoded(text, "CP866"), "IBM866"), "ibm866: Привет, мир");
    EXPECT_EQ(read_as(encoded(text, "CP1251"), "cp1251"), "cp1251: Привет, мир");
    EXPECT_EQ(read_as(std::string(text), "windows-1251"), "utf-8: Привет, мир");
    EXPECT_EQ(read_as("plain", "utf-8"), "utf-8: plain");
    EXPECT_EQ(read_as(encoded(text, "CP1251"), "no-such-charset"), "windows-1251: Привет, мир");
}

constexpr std::string_view wide_names[] = {"utf-16", "UTF-16LE", "utf-16be", "ISO-10646-UCS-2",
                                           "utf-32", "utf-32le", "utf-7",    "scsu",
                                           "bocu-1", "cesu-8",   "unicode"};

// "windows-1251: text" or the reason of the refusal.
std::string read_declared(const std::string& bytes, std::string_view declared) {
    const auto decoded = decode(bytes, 1 << 20, std::string(declared));
    return decoded ? decoded->encoding + ": " + decoded->text : decoded.error().reason;
}

TEST(TextDecoder, a_wide_charset_that_is_declared_over_bytes_of_eight_bits_is_not_believed) {
    constexpr std::string_view russian = "Сегодня хорошая погода, мы гуляли в парке и пили кофе.";
    constexpr std::string_view french =
        "Il faisait froid et nous sommes rest\xe9s \xe0 la maison avec des livres.";
    constexpr std::string_view chinese = "今天天气很好，我们去公园散步，然后喝咖啡。";
    for (const std::string_view name : wide_names) {
        SCOPED_TRACE(name);
        EXPECT_EQ(read_declared(encoded(russian, "CP1251"), name),
                  "windows-1251: " + std::string(russian));
        EXPECT_EQ(read_declared(encoded(russian, "KOI8-R"), name),
                  "koi8-r: " + std::string(russian));
        EXPECT_EQ(read_declared(encoded(chinese, "GBK"), name), "gb18030: " + std::string(chinese));
        EXPECT_EQ(read_declared(std::string(french), name),
                  "windows-1252: Il faisait froid et nous sommes restés à la maison avec des "
                  "livres.");
        EXPECT_EQ(read_declared("plain words", name), "utf-8: plain words");
        EXPECT_EQ(read_declared(std::string(russian), name), "utf-8: " + std::string(russian));
        // Of no charset that can be told.
        EXPECT_EQ(read_declared(encoded(russian, "CP866"), name), "unknown_encoding");
    }
}

TEST(TextDecoder, utf16_without_mark_and_nul_is_refused_with_what_to_do) {
    // Neither a space nor a line end, which Chinese may do without.
    const std::u16string chinese = u"今天天气很好，我们去公园散步，然后喝咖啡。";
    for (const auto encoding : {TextEncoding::utf16_le, TextEncoding::utf16_be}) {
        const auto decoded = decode(to_utf16(chinese, encoding), 1 << 20, "utf-16");
        ASSERT_FALSE(decoded) << decoded->text;
        EXPECT_EQ(decoded.error().reason, "unknown_encoding");
        EXPECT_TRUE(decoded.error().message.contains("byte order mark"));
        EXPECT_FALSE(decode(to_utf16(chinese, encoding)));
    }
}

TEST(TextDecoder, a_letter_at_the_end_is_not_taken_for_a_cut_one) {
    expect_decodes("caf\xe9", "café", "windows-1252");
    // A text that was cut within a character is UTF-8 all the same.
    expect_decodes("chào thế giớ\xe1\xbb", "chào thế giớ  ", "utf-8");
}

TEST(TextDecoder, a_declared_charset_that_does_not_fit_is_not_believed) {
    constexpr std::string_view russian = "Сегодня хорошая погода, мы гуляли в парке и пили кофе.";
    for (const auto* name : {"iso-8859-1", "windows-1252", "us-ascii", "ibm-037", "iso-2022-kr",
                             "hz", "windows-1250", "latin1", "koi8-r"}) {
        EXPECT_EQ(read_declared(encoded(russian, "CP1251"), name),
                  "windows-1251: " + std::string(russian))
            << name;
    }
    // What is too short to read as a language is what it is declared to be.
    EXPECT_EQ(read_declared("caf\xe9", "windows-1250"), "windows-1250: café");
    EXPECT_EQ(read_declared(encoded("Привет", "CP866"), "cp866"), "cp866: Привет");
}

TEST(TextDecoder, decomposed_letters_are_composed) {
    expect_decodes("Tie\u0302\u0301ng Vie\u0323\u0302t", "Tiếng Việt", "utf-8");
    expect_decodes("e\u0301", "é", "utf-8");
    // Combining marks without end are bounded.
    EXPECT_TRUE(decode("a" + [] {
        std::string marks;
        for (int i = 0; i < 100'000; ++i) marks += "\u0301";
        return marks;
    }()));
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

TEST(TextDecoder, a_declared_charset_of_seven_bits_is_read_where_it_switches_sets) {
    const auto decoded = [](std::string_view bytes, std::string declared) {
        TextDecoder decoder(std::move(declared));
        std::string text;
        EXPECT_TRUE(decoder.feed(bytes, text));
        EXPECT_TRUE(decoder.finish(text));
        return text;
    };
    constexpr std::string_view korean =
        "\x1b$)C\x0e"
        ">H3gGO<<?d\x0f \x0e?@4C@:\x0f \x0e"
        "3/>>0!\x0f \x0e"
        "AA=@4O4Y\x0f";
    EXPECT_EQ(decoded(korean, "ISO-2022-KR"), "안녕하세요 오늘은 날씨가 좋습니다");
    EXPECT_EQ(decoded("~{=qLlLlFx:\\:C#,NRCGH%9+T0!#~}", "hz-gb-2312"),
              "今天天气很好，我们去公园。");
    EXPECT_EQ(decoded("Plain letters.", "ISO-2022-KR"), "Plain letters.");
    EXPECT_EQ(decoded("It costs ~{5}.", "utf-8"), "It costs ~{5}.");
}

TEST(TextDecoder, the_escapes_of_iso_2022_jp_are_read) {
    expect_decodes("\x1b$B$3$s$K$A$O\x1b(B. Hello.", "こんにちは. Hello.", "iso-2022-jp");
    // Colours of a terminal are no text of it.
    const std::string coloured =
        "A line of words in \x1b[1mbold\x1b[0m, and many more that are not, " +
        std::string(60, 'x');
    EXPECT_EQ(decode(coloured)->encoding, "utf-8");
}

}  // namespace
}  // namespace onput::tts
