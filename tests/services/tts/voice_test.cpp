#include "services/tts/voice.hpp"

#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace onput::tts {
namespace {

const FindVoice find = [](std::string_view name) -> Result<Voice> {
    static const std::set<std::string, std::less<>> known{"en", "de", "vi", "fr", "en+f3", "cmn"};
    if (!known.contains(name))
        return fail(ErrorCode::not_found, "voice '" + std::string(name) + "' does not exist");
    return Voice{.name = std::string(name),
                 .language = std::string(name.substr(0, name.find('+')))};
};

const FindNaturalVoice no_natural = [](std::string_view) { return std::optional<Voice>(); };
const FindNaturalVoice natural_english = [](std::string_view language) {
    return language == "en" ? std::optional(Voice{.name = "hibari", .language = "en-US"})
                            : std::nullopt;
};

// Once for this whole program: the engine must not be loaded twice.
class Engine : public testing::Environment {
public:
    void SetUp() override { ASSERT_TRUE(load_speech_engine()); }
};
const auto* const engine = testing::AddGlobalTestEnvironment(new Engine);

constexpr std::string_view german = "Das ist der Text, und er ist nicht zu lang.";

std::string voice_of(const VoiceRequest& request, std::string_view sample = german,
                     const FindNaturalVoice& natural = no_natural) {
    const auto choice = choose_voice(request, sample, find, natural);
    return choice ? choice->voice.name + " by " + choice->chosen_by : choice.error().message;
}

TEST(Voice, the_object_outranks_the_function_which_outranks_the_text) {
    VoiceRequest request{.object_voice = "en+f3",
                         .object_language = "vi",
                         .function_voice = "fr",
                         .function_language = "cmn",
                         .default_language = "en"};
    EXPECT_EQ(voice_of(request), "en+f3 by object");
    request.object_voice.clear();
    EXPECT_EQ(voice_of(request), "vi by object");
    request.object_language.clear();
    EXPECT_EQ(voice_of(request), "fr by function");
    request.function_voice.clear();
    EXPECT_EQ(voice_of(request), "cmn by function");
    request.function_language.clear();
    EXPECT_EQ(voice_of(request), "de by text");
}

TEST(Voice, a_text_of_no_language_is_spoken_in_the_default) {
    EXPECT_EQ(voice_of({.default_language = "vi"}, "12345"), "vi by text");
    EXPECT_EQ(voice_of({}, "12345"), "en by text");
}

TEST(Voice, a_region_falls_back_to_its_language) {
    VoiceRequest request;
    request.object_language = "de-AT";
    EXPECT_EQ(voice_of(request), "de by object");
}

TEST(Voice, what_was_asked_for_and_does_not_exist_fails_the_job) {
    VoiceRequest request;
    request.object_voice = "../../etc/passwd";
    const auto choice = choose_voice(request, german, find, no_natural);
    ASSERT_FALSE(choice);
    EXPECT_EQ(choice.error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(choice.error().reason, "no_such_voice");
    EXPECT_EQ(choice.error().message,
              "voice '../../etc/passwd' does not exist (asked for by the object)");
    VoiceRequest by_language;
    by_language.function_language = "tlh";
    EXPECT_EQ(voice_of(by_language), "no voice speaks 'tlh' (asked for by the function)");
}

TEST(Voice, a_language_that_nobody_speaks_is_answered_with_near_ones) {
    const NearLanguages near = [](std::string_view language, std::string_view wanted) {
        return std::vector<std::string>{fmt::format("near {}", language),
                                        fmt::format("of '{}'", wanted)};
    };
    const auto message = [&](const VoiceRequest& request, std::string_view sample) {
        return choose_voice(request, sample, find, no_natural, near).error().message;
    };
    EXPECT_EQ(message({.object_language = "tlh"}, german),
              "no voice speaks 'tlh'; languages near it are near tlh, of '' (asked for by the "
              "object)");
    EXPECT_EQ(message({.function_language = "de", .engine = "neural"}, german),
              "no voice with the engine neural speaks 'de'; languages near it are near de, of "
              "'neural' (asked for by the function)");
    EXPECT_TRUE(message({}, "დღეს კარგი ამინდია").contains("near ka"));
}

TEST(Voice, a_text_in_a_language_without_a_voice_is_refused) {
    VoiceRequest request;
    request.default_language = "fr";
    const auto choice = choose_voice(request, "დღეს კარგი ამინდია", find, no_natural);
    ASSERT_FALSE(choice);
    EXPECT_EQ(choice.error().reason, "no_such_voice");
    EXPECT_TRUE(choice.error().message.contains("'ka'")) << choice.error().message;
    // Unless somebody says by whom it is to be spoken.
    request.object_voice = "fr";
    EXPECT_EQ(voice_of(request, "დღეს კარგი ამინდია"), "fr by object");
}

constexpr std::string_view english = "This is the text, and it is not too long for us.";

TEST(NaturalVoice, speaks_a_language_unless_the_engine_standard_is_asked_for) {
    VoiceRequest request;
    EXPECT_EQ(voice_of(request, english, natural_english), "hibari by text");
    EXPECT_EQ(voice_of(request, german, natural_english), "de by text");
    request.engine = "standard";
    EXPECT_EQ(voice_of(request, english, natural_english), "en by text");
    request = {.object_language = "en"};
    EXPECT_EQ(voice_of(request, german, natural_english), "hibari by object");
    request = {.function_language = "en"};
    EXPECT_EQ(voice_of(request, german, natural_english), "hibari by function");
    request = {.default_language = "en"};
    EXPECT_EQ(voice_of(request, "12345", natural_english), "hibari by text");
}

TEST(NaturalVoice, a_voice_that_is_named_outranks_it) {
    EXPECT_EQ(voice_of({.object_voice = "en+f3"}, english, natural_english), "en+f3 by object");
    EXPECT_EQ(voice_of({.function_voice = "en", .engine = "neural"}, english, natural_english),
              "en by function");
}

TEST(NaturalVoice, the_engine_neural_fails_where_no_natural_voice_is) {
    VoiceRequest request{.engine = "neural"};
    EXPECT_EQ(voice_of(request, english, natural_english), "hibari by text");
    EXPECT_EQ(voice_of(request, german, natural_english),
              "the text is in 'de', for which there is no voice with the engine neural; to have it "
              "spoken by another, name one in metadata onput-voice");
    request.object_language = "de";
    EXPECT_EQ(voice_of(request, german, natural_english),
              "no voice with the engine neural speaks 'de' (asked for by the object)");
}

TEST(EngineVoice, names_tags_and_variants_are_found_whatever_their_capitals) {
    for (const auto* name :
         {"en", "EN-us", "vi", "VI-VN-X-South", "cmn", "fr-fr", "en+f3", "de+whisper"}) {
        EXPECT_TRUE(find_voice(name)) << name;
    }
    EXPECT_EQ(find_voice("vi-vn-x-south")->name, "vi-VN-x-south");
    EXPECT_EQ(find_voice("fr-fr")->language, "fr-fr");
}

TEST(EngineVoice, what_the_engine_does_not_list_is_not_found) {
    for (const auto* name :
         {"", "nobody", "../voices/en", "en+", "en+../x", "+f3", "!v/f3", "gmw/en", "en f3"}) {
        EXPECT_FALSE(find_voice(name)) << name;
    }
    EXPECT_FALSE(find_voice(std::string(10'000, 'e')));
}

}  // namespace
}  // namespace onput::tts
