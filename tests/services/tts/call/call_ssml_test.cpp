// What tags do to the sound: each by what can be measured of it.
#include <cmath>
#include <cstring>
#include <numeric>
#include <span>
#include <vector>

#include "tests/services/tts/call/call_test.hpp"

namespace onput::tts {
namespace {

class CallSsmlTest : public CallTest {
protected:
    std::vector<std::int16_t> samples(std::string_view inner, schema::SynthesizeSpeech call = {}) {
        const std::string bytes = say_ssml(inner, std::move(call)).bytes;
        std::vector<std::int16_t> result(bytes.size() / 2);
        std::memcpy(result.data(), bytes.data(), result.size() * 2);
        return result;
    }
    double seconds(std::string_view inner) {
        return static_cast<double>(samples(inner).size()) / 16'000;
    }
    double loudness(std::string_view inner) {
        const auto all = samples(inner);
        const double sum = std::accumulate(
            all.begin(), all.end(), 0.0,
            [](double total, std::int16_t sample) { return total + double{1} * sample * sample; });
        return std::sqrt(sum / static_cast<double>(all.size()));
    }
};

constexpr std::string_view text = "one two three four five";

std::string in(std::string_view begin, std::string_view end) {
    return std::string(begin) + std::string(text) + std::string(end);
}

TEST_F(CallSsmlTest, rate_changes_the_length) {
    const double plain = seconds(text);
    EXPECT_NEAR(seconds(in("<prosody rate='50%'>", "</prosody>")), 2 * plain, 0.25 * plain);
    EXPECT_LT(seconds(in("<prosody rate='200%'>", "</prosody>")), 0.65 * plain);
}

TEST_F(CallSsmlTest, a_break_and_a_breath_last_as_long_as_they_say) {
    const double plain = seconds("one") + seconds("two");
    EXPECT_NEAR(seconds("one<break time='2s'/>two"), plain + 2, 0.4);
    EXPECT_NEAR(seconds("<amazon:breath duration='x-long'/>one"), seconds("one") + 0.7, 0.01);
}

TEST_F(CallSsmlTest, volume_changes_the_loudness) {
    const double plain = loudness(text);
    EXPECT_NEAR(loudness(in("<prosody volume='-6dB'>", "</prosody>")) / plain, 0.5, 0.1);
    EXPECT_NEAR(loudness(in("<prosody volume='+6dB'>", "</prosody>")) / plain, 2, 0.4);
    EXPECT_LT(loudness(in("<prosody volume='silent'>", "</prosody>")) / plain, 0.02);
}

TEST_F(CallSsmlTest, a_limit_of_the_duration_is_kept) {
    const std::string begin = "<prosody amazon:max-duration='1200ms'>";
    EXPECT_GT(seconds(text), 1.5);
    EXPECT_LT(seconds(in(begin, "</prosody>")), 1.4);
    // What is short enough stays as it is, but for what the engine remembers of its first try.
    EXPECT_NEAR(seconds(in("<prosody amazon:max-duration='9s'>", "</prosody>")), seconds(text),
                0.01);
}

TEST_F(CallSsmlTest, effects_and_pronunciations_are_heard) {
    const auto plain = samples(text);
    for (const std::string& other :
         {in("<amazon:effect name='whispered'>", "</amazon:effect>"),
          in("<amazon:effect name='drc'>", "</amazon:effect>"),
          in("<amazon:effect phonation='soft'>", "</amazon:effect>"),
          in("<amazon:effect vocal-tract-length='+15%'>", "</amazon:effect>"),
          in("<prosody pitch='+20%'>", "</prosody>"), in("<emphasis>", "</emphasis>"),
          in("<lang xml:lang='de-DE'>", "</lang>"), in("<sub alias='six'>", "</sub>"),
          in("<phoneme ph='həˈloʊ'>", "</phoneme>"),
          in("<say-as interpret-as='characters'>", "</say-as>")}) {
        EXPECT_NE(samples(other), plain) << other;
    }
    EXPECT_NE(samples("<w role='amazon:VB'>read</w>"), samples("<w role='amazon:VBD'>read</w>"));
}

TEST_F(CallSsmlTest, a_longer_vocal_tract_does_not_change_the_speed) {
    EXPECT_NEAR(seconds(in("<amazon:effect vocal-tract-length='+20%'>", "</amazon:effect>")),
                seconds(text), 0.2);
}

TEST_F(CallSsmlTest, what_a_passage_sets_does_not_stay) {
    const auto plain = samples("<s>one.</s>");
    const auto after =
        samples("<s><prosody rate='200%' volume='x-soft'>two.</prosody></s><s>one.</s>");
    const auto between = samples("<s><prosody rate='200%' volume='x-soft'>two.</prosody></s>");
    EXPECT_NEAR(static_cast<double>(after.size()),
                static_cast<double>(plain.size() + between.size()), 800);
}

TEST_F(CallSsmlTest, a_lexicon_is_heard) {
    const std::string lexicon =
        R"(<lexicon version="1.0" xmlns="http://www.w3.org/2005/01/pronunciation-lexicon"
alphabet="ipa" xml:lang="en-US"><lexeme><grapheme>W3C</grapheme>
<alias>World Wide Web Consortium</alias></lexeme></lexicon>)";
    EXPECT_EQ(samples("the w3c", {.lexicons = {{"w3c", lexicon}}}),
              samples("the World Wide Web Consortium"));
    EXPECT_EQ(samples("the w3c", {.voice = "Lea", .lexicons = {{"w3c", lexicon}}}),
              samples("the w3c", {.voice = "Lea"}));
}

}  // namespace
}  // namespace onput::tts
