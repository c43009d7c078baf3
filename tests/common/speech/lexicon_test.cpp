#include "common/speech/lexicon.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace onput::speech {
namespace {

std::string lexicon(std::string_view lexemes, std::string_view alphabet = "ipa") {
    return fmt::format(
        R"(<?xml version="1.0" encoding="UTF-8"?>
<lexicon version="1.0" xmlns="http://www.w3.org/2005/01/pronunciation-lexicon"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a b"
  alphabet="{}" xml:lang="en-US">{}</lexicon>)",
        alphabet, lexemes);
}

std::string lexeme(std::string_view grapheme, std::string_view alias) {
    return fmt::format("<lexeme><grapheme>{}</grapheme><alias>{}</alias></lexeme>", grapheme,
                       alias);
}

std::string reason(std::string_view content) {
    const auto parsed = parse_lexicon(content);
    return parsed ? "" : parsed.error().reason;
}

// The alias of what is found, and its length.
std::string found(const LexiconIndex& index, std::string_view text, std::size_t at = 0) {
    const auto match = index.find(text, at);
    return match ? fmt::format("{} {}", match->entry.lexeme->alias, match->bytes) : "";
}

TEST(LexiconTest, a_document_says_its_language_alphabet_and_lexemes) {
    const auto parsed = parse_lexicon(lexicon(
        "<lexeme><grapheme> W3C </grapheme><grapheme>w3</grapheme><alias>Web</alias></lexeme>"
        "<lexeme><grapheme>pecan</grapheme><phoneme>pI\"kA:n</phoneme></lexeme>",
        "x-sampa"));
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(parsed->language, "en-US");
    EXPECT_EQ(name_of(parsed->alphabet), "x-sampa");
    EXPECT_EQ(
        parsed->lexemes,
        (std::vector<Lexeme>{
            {.graphemes = {"W3C", "w3"}, .alias = "Web"},
            {.graphemes = {"pecan"}, .phonemes = "pI\"kA:n", .alphabet = Alphabet::x_sampa}}));
}

TEST(LexiconTest, of_several_pronunciations_the_first_or_the_preferred_counts) {
    const auto parsed = parse_lexicon(
        lexicon("<lexeme><grapheme>a</grapheme><alias>one</alias><alias>two</alias></lexeme>"
                "<lexeme><grapheme>b</grapheme><alias>one</alias>"
                "<phoneme prefer=\"true\">i</phoneme></lexeme>"));
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->lexemes[0].alias, "one");
    EXPECT_EQ(parsed->lexemes[1].alias, "");
    EXPECT_EQ(parsed->lexemes[1].phonemes, "i");
}

TEST(LexiconTest, a_phoneme_may_have_an_alphabet_of_its_own) {
    const auto parsed = parse_lexicon(
        lexicon("<lexeme><grapheme>a</grapheme><phoneme alphabet='x-sampa'>@</phoneme></lexeme>"
                "<lexeme><grapheme>b</grapheme><phoneme>\u0259</phoneme></lexeme>"));
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(parsed->lexemes[0].alphabet, Alphabet::x_sampa);
    EXPECT_EQ(parsed->lexemes[1].alphabet, Alphabet::ipa);
    EXPECT_EQ(reason(lexicon("<lexeme><grapheme>a</grapheme><phoneme alphabet='runes'>@</phoneme>"
                             "</lexeme>")),
              "UnsupportedPlsAlphabetException");
}

TEST(LexiconTest, a_language_is_one_that_there_is) {
    const auto in_language = [](std::string_view tag) {
        std::string text = lexicon("");
        text.replace(text.find("en-US"), 5, tag);
        return reason(text);
    };
    for (const std::string_view tag : {"en", "vi-VN", "cmn-CN", "es-419", "yue", "sr-Latn-RS"})
        EXPECT_EQ(in_language(tag), "") << tag;
    for (const std::string_view tag : {"xx", "english", "e", "en_US", "en-US-\xc3\xa9"})
        EXPECT_EQ(in_language(tag), "UnsupportedPlsLanguageException") << tag;
}

