#include "services/tts/script/compose.hpp"

#include <gtest/gtest.h>

#include "services/tts/script/segmentation.hpp"
#include "services/tts/ssml/ssml.hpp"

namespace onput::tts {
namespace {

std::vector<std::string> slices(std::string_view text, const std::vector<ByteRange>& ranges) {
    std::vector<std::string> result;
    for (const auto& range : ranges) {
        result.emplace_back(text.substr(range.begin, range.end - range.begin));
    }
    return result;
}

std::vector<std::string> sentences(std::string_view text, std::string_view language = "en-US") {
    return slices(text, find_sentences(text, language).value_or(std::vector<ByteRange>()));
}
std::vector<std::string> words(std::string_view text, std::string_view language = "en-US") {
    return slices(text, find_words(text, language).value_or(std::vector<ByteRange>()));
}

using Texts = std::vector<std::string>;

TEST(SegmentationTest, an_abbreviation_does_not_end_a_sentence) {
    EXPECT_EQ(sentences("Dr. Smith went. Then he slept."),
              (Texts{"Dr. Smith went. ", "Then he slept."}));
}

TEST(SegmentationTest, words_have_no_white_space_or_punctuation) {
    EXPECT_EQ(words("Mary's lamb, \u00e9t\u00e9: $20.50!"),
              (Texts{"Mary's", "lamb", "\u00e9t\u00e9", "20.50"}));
    EXPECT_EQ(words("今天天气很好", "cmn-CN").size(), 3U);
}

TEST(SegmentationTest, a_long_sentence_is_cut_between_words_or_characters) {
    std::string spaced;
    while (spaced.size() < 3 * sentence_bytes_max) spaced += "word ";
    std::string whole;
    for (const std::string& part : sentences(spaced)) {
        EXPECT_LE(part.size(), sentence_bytes_max);
        EXPECT_TRUE(part.ends_with(' '));
        whole += part;
    }
    EXPECT_EQ(whole, spaced);
    std::string solid;
    while (solid.size() < 2 * sentence_bytes_max) solid += "\u20ac";
    for (const std::string& part : sentences(solid)) EXPECT_EQ(part.size() % 3, 0U);
}

class ComposeTest : public testing::Test {
protected:
    std::vector<Utterance> compose_ssml(std::string_view inner) {
        document = "<speak>" + std::string(inner) + "</speak>";
        auto pieces = parse_ssml(document);
        EXPECT_TRUE(pieces) << pieces.error().message;
        auto utterances = compose(*pieces, {.language = "en-US", .find_lexicons = {}});
        EXPECT_TRUE(utterances);
        return *std::move(utterances);
    }

    [[nodiscard]] std::string shown(SourceSpan span) const {
        return document.substr(span.begin, span.end - span.begin);
    }
    [[nodiscard]] Texts words_of(const Utterance& utterance) const {
        Texts result;
        for (const WordPlace& word : utterance.words) result.push_back(shown(word.source));
        return result;
    }
    static std::string text_of(const Utterance& utterance) {
        std::string text;
        for (const UtterancePart& part : utterance.parts) text += part.text;
        return text;
    }

    std::string document;
};

TEST_F(ComposeTest, each_sentence_is_an_utterance_with_its_words) {
    const auto all = compose_ssml("Mary had <emphasis>a little</emphasis> lamb &amp; more. Yes!");
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(shown(*all[0].sentence), "Mary had <emphasis>a little</emphasis> lamb &amp; more.");
    EXPECT_EQ(words_of(all[0]), (Texts{"Mary", "had", "a", "little", "lamb", "more"}));
    EXPECT_EQ(all[0].parts.size(), 3U);
    EXPECT_TRUE(all[0].ends_sentence);
    EXPECT_EQ(shown(*all[1].sentence), "Yes!");
}

TEST_F(ComposeTest, a_break_divides_a_sentence_that_stays_one) {
    const auto all = compose_ssml("Mary had <break time='300ms'/>a lamb.");
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(shown(*all[0].sentence), "Mary had <break time='300ms'/>a lamb.");
    EXPECT_FALSE(all[0].ends_sentence);
    EXPECT_EQ(all[1].kind, UtteranceKind::pause);
    EXPECT_EQ(all[1].duration_ms, 300U);
    EXPECT_FALSE(all[2].sentence);
    EXPECT_TRUE(all[2].ends_sentence);
}

TEST_F(ComposeTest, a_mark_is_before_the_word_that_follows) {
    const auto all = compose_ssml("<mark name='a'/>One <mark name='b'/>two<mark name='c'/>.");
    ASSERT_EQ(all.size(), 1U);
    ASSERT_EQ(all[0].marks.size(), 3U);
    EXPECT_EQ(all[0].marks[0].before_word, 0U);
    EXPECT_EQ(all[0].marks[1].before_word, 1U);
    EXPECT_EQ(all[0].marks[2].before_word, 2U);
    EXPECT_EQ(shown(all[0].marks[1].source), "<mark name='b'/>");
}

TEST_F(ComposeTest, marks_without_any_text_are_kept) {
    const auto all = compose_ssml("<mark name='a'/>");
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].marks.size(), 1U);
}

