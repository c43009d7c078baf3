#include "services/tts/request.hpp"

#include <gtest/gtest.h>

#include "services/tts/recording_format.hpp"

namespace onput::tts {
namespace {

using Settings = std::map<std::string, std::string>;

std::string output_of(const std::string& key, const std::string& prefix = {}) {
    const auto output =
        choose_output({{"OUTPUT_BUCKET", "outbox"}, {"OUTPUT_PREFIX", prefix}}, key, SpeechJob());
    return output ? output->bucket + ":" + output->key : output.error().reason;
}

TEST(SpeechOutput, the_keys_extension_becomes_mp3) {
    EXPECT_EQ(output_of("in/book.txt"), "outbox:in/book.mp3");
    EXPECT_EQ(output_of("a.b.txt"), "outbox:a.b.mp3");
}

TEST(SpeechOutput, a_key_without_an_extension_gets_one) {
    EXPECT_EQ(output_of("book"), "outbox:book.mp3");
    EXPECT_EQ(output_of("v1.2/book"), "outbox:v1.2/book.mp3");
}

TEST(SpeechOutput, a_dot_file_has_no_extension) {
    EXPECT_EQ(output_of(".txt"), "outbox:.txt.mp3");
    EXPECT_EQ(output_of("in/.txt"), "outbox:in/.txt.mp3");
}

TEST(SpeechOutput, the_prefix_comes_first) {
    EXPECT_EQ(output_of("in/book.txt", "speech/"), "outbox:speech/in/book.mp3");
}

TEST(SpeechOutput, a_function_without_a_bucket_for_results_is_refused) {
    const auto output = choose_output({}, "book.txt", SpeechJob());
    ASSERT_FALSE(output);
    EXPECT_EQ(output.error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(output.error().reason, "bad_setting");
}

TEST(SpeechOutput, the_format_says_the_extension_and_the_content_type) {
    const auto output = [](const std::string& format) {
        SpeechJob job;
        job.format = format;
        const auto chosen = choose_output({{"OUTPUT_BUCKET", "outbox"}}, "book.txt", job);
        return chosen ? chosen->key + " " + chosen->content_type : chosen.error().reason;
    };
    EXPECT_EQ(output(""), "book.mp3 audio/mpeg");
    EXPECT_EQ(output("ogg_vorbis"), "book.ogg audio/ogg");
    EXPECT_EQ(output("ogg_opus"), "book.opus audio/ogg");
    EXPECT_EQ(output("wav"), "book.wav audio/wav");
    EXPECT_EQ(output("flac"), "bad_setting");
}

schema::ObjectInfo object(Settings metadata = {}) {
    schema::ObjectInfo info;
    info.key = "in/book.txt";
    info.metadata = std::move(metadata);
    return info;
}

TEST(SpeechRequest, nothing_set_gives_the_defaults) {
    const auto job = make_job({}, object());
    ASSERT_TRUE(job);
    SpeechJob expected;
    expected.title = "in/book.txt";
    EXPECT_EQ(*job, expected);
}

TEST(SpeechRequest, the_engine_is_the_objects_or_the_functions_and_is_known) {
    EXPECT_EQ(make_job({{"ENGINE", "neural"}}, object())->engine, "neural");
    EXPECT_EQ(make_job({{"ENGINE", "neural"}}, object({{"onput-engine", "standard"}}))->engine,
              "standard");
    for (const auto& job : {make_job({{"ENGINE", "long-form"}}, object()),
                            make_job({}, object({{"onput-engine", "espeak"}}))}) {
        ASSERT_FALSE(job);
        EXPECT_EQ(job.error().reason, "bad_setting");
    }
}

TEST(SpeechRequest, the_functions_settings_are_taken_over) {
    const auto job = make_job({{"VOICE", "vi"},
                               {"LANGUAGE", "vi"},
                               {"DEFAULT_LANGUAGE", "de"},
                               {"RATE", "80"},
                               {"PITCH", "100"},
                               {"VOLUME", "0"}},
                              object());
    ASSERT_TRUE(job);
    EXPECT_EQ(job->function_voice, "vi");
    EXPECT_EQ(job->function_language, "vi");
    EXPECT_EQ(job->default_language, "de");
    EXPECT_EQ(job->rate_wpm, 80);
    EXPECT_EQ(job->pitch, 100);
    EXPECT_EQ(job->volume, 0);
}

TEST(SpeechRequest, the_objects_metadata_wins) {
    const auto job =
        make_job({{"RATE", "100"}, {"VOICE", "en"}},
                 object({{"onput-voice", "de"}, {"onput-language", "de"}, {"onput-rate", "450"}}));
    ASSERT_TRUE(job);
    EXPECT_EQ(job->object_voice, "de");
    EXPECT_EQ(job->object_language, "de");
    EXPECT_EQ(job->rate_wpm, 450);
}

TEST(SpeechRequest, each_number_may_be_the_objects) {
    const auto job = make_job({{"PITCH", "100"}, {"VOLUME", "0"}},
                              object({{"onput-pitch", "30"}, {"onput-volume", "200"}}));
    ASSERT_TRUE(job);
    EXPECT_EQ(job->pitch, 30);
    EXPECT_EQ(job->volume, 200);
    for (const auto& [name, value] : Settings{{"onput-pitch", "101"}, {"onput-volume", "201"}})
        EXPECT_EQ(make_job({}, object({{name, value}})).error().reason, "bad_setting") << name;
}

TEST(SpeechRequest, a_tag_wins_over_the_function_and_metadata_over_a_tag) {
    auto input = object({{"onput-rate", "450"}});
    input.tags = {{"onput-voice", "de"}, {"onput-rate", "100"}, {"onput-pitch", "30"}};
    const auto job = make_job({{"RATE", "200"}, {"PITCH", "60"}, {"VOLUME", "150"}}, input);
    ASSERT_TRUE(job);
    EXPECT_EQ(job->object_voice, "de");
    EXPECT_EQ(job->rate_wpm, 450);
    EXPECT_EQ(job->pitch, 30);
    EXPECT_EQ(job->volume, 150);
    input.tags = {{"onput-pitch", "high"}};
    EXPECT_EQ(make_job({}, input).error().reason, "bad_setting");
}

TEST(SpeechRequest, a_format_and_its_bit_rate_are_taken_over) {
    const auto job = make_job({{"FORMAT", "ogg_opus"}, {"BITRATE", "24"}}, object());
    ASSERT_TRUE(job);
    EXPECT_EQ(job->format, "ogg_opus");
    EXPECT_EQ(job->bitrate_kbps, 24U);
    // The function's bit rate is meant for its own format.
    const auto other =
        make_job({{"FORMAT", "ogg_opus"}, {"BITRATE", "12"}}, object({{"onput-format", "wav"}}));
    ASSERT_TRUE(other);
    EXPECT_EQ(other->format, "wav");
    EXPECT_EQ(other->bitrate_kbps, 0U);
    EXPECT_EQ(make_job({}, object({{"onput-bitrate", "64"}}))->bitrate_kbps, 64U);
    // Without a format of its own it is meant for the usual one.
    const Settings usual{{"BITRATE", "64"}};
    EXPECT_EQ(make_job(usual, object({{"onput-format", "mp3"}}))->bitrate_kbps, 64U);
    EXPECT_EQ(make_job(usual, object({{"onput-format", "wav"}}))->bitrate_kbps, 0U);
}

TEST(SpeechRequest, formats_and_bit_rates_that_do_not_fit_are_refused_by_name) {
    const auto refusal = [](Settings metadata) {
        const auto job = make_job({}, object(std::move(metadata)));
        return job ? "" : job.error().reason + ": " + job.error().message;
    };
    EXPECT_EQ(refusal({{"onput-format", "flac"}}),
              "bad_setting: the format 'flac' is not one of mp3, ogg_vorbis, ogg_opus, wav");
    EXPECT_EQ(refusal({{"onput-format", "wav"}, {"onput-bitrate", "64"}}),
              "bad_setting: wav has no bit rate to choose: leave it out");
    EXPECT_EQ(refusal({{"onput-format", "ogg_vorbis"}, {"onput-bitrate", "320"}}),
              "bad_setting: ogg_vorbis has no bit rate of 320 kbit/s: choose 24, 32, 40, 48, 56, "
              "64");
    EXPECT_TRUE(refusal({{"onput-bitrate", "-1"}}).contains("is not a number from 0 to 1000"));
    EXPECT_TRUE(refusal({{"onput-bitrate", "1001"}}).contains("is not a number from 0 to 1000"));
}

TEST(SpeechRequest, only_an_mp3_of_the_usual_bit_rate_is_made_of_parts) {
    EXPECT_TRUE(can_be_joined("", 0));
    EXPECT_TRUE(can_be_joined("mp3", 0));
    EXPECT_FALSE(can_be_joined("mp3", 64));
    EXPECT_FALSE(can_be_joined("wav", 0));
}

TEST(SpeechRequest, a_charset_that_the_content_type_declares_is_passed_on) {
    const auto declared = [](std::string content_type) {
        auto input = object();
        input.content_type = std::move(content_type);
        return make_job({}, input)->charset;
    };
    EXPECT_EQ(declared("text/plain; charset=windows-1251"), "windows-1251");
    EXPECT_EQ(declared("text/plain;format=flowed; Charset=\"koi8-r\""), "koi8-r");
    EXPECT_EQ(declared("text/plain"), "");
    EXPECT_EQ(declared(""), "");
}

TEST(SpeechRequest, numbers_out_of_bounds_or_no_numbers_are_refused) {
    for (const auto& [name, value] : Settings{{"RATE", "79"}, {"PITCH", "101"}, {"VOLUME", "-1"}}) {
        EXPECT_EQ(make_job({{name, value}}, object()).error().reason, "bad_setting") << name;
    }
    for (const std::string text : {"451", "fast", "100 ", "1e2", "99999999999"}) {
        const auto job = make_job({}, object({{"onput-rate", text}}));
        ASSERT_FALSE(job) << text;
        EXPECT_EQ(job.error().code, ErrorCode::invalid_argument);
    }
}

TEST(SpeechRequest, the_longest_text_follows_from_the_time_limit_and_the_rate) {
    using std::chrono::seconds;
    EXPECT_EQ(spoken_characters_max(175, seconds(900), 10'000), 9'000'000U);
    EXPECT_EQ(spoken_characters_max(350, seconds(900), 10'000), 18'000'000U);
    EXPECT_EQ(spoken_characters_max(80, seconds(1), 10'000), 4'571U);
    EXPECT_GT(spoken_characters_max(80, seconds(0), 10'000), 0U);  // 0 would be: any length.
}

}  // namespace
}  // namespace onput::tts
