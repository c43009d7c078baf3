#include "services/tts/polly_voices.hpp"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

namespace onput::tts {
namespace {

class PollyVoicesTest : public testing::Test {
protected:
    static void SetUpTestSuite() { ASSERT_TRUE(load_speech_engine()); }

    static std::string voice(std::string_view id, std::string_view language = "") {
        const auto found = find_call_voice(id, "", language);
        return found ? found->voice.name + " " + found->language : found.error().reason;
    }
};

TEST_F(PollyVoicesTest, every_voice_that_is_listed_can_speak) {
    std::set<std::string> ids;
    for (const schema::VoiceInfo& info : list_voices().voices) {
        EXPECT_TRUE(ids.insert(info.id).second) << info.id;
        const auto found = find_call_voice(info.id, info.engines.at(0), info.language_code);
        ASSERT_TRUE(found) << found.error().message;
        EXPECT_EQ(found->voice.name, info.voice);
        for (const std::string& language : info.additional_language_codes) {
            EXPECT_TRUE(find_call_voice(info.id, "", language)) << info.id;
        }
        EXPECT_FALSE(info.language_name.empty());
        EXPECT_EQ(info.engines, std::vector<std::string>{"standard"});
        EXPECT_TRUE(info.gender == "Female" || info.gender == "Male");
    }
}

TEST_F(PollyVoicesTest, a_voice_is_pollys_or_the_engines_own) {
    EXPECT_EQ(voice("Joanna"), "en-US+f3 en-US");
    EXPECT_EQ(voice("vi"), "vi vi");
    EXPECT_EQ(voice("en-us+f3"), "en-US+f3 en-us");
}

TEST_F(PollyVoicesTest, a_voice_with_two_languages_speaks_either) {
    EXPECT_EQ(voice("Aditi"), "en+f2 en-IN");
    EXPECT_EQ(voice("Aditi", "hi-IN"), "hi+f2 hi-IN");
    EXPECT_EQ(voice("Aditi", "fr-FR"), "LanguageNotSupportedException");
    EXPECT_EQ(voice("vi", "vi-VN"), "vi vi-VN");
}

TEST_F(PollyVoicesTest, an_unknown_voice_names_near_ones) {
    const auto found = find_call_voice("Joana", "", "");
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().reason, "no_such_voice");
    EXPECT_NE(found.error().message.find("Joanna"), std::string::npos);
}

TEST_F(PollyVoicesTest, an_engine_that_no_voice_has_is_refused) {
    for (const std::string_view engine : {"neural", "long-form", "generative"}) {
        const auto found = find_call_voice("Joanna", engine, "");
        ASSERT_FALSE(found);
        EXPECT_EQ(found.error().reason, "EngineNotSupportedException");
    }
}

TEST_F(PollyVoicesTest, a_voice_keeps_its_sound_in_another_language) {
    const Voice joanna{.name = "en-US+f3", .language = "en-us"};
    EXPECT_EQ(in_language(joanna, "fr-FR").value().name, "fr+f3");
    EXPECT_EQ(in_language(joanna, "en-GB").value().name, "en-US+f3");
    EXPECT_EQ(in_language(joanna, "cmn-CN").value().name, "cmn+f3");
    EXPECT_EQ(in_language(joanna, "tlh-XX").error().reason, "LanguageNotSupportedException");
    EXPECT_EQ(whispering("en-US+f3"), "en-US+whisperf");
    EXPECT_EQ(whispering("vi"), "vi+whisper");
}

TEST_F(PollyVoicesTest, an_error_about_a_voice_names_others_that_would_do) {
    const auto message = [](std::string_view id, std::string_view engine,
                            std::string_view language) {
        const auto found = find_call_voice(id, engine, language);
        return found ? "found" : found.error().message;
    };
    EXPECT_EQ(message("Joanna", "", "fr-FR"),
              "voice 'Joanna' does not speak 'fr-FR'; voices that do are Celine, Lea, Mathieu, "
              "Remi, fr");
    EXPECT_EQ(message("Joanna", "", "tlh"),
              "voice 'Joanna' does not speak 'tlh'; languages near it are th (Thai)");
    EXPECT_EQ(message("Joanna", "generative", ""),
              "voice 'Joanna' has the engine standard, not 'generative'");
    EXPECT_TRUE(message("Joana", "", "").contains("near it are Joanna"))
        << message("Joana", "", "");
}

}  // namespace
}  // namespace onput::tts
