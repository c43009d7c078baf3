#include "services/gateway/polly/request.hpp"

#include <map>

#include <gtest/gtest.h>

namespace onput::gateway::polly {
namespace {

aws::Value input(const std::map<std::string, std::string>& members,
                 const std::vector<std::string>& marks = {}) {
    aws::Value value;
    value["Text"] = aws::Value("Hello");
    value["VoiceId"] = aws::Value("Joanna");
    value["OutputFormat"] = aws::Value("mp3");
    for (const auto& [name, text] : members) value[name] = aws::Value(text);
    for (const auto& mark : marks) value["SpeechMarkTypes"].push_back(aws::Value(mark));
    return value;
}

constexpr std::uint32_t spoken_characters_max = 3'000;
constexpr std::uint32_t text_characters_max = 2 * spoken_characters_max;

std::string refusal(const aws::Value& value) {
    const auto read = read_synthesize_speech(value, spoken_characters_max);
    return read ? "" : read.error().reason;
}

TEST(SynthesizeSpeechRequest, is_read_as_it_was_sent) {
    const auto read = read_synthesize_speech(
        input({{"TextType", "ssml"}, {"Text", "<speak>Hi</speak>"}, {"OutputFormat", "json"}},
              {"word", "ssml"}),
        spoken_characters_max);
    ASSERT_TRUE(read);
    EXPECT_TRUE(read->is_ssml);
    EXPECT_EQ(read->text, "<speak>Hi</speak>");
    EXPECT_EQ(read->voice, "Joanna");
    EXPECT_EQ(read->marks, (std::vector<std::string>{"word", "ssml"}));
    EXPECT_EQ(read->sample_rate, 0U);
}

TEST(SynthesizeSpeechRequest, each_format_has_its_rates) {
    const std::map<std::string, std::pair<std::string, std::string>> rates{
        {"mp3", {"24000", "12000"}},      {"ogg_vorbis", {"48000", "12000"}},
        {"ogg_opus", {"48000", "24000"}}, {"pcm", {"16000", "22050"}},
        {"mulaw", {"8000", "16000"}},     {"alaw", {"8000", "22050"}}};
    for (const auto& [format, pair] : rates) {
        EXPECT_EQ(refusal(input({{"OutputFormat", format}, {"SampleRate", pair.first}})), "");
        EXPECT_EQ(refusal(input({{"OutputFormat", format}, {"SampleRate", pair.second}})),
                  "InvalidSampleRateException");
        EXPECT_EQ(refusal(input({{"OutputFormat", format}, {"SampleRate", "0"}})),
                  "InvalidSampleRateException");
    }
}

TEST(SynthesizeSpeechRequest, marks_are_of_json_and_ssml_marks_of_ssml) {
    EXPECT_EQ(refusal(input({}, {"word"})), "MarksNotSupportedForFormatException");
    EXPECT_EQ(refusal(input({{"OutputFormat", "json"}})), "ValidationException");
    EXPECT_EQ(refusal(input({{"OutputFormat", "json"}}, {"ssml"})),
              "SsmlMarksNotSupportedForTextTypeException");
    EXPECT_EQ(refusal(input({{"OutputFormat", "json"}}, {"word"})), "");
}

TEST(SynthesizeSpeechRequest, length_counts_characters_and_tags_cost_less) {
    std::string text;
    for (std::uint32_t i = 0; i < spoken_characters_max; ++i) text += "ệ";
    EXPECT_EQ(refusal(input({{"Text", text}})), "");
    EXPECT_EQ(refusal(input({{"Text", text + "a"}})), "TextLengthExceededException");
    const std::string tagged = "<speak>" + text + "<break/></speak>";
    EXPECT_EQ(refusal(input({{"Text", tagged}, {"TextType", "ssml"}})), "");
    const std::string tags(text_characters_max, '<');
    EXPECT_EQ(refusal(input({{"Text", tags + ">"}, {"TextType", "ssml"}})),
              "TextLengthExceededException");
    EXPECT_EQ(count_spoken("<speak>a<b", true), 1U);
}

TEST(SynthesizeSpeechRequest, what_is_billed_is_what_is_spoken) {
    EXPECT_EQ(count_spoken("<speak>Tom &amp; J<emphasis>e</emphasis>rry</speak>", true), 11U);
    EXPECT_EQ(count_spoken("<speak><![CDATA[a<b>]]></speak>", true), 4U);
    EXPECT_EQ(count_spoken("<speak><sub alias='a > b'>c</sub></speak>", true), 1U);
    EXPECT_EQ(count_spoken("Tom &amp; Jerry", false), 15U);
}

TEST(SynthesizeSpeechRequest, a_limit_can_be_lifted) {
    const auto value = input({{"Text", std::string(10'000, 'a')}});
    EXPECT_EQ(refusal(value), "TextLengthExceededException");
    EXPECT_TRUE(read_synthesize_speech(value, 10'000));
}

}  // namespace
}  // namespace onput::gateway::polly