TEST(LexiconTest, what_is_wrong_has_the_name_of_pollys_exception) {
    constexpr std::string_view invalid = "InvalidLexiconException";
    EXPECT_EQ(reason("<lexicon"), invalid);
    EXPECT_EQ(reason("<speak/>"), invalid);
    EXPECT_EQ(reason("<lexicon version='1.0' alphabet='ipa' xml:lang='en-US'/>"), invalid);
    EXPECT_EQ(reason(lexicon("text")), invalid);
    EXPECT_EQ(reason(lexicon("<word/>")), invalid);
    EXPECT_EQ(reason(lexicon("<lexeme><alias>a</alias></lexeme>")), invalid);
    EXPECT_EQ(reason(lexicon("<lexeme><grapheme>a</grapheme></lexeme>")), invalid);
    EXPECT_EQ(reason(lexicon("<lexeme><grapheme/><alias>a</alias></lexeme>")), invalid);
    EXPECT_EQ(reason(lexicon("<lexeme speed='1'/>")), invalid);
    EXPECT_EQ(
        reason(lexicon("<lexeme><grapheme>a</grapheme><alias prefer='maybe'>b</alias></lexeme>")),
        invalid);
    EXPECT_EQ(
        reason(lexicon("<lexeme><grapheme>a</grapheme><alias alphabet='ipa'>b</alias></lexeme>")),
        invalid);
    EXPECT_EQ(reason(lexicon("<lexeme><grapheme>a</grapheme><phoneme>\u2603</phoneme></lexeme>")),
              invalid);
    EXPECT_EQ(reason(lexicon("<lexeme><grapheme>a</grapheme><phoneme>\u0259</phoneme></lexeme>",
                             "x-sampa")),
              invalid);
    EXPECT_EQ(reason(lexicon("", "klingon")), "UnsupportedPlsAlphabetException");
    EXPECT_EQ(reason(lexicon(lexeme(std::string(100, 'a'), "b"))), "");
    EXPECT_EQ(reason(lexicon(lexeme(std::string(101, 'a'), "b"))),
              "MaxLexemeLengthExceededException");
    EXPECT_EQ(reason(lexicon(lexeme("a", std::string(101, 'b')))),
              "MaxLexemeLengthExceededException");
    EXPECT_EQ(reason(lexicon(std::string(lexicon_characters_max, ' '))),
              "LexiconSizeExceededException");
}

class LexiconIndexTest : public testing::Test {
protected:
    void add(const std::string& lexemes) {
        auto parsed = parse_lexicon(lexicon(lexemes));
        ASSERT_TRUE(parsed) << parsed.error().message;
        documents.push_back(std::make_unique<LexiconDocument>(*std::move(parsed)));
        index.add(*documents.back());
    }
    std::vector<std::unique_ptr<LexiconDocument>> documents;
    LexiconIndex index;
};

TEST_F(LexiconIndexTest, the_longest_grapheme_wins) {
    add(lexeme("New", "1") + lexeme("New York", "2") + lexeme("New York City", "3"));
    EXPECT_EQ(found(index, "New York Citizens"), "2 8");
    EXPECT_EQ(found(index, "see New York City.", 4), "3 13");
}

TEST_F(LexiconIndexTest, a_grapheme_ends_with_a_word) {
    add(lexeme("cat", "1"));
    EXPECT_EQ(found(index, "cats"), "");
    EXPECT_EQ(found(index, "cat\u00e9"), "");
    EXPECT_EQ(found(index, "cat, dog"), "1 3");
}

TEST_F(LexiconIndexTest, letters_of_either_case_are_the_same_unless_there_is_an_exact_entry) {
    add(lexeme("\u00c9t\u00e9", "1") + lexeme("us", "2") + lexeme("US", "3"));
    EXPECT_EQ(found(index, "\u00e9t\u00c9"), "1 5");
    EXPECT_EQ(found(index, "us"), "2 2");
    EXPECT_EQ(found(index, "US"), "3 2");
    EXPECT_EQ(found(index, "Us"), "2 2");
}

TEST_F(LexiconIndexTest, an_earlier_lexicon_wins) {
    add(lexeme("W3C", "1"));
    add(lexeme("W3C", "2"));
    EXPECT_EQ(found(index, "W3C"), "1 3");
}

TEST(LexiconIndex, composed_and_decomposed_letters_are_the_same) {
    for (const std::string_view written : {"caf\u00e9", "cafe\u0301"}) {
        const auto document = parse_lexicon(lexicon(lexeme(written, "bar")));
        ASSERT_TRUE(document) << document.error().message;
        LexiconIndex index;
        index.add(*document);
        EXPECT_EQ(found(index, "caf\u00e9!"), "bar 5");
        EXPECT_EQ(found(index, "Cafe\u0301!"), "bar 6");
    }
}

}  // namespace
}  // namespace onput::speech
