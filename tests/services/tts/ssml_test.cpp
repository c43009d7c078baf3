#include "services/tts/ssml/ssml.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/tts/ssml/say_as.hpp"
#include "services/tts/ssml/values.hpp"

namespace onput::tts {
namespace {

std::string speak(std::string_view inner) {
    return fmt::format("<speak>{}</speak>", inner);
}

Pieces parse(std::string_view inner) {
    auto pieces = parse_ssml(speak(inner));
    EXPECT_TRUE(pieces) << pieces.error().message;
    return pieces ? *std::move(pieces) : Pieces();
}

// The only piece.
Piece piece(std::string_view inner) {
    Pieces pieces = parse(inner);
    EXPECT_EQ(pieces.pieces.size(), 1U);
    return pieces.pieces.empty() ? Piece() : pieces.pieces.front();
}

TEST(SsmlTest, a_break_lasts_as_long_as_it_says) {
    EXPECT_EQ(piece("<break/>").duration_ms, 300U);
    EXPECT_EQ(piece("<break strength='none'/>").duration_ms, 0U);
    EXPECT_EQ(piece("<break strength='x-strong'/>").duration_ms, 900U);
    EXPECT_EQ(piece("<break time='1.5s'/>").duration_ms, 1500U);
    EXPECT_EQ(piece("<break time='10s'/>").duration_ms, 10'000U);
    EXPECT_EQ(piece("<break strength='weak' time='250ms'/>").duration_ms, 250U);
}

TEST(SsmlTest, prosody_is_joined_with_what_is_around) {
    const Piece inner = piece(
        "<prosody rate='50%' pitch='+20%' volume='-6dB'><prosody rate='slow' pitch='-50%' "
        "volume='+2dB'>a</prosody></prosody>");
    EXPECT_DOUBLE_EQ(inner.style.prosody.rate, 0.375);
    EXPECT_DOUBLE_EQ(inner.style.prosody.pitch, 0.6);
    EXPECT_DOUBLE_EQ(inner.style.prosody.volume_db, -4);
    EXPECT_TRUE(piece("<prosody volume='silent'>a</prosody>").style.prosody.is_silent);
    EXPECT_EQ(parse("<prosody amazon:max-duration='2s'>a</prosody>").limits_ms,
              std::vector<std::uint32_t>{2000});
}

TEST(SsmlTest, emphasis_is_louder_and_slower_or_the_reverse) {
    const Prosody strong = piece("<emphasis level='strong'>a</emphasis>").style.prosody;
    EXPECT_LT(strong.rate, 1);
    EXPECT_GT(strong.volume_db, 0);
    const Prosody reduced = piece("<emphasis level='reduced'>a</emphasis>").style.prosody;
    EXPECT_GT(reduced.rate, 1);
    EXPECT_LT(reduced.volume_db, 0);
}

TEST(SsmlTest, tags_around_a_text_are_in_its_style) {
    EXPECT_EQ(piece("<lang xml:lang='fr-FR'>a</lang>").style.language, "fr-FR");
    EXPECT_TRUE(piece("<amazon:effect name='whispered'>a</amazon:effect>").style.is_whispered);
    EXPECT_TRUE(piece("<amazon:effect name='drc'>a</amazon:effect>").style.is_compressed);
    EXPECT_TRUE(piece("<amazon:effect phonation='soft'>a</amazon:effect>").style.is_soft);
    EXPECT_DOUBLE_EQ(
        piece("<amazon:effect vocal-tract-length='+15%'>a</amazon:effect>").style.vocal_tract,
        1.15);
    EXPECT_EQ(piece("<amazon:auto-breaths frequency='x-high'>a</amazon:auto-breaths>")
                  .style.auto_breath.every,
              1U);
    const Piece breath = piece("<amazon:breath duration='long' volume='x-loud'/>");
    EXPECT_EQ(breath.kind, PieceKind::breath);
    EXPECT_EQ(breath.duration_ms, 500U);
    EXPECT_DOUBLE_EQ(breath.style.prosody.volume_db, 8);
}

TEST(SsmlTest, a_text_can_be_said_otherwise) {
    EXPECT_EQ(piece("<sub alias='mercury'>Hg</sub>").spoken, "mercury");
    EXPECT_EQ(piece("<sub alias='mercury'>Hg</sub>").text.text(), "Hg");
    EXPECT_EQ(piece("<phoneme alphabet='ipa' ph='pɪˈkɑːn'>pecan</phoneme>").spoken, "pɪˈkɑːn");
    EXPECT_EQ(piece("<phoneme alphabet='x-sampa' ph='pI\"kA:n'>pecan</phoneme>").spoken, "pɪˈkɑːn");
    EXPECT_EQ(piece("<w role='amazon:VBD'>read</w>").spoken, "ˈɹɛd");
    EXPECT_EQ(piece("<w role='amazon:NN'>tree</w>").spoken, "");
    const Piece mark = piece("<mark name='here'/>");
    EXPECT_EQ(mark.spoken, "here");
    EXPECT_EQ(mark.source, (SourceSpan{7, 26}));
}

TEST(SsmlTest, sentences_and_paragraphs_end) {
    const Pieces pieces = parse("<p><s>a</s>b</p>");
    std::vector<PieceKind> kinds;
    kinds.reserve(pieces.pieces.size());
    for (const Piece& each : pieces.pieces) kinds.push_back(each.kind);
    using enum PieceKind;
    EXPECT_EQ(kinds,
              (std::vector{sentence_end, sentence_end, text, sentence_end, text, paragraph_end}));
}

TEST(SsmlTest, what_is_wrong_is_refused) {
    for (const std::string_view document :
         {"", "a", "<speak>", "<p>a</p>", "<speak>&nbsp;</speak>", "<speak rate='1'>a</speak>",
          "<!DOCTYPE speak [<!ENTITY a 'b'>]><speak>&a;</speak>"}) {
        const auto pieces = parse_ssml(document);
        ASSERT_FALSE(pieces) << document;
        EXPECT_EQ(pieces.error().reason, "InvalidSsmlException");
        EXPECT_TRUE(pieces.error().message.starts_with("Invalid SSML request"));
    }
    for (const std::string_view inner :
         {"<audio src='a'/>", "<voice name='a'>b</voice>", "<speak>a</speak>", "<break>a</break>",
          "<break time='11s'/>", "<break time='-1s'/>", "<break time='1e1s'/>", "<break time='1'/>",
          "<break strength='big'/>", "<break size='1'/>", "<emphasis level='big'>a</emphasis>",
          "<lang>a</lang>", "<mark/>", "<mark name=''/>", "<mark name='a'>b</mark>",
          "<phoneme>a</phoneme>", "<phoneme ph=''>a</phoneme>", "<phoneme ph='☃'>a</phoneme>",
          "<phoneme alphabet='arpa' ph='a'>a</phoneme>", "<phoneme ph='a'><s>a</s></phoneme>",
          "<phoneme alphabet='x-sampa' ph='ə'>a</phoneme>", "<prosody>a</prosody>",
          "<prosody rate='19%'>a</prosody>", "<prosody rate='quick'>a</prosody>",
          "<prosody rate='nan%'>a</prosody>", "<prosody pitch='10%'>a</prosody>",
          "<prosody volume='6dB'>a</prosody>", "<prosody contour='a'>b</prosody>",
          "<prosody amazon:max-duration='0s'>a</prosody>",
          // NOLINTNEXTLINE(bugprone-suspicious-missing-comma): one document.
          "<prosody amazon:max-duration='1s'><prosody "
          "amazon:max-duration='1s'>a</prosody></prosody>",
          "<say-as>a</say-as>", "<say-as interpret-as='song'>a</say-as>",
          "<say-as interpret-as='date' format='xyz'>a</say-as>", "<sub>a</sub>", "<w>a</w>",
          "<w role='VB'>a</w>", "<w role='amazon:XX'>a</w>", "<amazon:effect>a</amazon:effect>",
          "<amazon:effect name='echo'>a</amazon:effect>",
          "<amazon:effect phonation='loud'>a</amazon:effect>",
          "<amazon:effect vocal-tract-length='300%'>a</amazon:effect>",
          "<amazon:breath volume='big'/>", "<amazon:breath>a</amazon:breath>",
          "<amazon:auto-breaths frequency='often'>a</amazon:auto-breaths>"}) {
        const auto pieces = parse_ssml(speak(inner));
        ASSERT_FALSE(pieces) << inner;
        EXPECT_EQ(pieces.error().reason, "InvalidSsmlException") << inner;
    }
}

TEST(SsmlTest, pieces_and_pauses_have_limits) {
    std::string breaks;
    for (int i = 0; i < 60; ++i) breaks += "<break time='10s'/>";
    EXPECT_TRUE(parse_ssml(speak(breaks)));
    EXPECT_FALSE(parse_ssml(speak(breaks + "<break time='1ms'/>")));
    std::string many;
    for (std::size_t i = 0; i <= pieces_max; ++i) many += "<s/>";
    EXPECT_FALSE(parse_ssml(speak(many)));
}

TEST(SsmlTest, only_what_is_spoken_is_counted) {
    EXPECT_EQ(count_spoken_characters(parse("Hi <break/>y\u00f6u &amp;<mark name='x'/>")), 8U);
}

std::string said(std::string_view interpret_as, std::string_view text, std::string_view format = "",
                 std::string_view language = "en-US") {
    return say_as({.interpret_as = interpret_as, .format = format, .language = language}, text)
        .value_or("?");
}

TEST(SayAsTest, texts_are_said_as_they_are_meant) {
    EXPECT_EQ(said("characters", "a\u00e91"), "a, \u00e9, 1");
    EXPECT_EQ(said("spell-out", "ab c"), "a, b, c");
    EXPECT_EQ(said("cardinal", "1,234,567"), "1234567");
    EXPECT_EQ(said("number", "12"), "12");
    EXPECT_EQ(said("ordinal", "1"), "1st");
    EXPECT_EQ(said("ordinal", "12"), "12th");
    EXPECT_EQ(said("ordinal", "113"), "113th");
    EXPECT_EQ(said("ordinal", "22"), "22nd");
    EXPECT_EQ(said("ordinal", "3", "", "de-DE"), "3.");
    EXPECT_EQ(said("digits", "1234"), "1 2 3 4");
    EXPECT_EQ(said("fraction", "2/9"), "2 9ths");
    EXPECT_EQ(said("fraction", "3+1/2"), "3 and a half");
    EXPECT_EQ(said("fraction", "3/4"), "3 quarters");
    EXPECT_EQ(said("unit", "10ft"), "10 feet");
    EXPECT_EQ(said("unit", "1 kg"), "1 kilogram");
    EXPECT_EQ(said("date", "12/31/1999", "mdy"), "December 31st 19 99");
    EXPECT_EQ(said("date", "31.12.2005", "dmy"), "December 31st 2005");
    EXPECT_EQ(said("date", "1905-03", "ym"), "March 19 oh 5");
    EXPECT_EQ(said("date", "20240229", "yyyymmdd"), "February 29th 20 24");
    EXPECT_EQ(said("date", "????0922", "yyyymmdd"), "September 22nd");
    EXPECT_EQ(said("date", "31/12/1999", "dmy", "fr-FR"), "31 12 1999");
    EXPECT_EQ(said("time", "1'21\""), "1 minute 21 seconds");
    EXPECT_EQ(said("address", "7 Oak St., Apt 4"), "7 Oak Street, Apartment 4");
    EXPECT_EQ(said("expletive", "darn"), "beep");
    EXPECT_EQ(said("telephone", "+1 (206) 555-0100"), "plus 1, 2 0 6, 5 5 5, 0 1 0 0");
}

TEST(SayAsTest, a_text_that_is_not_what_it_should_be_read_as_stays) {
    for (const std::string_view kind :
         {"ordinal", "digits", "fraction", "unit", "date", "time", "telephone"}) {
        EXPECT_EQ(said(kind, "hello"), "hello") << kind;
    }
}

TEST(SsmlTest, what_is_said_for_a_date_is_in_the_language_of_the_voice) {
    const auto spoken = [](std::string_view language, std::string_view around = "") {
        const auto text = fmt::format(
            "<speak>{}<say-as interpret-as='date' format='dmy'>31.12.1999</say-as>{}</speak>",
            around.empty() ? "" : fmt::format("<lang xml:lang='{}'>", around),
            around.empty() ? "" : "</lang>");
        auto pieces = parse_ssml(text, SsmlTags::standard, language);
        EXPECT_TRUE(pieces) << pieces.error().message;
        return pieces->pieces[0].spoken;
    };
    EXPECT_TRUE(spoken("en-US").contains("December")) << spoken("en-US");
    EXPECT_FALSE(spoken("de-DE").contains("December")) << spoken("de-DE");
    EXPECT_TRUE(spoken("de-DE", "en-GB").contains("December"));
    EXPECT_FALSE(spoken("en-US", "de-DE").contains("December"));
}

}  // namespace
}  // namespace onput::tts
