#include "services/tts/onnx/sounds.hpp"

#include <gtest/gtest.h>

#include "common/base/utf8.hpp"

namespace onput::tts {
namespace {

std::string symbols(const std::vector<Sound>& sounds) {
    std::string text;
    for (const Sound& sound : sounds) append_utf8(sound.symbol, text);
    return text;
}

std::string symbols_of(std::string_view ipa) {
    return symbols(sounds_of(ipa));
}

TEST(Sounds, diphthongs_and_affricates_are_one_symbol) {
    EXPECT_EQ(symbols_of("həlˈo^ʊ t^ʃˈɜːt^ʃ"), "həlˈO ʧˈɜɹʧ");
    EXPECT_EQ(symbols_of("d^ʒˈʌd^ʒ na^ʊ bˈɔ^ɪ fˈa^ɪv le^ɪ"), "ʤˈʌʤ nW bˈY fˈIv lA");
}

TEST(Sounds, letters_that_only_stand_side_by_side_are_not_joined) {
    EXPECT_EQ(symbols_of("ɐlˈɔŋ"), "əlˈɔŋ");       // "along": no syllabic l.
    EXPECT_EQ(symbols_of("tˈe^ɪbə^l"), "tˈAbᵊl");  // "table": one.
}

TEST(Sounds, vowels_with_r_are_american) {
    EXPECT_EQ(symbols_of("bˈɜːd bˈɛɾɚ mˈɑːɹt^ʃ fˈoːɹ"), "bˈɜɹd bˈɛTəɹ mˈɑɹʧ fˈɔɹ");
    EXPECT_EQ(symbols_of("wˈɜːɹɪ"), "wˈɜɹɪ");
}

TEST(Sounds, british_english_keeps_its_long_vowels_and_drops_its_r) {
    const auto british = [](std::string_view ipa) {
        return symbols(sounds_of(ipa, Alphabet::british));
    };
    EXPECT_EQ(british("ðe^ə fˈe^ə"), "ðɛː fˈɛː");
    EXPECT_EQ(british("bˈə^ʊts ɑː hˈi^ə"), "bˈQts ɑː hˈɪə");
    EXPECT_EQ(british("nˈɜːs lˈɪtə^l bˈʌʔn̩"), "nˈɜːs lˈɪtᵊl bˈʌtᵊn");
    EXPECT_EQ(british("wˈɔːk hˈap"), "wˈɔːk hˈap");
}

TEST(Sounds, other_languages_keep_their_letters_but_for_affricates_and_diphthongs) {
    const auto plain = [](std::string_view ipa) {
        return symbols(sounds_of(ipa, Alphabet::plain));
    };
    EXPECT_EQ(plain("el kˈot^ʃe rˈoxo kˈore"), "el kˈoʧe rˈoxo kˈore");                // Spanish.
    EXPECT_EQ(plain("lə- ɡaʁsˈɔ̃ mˈɑ̃ʒ dy- pˈɛ̃"), "lə ɡaʁsˈɔ̃ mˈɑ̃ʒ dy pˈɛ̃");              // French.
    EXPECT_EQ(plain("mɛ̃ ʈʰˈiːk hũ"), "mɛ̃ ʈʰˈiːk hu\u0303");                            // Hindi.
    EXPECT_EQ(plain("bʊond^ʒˈɔrno la pˈit^sːa d^zˈia"), "bʊonʤˈɔrno la pˈiʦːa ʣˈia");  // Italian.
    EXPECT_EQ(plain("kˌoɾasˈɐ̃^ʊ̃ va^ɪ"), "kˌoɾasˈɐ̃ʊ̃ vI");  // Portuguese.
}

TEST(Sounds, what_modifies_a_sound_is_none_itself) {
    const auto sounds = sounds_of("pˈɛ̃ː", Alphabet::plain);
    ASSERT_EQ(sounds.size(), 5U);
    EXPECT_EQ(sounds[0].ipa, "p");
    for (const std::size_t modifier : {1U, 3U, 4U}) EXPECT_EQ(sounds[modifier].ipa, "");
    EXPECT_EQ(sounds[2].ipa, "ɛ");
}

TEST(Sounds, a_syllabic_consonant_has_a_weak_vowel_before_it_once) {
    EXPECT_EQ(symbols_of("bˈʌʔn̩"), "bˈʌtᵊn");
    EXPECT_EQ(symbols_of("ɹˈɪðm̩"), "ɹˈɪðᵊm");
    EXPECT_EQ(symbols_of("n̩"), "ᵊn");
}

TEST(Sounds, length_ties_and_language_tags_are_left_out) {
    EXPECT_EQ(symbols_of("(fr)bɔ̃ʒˈuːʁ(en-us) juː"), "bɔʒˈuʁ ju");
    EXPECT_EQ(symbols_of("(fr"), "");
}

TEST(Sounds, what_is_not_utf8_is_left_out) {
    EXPECT_EQ(symbols_of("a\xff\xc3 b"), "a b");
}

TEST(Sounds, a_sound_keeps_its_ipa_and_stress_has_none) {
    const auto sounds = sounds_of("ˈo^ʊ d");
    ASSERT_EQ(sounds.size(), 4U);
    EXPECT_EQ(sounds[0], (Sound{.symbol = U'ˈ'}));
    EXPECT_EQ(sounds[1], (Sound{.symbol = U'O', .ipa = "oʊ"}));
    EXPECT_EQ(sounds[2], (Sound{.symbol = U' '}));
    EXPECT_EQ(sounds[3], (Sound{.symbol = U'd', .ipa = "d"}));
}

TEST(PlaceWords, each_word_begins_where_its_sounds_do) {
    const auto clause = sounds_of("həlˈo^ʊ wˈɜːld");
    EXPECT_EQ(place_words(clause, {sounds_of("həlˈo^ʊ"), sounds_of("wˈɜːld")}),
              (std::vector<std::size_t>{0, 6}));
}

TEST(PlaceWords, words_run_together_and_spoken_differently_are_told_apart) {
    // "for the apple": one word to the engine, and "the" is another before a vowel.
    const auto clause = sounds_of("fɚðɪ ˈæpə^l");
    const auto places =
        place_words(clause, {sounds_of("fɔːɹ"), sounds_of("ðə"), sounds_of("ˈæpə^l")});
    ASSERT_EQ(places.size(), 3U);
    EXPECT_EQ(places[0], 0U);
    EXPECT_EQ(clause[places[1]].symbol, U'ð');
    EXPECT_EQ(clause[places[2]].symbol, U'æ');
}

TEST(PlaceWords, a_word_without_sounds_has_the_place_of_the_next) {
    const auto clause = sounds_of("tuː");
    EXPECT_EQ(place_words(clause, {{}, sounds_of("tuː"), {}}),
              (std::vector<std::size_t>{0, 0, clause.size()}));
    EXPECT_EQ(place_words({}, {{}, {}}), (std::vector<std::size_t>{0, 0}));
}

TEST(PlaceWords, above_the_limit_words_share_the_clause_by_their_lengths) {
    const std::vector<Sound> word(2000, Sound{.symbol = U'a', .ipa = "a"});
    std::vector<Sound> clause = word;
    clause.insert(clause.end(), word.begin(), word.end());
    ASSERT_GT(clause.size() * clause.size(), alignment_cells_max);
    EXPECT_EQ(place_words(clause, {word, word}), (std::vector<std::size_t>{0, 2000}));
}

}  // namespace
}  // namespace onput::tts
