#include "services/tts/onnx/voices.hpp"

#include <set>

#include <gtest/gtest.h>

#include "services/tts/onnx/kokoro.hpp"

namespace onput::tts {
namespace {

constexpr LoadedPacks none{};
constexpr LoadedPacks hibari{.hibari = true};
constexpr LoadedPacks kokoro{.kokoro = true};
constexpr LoadedPacks both{.hibari = true, .kokoro = true};

std::string name(const std::optional<Voice>& voice) {
    return voice ? voice->name : "";
}

std::string woman(std::string_view language, LoadedPacks packs) {
    return name(natural_voice_for(language, Gender::female, packs));
}

std::string man(std::string_view language, LoadedPacks packs) {
    return name(natural_voice_for(language, Gender::male, packs));
}

TEST(NaturalVoices, hibari_speaks_for_women_who_speak_english) {
    EXPECT_EQ(woman("en-US", hibari), "hibari");
    EXPECT_EQ(woman("en-IN", hibari), "hibari");
    EXPECT_EQ(woman("en-GB", hibari), "hibari");
    EXPECT_EQ(man("en-US", hibari), "");
    EXPECT_EQ(woman("es-ES", hibari), "");
    EXPECT_EQ(woman("en-US", none), "");
}

TEST(NaturalVoices, kokoro_speaks_for_those_of_its_languages) {
    EXPECT_EQ(woman("en-GB", kokoro), "bf_emma");
    EXPECT_EQ(man("en-GB-WLS", kokoro), "bm_george");
    EXPECT_EQ(man("en-US", kokoro), "am_michael");
    EXPECT_EQ(man("en-AU", kokoro), "bm_george");
    EXPECT_EQ(woman("es-MX", kokoro), "ef_dora");
    EXPECT_EQ(man("es-US", kokoro), "em_alex");
    EXPECT_EQ(woman("fr-CA", kokoro), "ff_siwis");
    EXPECT_EQ(woman("hi-IN", kokoro), "hf_alpha");
    EXPECT_EQ(man("it-IT", kokoro), "im_nicola");
    EXPECT_EQ(woman("pt-BR", kokoro), "pf_dora");
}

TEST(NaturalVoices, nobody_speaks_for_those_whose_language_or_gender_kokoro_lacks) {
    EXPECT_EQ(man("fr-FR", kokoro), "");
    EXPECT_EQ(woman("pt-PT", kokoro), "");
    EXPECT_EQ(woman("de-DE", kokoro), "");
    EXPECT_EQ(woman("ja-JP", kokoro), "");
}

TEST(NaturalVoices, the_faster_voice_speaks_english_but_that_of_great_britain) {
    EXPECT_EQ(woman("en-US", both), "hibari");
    EXPECT_EQ(woman("en-AU", both), "hibari");
    EXPECT_EQ(woman("en-GB", both), "bf_emma");
    EXPECT_EQ(man("en-US", both), "am_michael");
}

TEST(NaturalVoices, a_text_is_spoken_in_its_language_or_not_naturally) {
    const auto text = [](std::string_view language, LoadedPacks packs) {
        return name(natural_voice_of_text(language, packs));
    };
    EXPECT_EQ(text("en", both), "hibari");
    EXPECT_EQ(text("en-GB", hibari), "");
    EXPECT_EQ(text("en-GB", both), "bf_emma");
    EXPECT_EQ(text("en", kokoro), "af_heart");
    EXPECT_EQ(text("es", kokoro), "ef_dora");
    EXPECT_EQ(text("PT-br", kokoro), "pf_dora");
    EXPECT_EQ(text("pt", kokoro), "");
    EXPECT_EQ(text("vi", both), "");
    EXPECT_EQ(text("es", none), "");
}

TEST(NaturalVoices, a_voice_is_found_by_its_id_where_its_pack_is_loaded) {
    EXPECT_EQ(name(find_natural_voice("Hibari", hibari)), "hibari");
    EXPECT_EQ(name(find_natural_voice("EF_Dora", kokoro)), "ef_dora");
    EXPECT_EQ(name(find_natural_voice("ef_dora", hibari)), "");
    EXPECT_EQ(name(find_natural_voice("ef_doris", both)), "");
    EXPECT_EQ(pack_of_voice("ef_dora"), "kokoro");
    EXPECT_EQ(pack_of_voice("HIBARI"), "hibari");
    EXPECT_EQ(pack_of_voice("en"), "");
}

TEST(NaturalVoices, every_id_is_of_one_voice) {
    std::set<std::string_view> ids;
    for (const KokoroVoice& voice : kokoro_voices()) ids.insert(voice.id);
    EXPECT_EQ(ids.size(), kokoro_voices().size());
    EXPECT_FALSE(ids.contains(natural_voice_name));
}

TEST(Kokoro, a_style_is_that_of_the_number_of_sounds_and_the_last_one_of_more) {
    std::vector<float> styles(3 * style_numbers);
    for (std::size_t i = 0; i < 3; ++i) styles[i * style_numbers] = static_cast<float>(i);
    EXPECT_EQ(style_of(styles, 0).front(), 0);
    EXPECT_EQ(style_of(styles, 2).front(), 2);
    EXPECT_EQ(style_of(styles, 3).front(), 2);
    EXPECT_EQ(style_of(styles, 510).size(), style_numbers);
    EXPECT_TRUE(style_of({}, 1).empty());
}

TEST(Kokoro, symbols_that_it_has_not_learnt_have_no_token) {
    EXPECT_EQ(kokoro_token(U'A'), 24);
    EXPECT_EQ(kokoro_token(U'ɡ'), 92);
    EXPECT_EQ(kokoro_token(U' '), 16);
    EXPECT_EQ(kokoro_token(U'g'), 0);
    EXPECT_EQ(kokoro_token(0), 0);
}

TEST(Kokoro, a_pack_that_is_not_there_is_not_found) {
    EXPECT_FALSE(has_kokoro_pack(""));
    EXPECT_FALSE(has_kokoro_pack("/nowhere"));
}

}  // namespace
}  // namespace onput::tts