TEST_F(ComposeTest, another_voice_is_another_utterance) {
    const auto all = compose_ssml("I say <lang xml:lang='fr-FR'>bonjour</lang> now.");
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[1].style.language, "fr-FR");
    EXPECT_EQ(words_of(all[1]), Texts{"bonjour"});
}

TEST_F(ComposeTest, what_is_said_otherwise_keeps_the_words_of_its_text) {
    const auto all = compose_ssml("It is <sub alias='the World Wide Web'>the WWW</sub>.");
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(text_of(all[0]), "It is the World Wide Web.");
    EXPECT_EQ(words_of(all[0]), (Texts{"It", "is", "the", "WWW"}));
}

TEST_F(ComposeTest, an_empty_alias_is_not_heard) {
    const auto all = compose_ssml("One <sub alias=''>two</sub> three.");
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(text_of(all[0]).find("two"), std::string::npos);
}

TEST_F(ComposeTest, a_paragraph_ends_with_a_pause) {
    const auto all = compose_ssml("<p>One.</p><p>Two.</p>");
    ASSERT_EQ(all.size(), 4U);
    EXPECT_EQ(all[1].duration_ms, paragraph_pause_ms);
}

TEST_F(ComposeTest, breaths_come_between_sentences) {
    const auto all = compose_ssml(
        "<amazon:auto-breaths frequency='x-high'>One. Two. Three.</amazon:auto-breaths>");
    ASSERT_EQ(all.size(), 5U);
    EXPECT_EQ(all[1].kind, UtteranceKind::breath);
    EXPECT_EQ(all[3].kind, UtteranceKind::breath);
}

TEST_F(ComposeTest, a_lexicon_replaces_whole_words_of_its_language) {
    const auto lexicon = speech::parse_lexicon(
        R"(<lexicon version="1.0" xmlns="http://www.w3.org/2005/01/pronunciation-lexicon"
alphabet="x-sampa" xml:lang="en-US"><lexeme><grapheme>W3C</grapheme><alias>Web</alias></lexeme>
<lexeme><grapheme>pecan pie</grapheme><phoneme>pI"kA:n</phoneme></lexeme></lexicon>)");
    ASSERT_TRUE(lexicon) << lexicon.error().message;
    speech::LexiconIndex index;
    index.add(*lexicon);
    const ComposeOptions options{.language = "en-US",
                                 .find_lexicons = [&index](std::string_view language) {
                                     return language == "en-US" ? &index : nullptr;
                                 }};
    document = "The W3C has Pecan Pie, W3Cs not.";
    const auto all = compose(plain_pieces(document), options);
    ASSERT_TRUE(all);
    ASSERT_EQ(all->size(), 1U);
    EXPECT_EQ(text_of(all->front()), "The Web has [[pI'kA:n]], W3Cs not.");
    EXPECT_EQ(words_of(all->front()), (Texts{"The", "W3C", "has", "Pecan", "Pie", "W3Cs", "not"}));
    const auto other = compose(plain_pieces(document),
                               {.language = "fr-FR", .find_lexicons = options.find_lexicons});
    ASSERT_TRUE(other);
    EXPECT_EQ(text_of(other->front()), document);
}

TEST_F(ComposeTest, what_the_engine_would_obey_is_only_text) {
    const auto all = compose(plain_pieces("a [[b]] \x01"
                                          "90S c"),
                             {.language = "en", .find_lexicons = {}});
    ASSERT_TRUE(all);
    EXPECT_EQ(text_of(all->front()), "a [ [b]]  90S c");
}

}  // namespace
}  // namespace onput::tts
