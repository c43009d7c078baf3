#include "services/tts/paragraphs.hpp"

#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace onput::tts {
namespace {

// Own sentences.
constexpr std::string_view english = "We walked along the river until it was dark, and then home.";
constexpr std::string_view french = "Nous avons marché le long de la rivière jusqu'à la nuit.";
constexpr std::string_view russian = "Мы гуляли вдоль реки, пока не стало темно.";
constexpr std::string_view galician = "Camiñamos pola beira do río ata que se fixo noite pecha.";
constexpr std::string_view tibetan = "དེ་རིང་གནམ་གཤིས་ཡག་པོ་འདུག";

ParagraphVoices voices_of(std::string main, std::vector<std::string>* asked = nullptr) {
    return {{.name = main, .language = main},
            [asked](std::string_view language) -> std::optional<Voice> {
                static const std::set<std::string, std::less<>> known{"en", "fr", "ru", "de"};
                if (asked != nullptr) asked->emplace_back(language);
                if (!known.contains(language)) return {};
                return Voice{.name = std::string(language), .language = std::string(language)};
            }};
}

std::string name_of(ParagraphVoices& voices, std::string_view paragraph) {
    const Voice* voice = voices.voice_of(paragraph);
    return voice == nullptr ? "nobody" : voice->name;
}

TEST(ParagraphVoices, each_paragraph_has_the_voice_of_its_language) {
    ParagraphVoices voices = voices_of("en-gb");
    EXPECT_EQ(name_of(voices, english), "en-gb");
    EXPECT_EQ(name_of(voices, french), "fr");
    EXPECT_EQ(name_of(voices, russian), "ru");
    EXPECT_EQ(name_of(voices, "1984"), "en-gb");
}

TEST(ParagraphVoices, what_nobody_speaks_is_left_to_the_text_where_it_can_be_read) {
    ParagraphVoices voices = voices_of("en");
    ASSERT_EQ(paragraph_language(galician, "en").language, "gl");
    EXPECT_EQ(name_of(voices, galician), "en");
    EXPECT_EQ(name_of(voices, tibetan), "nobody");
    EXPECT_EQ(name_of(voices, fmt::format("{} {}", tibetan, english)), "en");
    // All voices read Latin letters.
    ParagraphVoices of_russian = voices_of("ru");
    EXPECT_EQ(name_of(of_russian, galician), "ru");
    EXPECT_EQ(name_of(of_russian, tibetan), "nobody");
}

TEST(ParagraphVoices, a_language_is_looked_for_once) {
    std::vector<std::string> asked;
    ParagraphVoices voices = voices_of("en", &asked);
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(name_of(voices, french), "fr");
        EXPECT_EQ(name_of(voices, tibetan), "nobody");
        EXPECT_EQ(name_of(voices, english), "en");
    }
    EXPECT_EQ(asked, (std::vector<std::string>{"fr", "und-Tibt"}));
}

TEST(ParagraphVoices, a_voice_that_was_named_speaks_everything) {
    ParagraphVoices voices({.name = "en", .language = "en"}, {});
    EXPECT_EQ(name_of(voices, french), "en");
    EXPECT_EQ(name_of(voices, tibetan), "en");
    const auto lines = std::string(english) + "\n" + std::string(french);
    EXPECT_EQ(voices.cut(lines), std::vector{lines});
}

TEST(ParagraphVoices, lines_in_another_language_are_cut_off) {
    const ParagraphVoices voices = voices_of("en");
    const auto with_end = [](std::string_view line) { return std::string(line) + "\n"; };
    EXPECT_EQ(voices.cut(with_end(english) + with_end(french) + "Oui.\n" + with_end(french) +
                         std::string(english)),
              (std::vector{with_end(english), with_end(french) + "Oui.\n" + with_end(french),
                           std::string(english)}));
    EXPECT_EQ(voices.cut("Yes.\n" + std::string(french)),
              std::vector{"Yes.\n" + std::string(french)});
}

TEST(ParagraphVoices, a_line_in_a_script_that_nobody_reads_takes_no_other_with_it) {
    ParagraphVoices voices = voices_of("en");
    const auto pieces = voices.cut(fmt::format("{0}\n{1}\u0f0d\n{0}", english, tibetan));
    ASSERT_EQ(pieces.size(), 3U);
    EXPECT_EQ(name_of(voices, pieces[0]), "en");
    EXPECT_EQ(name_of(voices, pieces[1]), "nobody");
    EXPECT_EQ(name_of(voices, pieces[2]), "en");
}

TEST(ParagraphVoices, a_short_line_is_not_taken_along_by_one_in_another_script) {
    ParagraphVoices voices = voices_of("en");
    const auto names = [&voices](const std::string& lines) {
        std::vector<std::string> found;
        for (const auto& piece : voices.cut(lines)) found.push_back(name_of(voices, piece));
        return found;
    };
    using Names = std::vector<std::string>;
    EXPECT_EQ(names(fmt::format("{}\u0f0d\nYes.", tibetan)), (Names{"nobody", "en"}));
    EXPECT_EQ(names(fmt::format("Yes.\n{}", tibetan)), (Names{"en", "nobody"}));
    EXPECT_EQ(names("Hello.\nПривет, как дела"), (Names{"en", "ru"}));
    EXPECT_EQ(names(fmt::format("{0}\n1984.\n{0}", russian)), (Names{"ru"}));
}

TEST(ParagraphVoices, a_short_line_stays_with_those_before_it_in_any_text) {
    for (const std::string main : {"ru", "en"}) {
        const ParagraphVoices voices = voices_of(main);
        const auto lines = fmt::format("{0}\nOui.\n{0}", french);
        EXPECT_EQ(voices.cut(lines), std::vector{lines}) << main;
    }
}

// As texts are that somebody has wrapped.
TEST(ParagraphVoices, no_sentence_is_cut) {
    const ParagraphVoices voices = voices_of("en");
    const std::string wrapped =
        "He had often read the book that is called in French\n"
        "Les aventures extraordinaires de la petite fille du roi\n"
        "and which nobody else in the town had ever heard of.";
    EXPECT_EQ(voices.cut(wrapped), std::vector{wrapped});
}

}  // namespace
}  // namespace onput::tts
