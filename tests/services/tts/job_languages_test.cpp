// Texts in several languages, and in Burmese.
#include "tests/services/tts/job_test.hpp"

namespace onput::tts {
namespace {

// espeak-ng 1.51 overflows a buffer where a clause of Burmese is long (script/burmese.hpp).
TEST_F(SpeechJobTest, long_burmese_is_spoken_without_a_loss) {
    const SpeechResult result =
        speak_well(repeat("ဒီနေ့ရာသီဥတုကောင်းတယ်ကျွန်တော်တို့ပန်းခြံထဲမှာလမ်းလျှောက်ပြီးကော်ဖီသောက်ခဲ့တယ်", 40) + "။\n\n" +
                   repeat("လူတိုင်းသည်တူညီလွတ်လပ်သောဂုဏ်သိက္ခာဖြင့်လည်းကောင်းမွေးဖွားလာသူများဖြစ်သည်၊ ", 20));
    EXPECT_EQ(result.voice, "my");
    EXPECT_EQ(result.segments, 3U);  // The first is longer than a segment.
}

// Own sentences.
const std::string german_line = "Wir gingen am Fluss entlang, bis es dunkel wurde, und nach Hause.";
const std::string tibetan_line = "དེ་རིང་གནམ་གཤིས་ཡག་པོ་འདུག";

TEST_F(SpeechJobTest, a_paragraph_in_another_language_has_its_voice) {
    const std::string text =
        fmt::format("{}\n\n{}\n\nПривет!\n\n{}", english, german_line, english);
    const SpeechResult result = speak_well(text);
    EXPECT_EQ(result.voice, "en");
    EXPECT_EQ(result.languages, (std::vector<std::string>{"en-gb", "de", "ru"}));
    EXPECT_GT(result.language_confidence, 50);
    // All of it, each paragraph as long as alone, but for the pause at the end of each.
    const auto alone = [this](std::string_view paragraph, std::string_view voice) {
        return speak_well(paragraph, {.object_voice = std::string(voice)}).duration_ms;
    };
    EXPECT_NEAR(static_cast<double>(result.duration_ms),
                static_cast<double>(2 * alone(english, "en") + alone(german_line, "de") +
                                    alone("Привет!", "ru")),
                500);
    const SpeechResult named = speak_well(text, {.object_voice = "en"});
    EXPECT_EQ(named.languages, std::vector<std::string>{"en-gb"});
    EXPECT_NE(named.duration_ms, result.duration_ms);
}

TEST_F(SpeechJobTest, a_paragraph_that_no_voice_can_read_is_left_out_and_told) {
    const SpeechResult result = speak_well(fmt::format("{}\n\n{}", english, tibetan_line));
    EXPECT_EQ(result.segments, 2U);
    EXPECT_EQ(result.unspoken, 1U);
    ASSERT_EQ(result.unspoken_texts.size(), 1U);
    EXPECT_TRUE(tibetan_line.starts_with(result.unspoken_texts[0].substr(0, 30)));
    EXPECT_EQ(result.duration_ms, speak_well(english).duration_ms);
}

TEST_F(SpeechJobTest, a_text_that_no_voice_can_read_is_refused_for_that) {
    // Its one Latin paragraph does not make it English.
    const Spoken spoken = speak(fmt::format("Tibetan\n\n{0}\n\n{0}\n\n{0}", tibetan_line));
    ASSERT_FALSE(spoken.result);
    EXPECT_EQ(spoken.result.error().reason, "no_such_voice") << spoken.result.error().message;
    SpeechJob part;
    part.object_voice = "en";
    part.by_paragraph = true;
    const Spoken of_part = speak(tibetan_line, part);
    ASSERT_FALSE(of_part.result);
    EXPECT_EQ(of_part.result.error().reason, "no_such_voice") << of_part.result.error().message;
}

TEST_F(SpeechJobTest, a_phrase_that_crashes_is_found_in_a_text_of_two_languages) {
    SpeechJob job;
    PhraseSearch search(job);
    const Spoken spoken = speak_around_faults(
        fmt::format("{}\n\n{}\n\n{} {}", english, german_line, english, crashing_phrase), search);
    ASSERT_TRUE(spoken.result) << spoken.result.error().message;
    EXPECT_EQ(spoken.result->languages, (std::vector<std::string>{"en-gb", "de"}));
    for (const auto& phrase : search.left_out()) EXPECT_TRUE(phrase.text.contains("A.A.A."));
    EXPECT_FALSE(search.left_out().empty());
}

}  // namespace
}  // namespace onput::tts
