#include "services/tts/call/call_job.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "common/base/text.hpp"
#include "services/tts/call/prepared_call.hpp"
#include "services/tts/sound/sound_writer.hpp"
#include "tests/services/tts/call/call_test.hpp"

namespace onput::tts {
namespace {

constexpr std::string_view sentence = "Hello, world. This is spoken, and it is heard.";

// What ffprobe says of a sound.
struct Probed {
    std::string codec;
    std::uint32_t rate = 0;
    double seconds = 0;
    double packets = 0;
};

Probed probe(const std::string& bytes, std::string_view input_options = "") {
    const auto path =
        std::filesystem::temp_directory_path() / fmt::format("onput-call-{}.sound", ::getpid());
    std::ofstream(path, std::ios::binary) << bytes;
    // An MP3 without a head says its length only roughly: its frames are counted, up to three more
    // than are heard. In Ogg the last page has the length.
    const std::string command = fmt::format(
        "ffprobe -v error {} -show_entries "
        "stream=codec_name,sample_rate,duration:packet=duration_time "
        "-of default=noprint_wrappers=1 {} 2>&1",
        input_options, path.string());
    Probed probed;
    std::FILE* out = ::popen(command.c_str(), "r");
    std::array<char, 256> line{};
    while (std::fgets(line.data(), line.size(), out) != nullptr) {
        std::string_view text(line.data());
        text = text.substr(0, text.find('\n'));
        const auto value = text.substr(std::min(text.find('=') + 1, text.size()));
        if (text.starts_with("codec_name=")) probed.codec = value;
        if (text.starts_with("sample_rate=")) {
            probed.rate = parse_number<std::uint32_t>(value).value_or(0);
        }
        if (text.starts_with("duration_time=")) {
            probed.packets += parse_number<double>(value).value_or(0);
        }
        if (text.starts_with("duration=")) {
            probed.seconds = parse_number<double>(value).value_or(0);
        }
    }
    ::pclose(out);
    std::filesystem::remove(path);
    if (probed.codec == "mp3") probed.seconds = probed.packets;
    return probed;
}

class CallJobTest : public CallTest {};

TEST_F(CallJobTest, ffprobe_agrees_on_format_rate_and_duration) {
    for (const SoundFormat& format : sound_formats()) {
        for (const std::uint32_t rate : format.rates) {
            const CallOutcome spoken =
                say(sentence, {.format = std::string(format.name), .sample_rate = rate});
            const bool is_raw = !format.name.starts_with("ogg") && format.name != "mp3";
            const std::string raw = fmt::format("-f {} -ar {} -ac 1",
                                                format.name == "pcm" ? "s16le" : format.name, rate);
            const Probed probed = probe(spoken.bytes, is_raw ? raw : "");
            const bool is_opus = format.name == "ogg_opus";
            EXPECT_EQ(probed.rate, is_opus ? 48'000 : rate) << format.name;
            const double frames = format.name == "mp3" ? 1'800.0 / rate : 0;
            EXPECT_NEAR(probed.seconds, static_cast<double>(spoken.result->duration_ms) / 1000,
                        0.02 + frames)
                << format.name << rate;
            const std::map<std::string_view, std::string> codecs{
                {"mp3", "mp3"},       {"ogg_vorbis", "vorbis"}, {"ogg_opus", "opus"},
                {"pcm", "pcm_s16le"}, {"mulaw", "pcm_mulaw"},   {"alaw", "pcm_alaw"}};
            EXPECT_EQ(probed.codec, codecs.at(format.name));
        }
    }
}

TEST_F(CallJobTest, a_rate_of_zero_is_the_formats_own) {
    EXPECT_EQ(probe(say(sentence, {.format = "mp3"}).bytes).rate, 22'050U);
    EXPECT_EQ(probe(say(sentence, {.format = "ogg_vorbis"}).bytes).rate, 22'050U);
    EXPECT_EQ(say(sentence, {.format = "pcm"}).bytes,
              say(sentence, {.format = "pcm", .sample_rate = 16'000}).bytes);
}

TEST_F(CallJobTest, the_same_call_gives_the_same_bytes) {
    for (const SoundFormat& format : sound_formats()) {
        const schema::SynthesizeSpeech parameters{.format = std::string(format.name)};
        const std::string first = say(sentence, parameters).bytes;
        EXPECT_GT(first.size(), 1000U);
        EXPECT_EQ(first, say(sentence, parameters).bytes) << format.name;
    }
}

TEST_F(CallJobTest, the_result_says_who_spoke_and_how_much) {
    const CallOutcome spoken = say("Xin ch\u00e0o", {.voice = "vi"});
    EXPECT_EQ(spoken.result->voice, "vi");
    EXPECT_EQ(spoken.result->language, "vi");
    EXPECT_EQ(spoken.result->characters, 8U);
    EXPECT_EQ(spoken.result->duration_ms, spoken.bytes.size() / 32);
    EXPECT_EQ(say("Hi", {.voice = "Joanna"}).result->voice, "en-US+f3");
}

TEST_F(CallJobTest, what_cannot_be_done_is_refused_before_a_byte_is_written) {
    const auto refused = [this](schema::SynthesizeSpeech parameters, std::string_view text) {
        if (parameters.voice.empty()) parameters.voice = "Joanna";
        const CallOutcome outcome = call(text, parameters);
        EXPECT_TRUE(outcome.bytes.empty());
        EXPECT_FALSE(outcome.result);
        EXPECT_EQ(outcome.result ? ErrorCode::internal : outcome.result.error().code,
                  ErrorCode::invalid_argument);
        return outcome.reason();
    };
    EXPECT_EQ(refused({.voice = "Joana", .format = "mp3"}, "a"), "no_such_voice");
    EXPECT_EQ(refused({.engine = "neural", .format = "mp3"}, "a"), "EngineNotSupportedException");
    EXPECT_EQ(refused({.language_code = "fr-FR", .format = "mp3"}, "a"),
              "LanguageNotSupportedException");
    EXPECT_EQ(refused({.format = "mp3", .sample_rate = 11'025}, "a"), "InvalidSampleRateException");
    EXPECT_EQ(refused({.format = "wav"}, "a"), "ValidationException");
    EXPECT_EQ(refused({.format = "json", .marks = {"phoneme"}}, "a"), "ValidationException");
    EXPECT_EQ(refused({.format = "mp3"}, "\xff"), "ValidationException");
    EXPECT_EQ(refused({.is_ssml = true, .format = "mp3"}, "<speak>a"), "InvalidSsmlException");
    EXPECT_EQ(refused({.is_ssml = true, .format = "mp3"},
                      "<speak>a<lang xml:lang='tlh-XX'>b</lang></speak>"),
              "LanguageNotSupportedException");
    EXPECT_EQ(refused({.format = "mp3", .lexicons = {{"a", "<lexicon"}}}, "a"),
              "InvalidLexiconException");
    EXPECT_EQ(refused({.format = "mp3"}, std::string(call_text_bytes_max + 1, 'a')),
              "TextLengthExceededException");
}

TEST_F(CallJobTest, a_text_without_words_is_a_sound_without_any) {
    const CallOutcome spoken = say("--- ...", {});
    EXPECT_EQ(spoken.result->duration_ms, 0U);
}

TEST_F(CallJobTest, the_first_sound_leaves_before_the_last_is_spoken) {
    std::string text;
    for (int i = 0; i < 200; ++i) text += "This is one of many sentences. ";
    const std::string call =
        schema::encode(schema::SynthesizeSpeech{.text = text, .voice = "Joanna", .format = "pcm"});
    const worker::FileDescriptor input(::memfd_create("input", MFD_CLOEXEC));
    ASSERT_EQ(::pwrite(input.get(), call.data(), call.size(), 0),
              static_cast<ssize_t>(call.size()));
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    ASSERT_TRUE(zygote->start({.id = worker::JobId(1),
                               .parameters = schema::encode(schema::SynthesizeSpeech()),
                               .input_fd = input.get(),
                               .output_fd = ends[1]}));
    ::close(ends[1]);
    // What nobody reads waits in the pipe: some 400 s of sound do not fit, so the child still runs.
    std::array<char, 1> byte{};
    ASSERT_EQ(::read(ends[0], byte.data(), 1), 1);
    EXPECT_TRUE(zygote->take_finished().empty());
    // And a reader that leaves ends it.
    ::close(ends[0]);
    pollfd watched{.fd = zygote->fd(), .events = POLLIN, .revents = 0};
    ASSERT_EQ(::poll(&watched, 1, 60'000), 1);
    const auto outcomes = zygote->take_finished();
    ASSERT_EQ(outcomes.size(), 1U);
    ASSERT_FALSE(outcomes[0].result);
    EXPECT_EQ(outcomes[0].result.error().reason, "reader_left");
}

TEST_F(CallJobTest, a_text_of_decomposed_letters_sounds_as_the_composed_one) {
    EXPECT_EQ(say("Xin cha\u0300o", {.voice = "vi"}).bytes,
              say("Xin ch\u00e0o", {.voice = "vi"}).bytes);
}

TEST_F(CallJobTest, signs_of_the_engine_in_a_text_are_not_obeyed) {
    EXPECT_NE(say("x [[h@loU]] y", {}).bytes,
              say_ssml("x <phoneme ph='həloʊ'>z</phoneme> y").bytes);
    EXPECT_EQ(say("one \x01"
                  "300S two",
                  {})
                  .bytes,
              say("one  300S two", {}).bytes);
}

TEST_F(CallJobTest, voices_are_listed) {
    std::string bytes;
    const auto outcome = run(schema::encode(schema::ListVoices()), "", bytes);
    ASSERT_TRUE(outcome.result);
    const auto list = schema::decode<schema::VoiceList>(*outcome.result);
    ASSERT_TRUE(list);
    EXPECT_GT(list->voices.size(), 200U);
    EXPECT_EQ(list->voices.front().id, "Aditi");
}

TEST_F(CallJobTest, sound_that_lasts_longer_than_it_may_is_cut_off) {
    const std::string text = "One two three. Four five six. Seven eight nine.";
    const auto whole = say(text, {.format = "pcm"});
    const auto cut = say(text, {.format = "pcm", .duration_ms_max = 1000});
    ASSERT_TRUE(whole.result && cut.result);
    EXPECT_EQ(cut.result->duration_ms, 1000U);
    EXPECT_NEAR(static_cast<double>(cut.bytes.size()), 2.0 * 16'000, 400);
    EXPECT_GT(whole.result->duration_ms, 2000U);
}

TEST_F(CallJobTest, a_check_says_nothing_and_refuses_what_speaking_would) {
    const auto good = say("Hello.", {.format = "mp3", .checks_only = true});
    ASSERT_TRUE(good.result) << good.result.error().message;
    EXPECT_TRUE(good.bytes.empty());
    EXPECT_EQ(
        call("<speak>a", {.is_ssml = true, .voice = "Joanna", .format = "mp3", .checks_only = true})
            .reason(),
        "InvalidSsmlException");
    EXPECT_EQ(call("a", {.voice = "Joana", .format = "mp3", .checks_only = true}).reason(),
              "no_such_voice");
    EXPECT_EQ(
        call("a", {.voice = "Joanna", .engine = "generative", .format = "mp3", .checks_only = true})
            .reason(),
        "EngineNotSupportedException");
}

// Longer together than the parameters of a child may be.
TEST_F(CallJobTest, lexicons_of_any_length_are_spoken_with) {
    schema::SynthesizeSpeech parameters{.voice = "Amy", .format = "json", .marks = {"word"}};
    for (std::size_t i = 0; i < call_lexicons_max; ++i) {
        std::string content = R"(<lexicon version="1.0" alphabet="ipa" xml:lang="en-GB" )"
                              R"(xmlns="http://www.w3.org/2005/01/pronunciation-lexicon">)";
        for (int entry = 0; entry < 300; ++entry)
            content += fmt::format(
                "<lexeme><grapheme>w{}x{}</grapheme><alias>word</alias></lexeme>", i, entry);
        parameters.lexicons.push_back(
            {.name = fmt::format("l{}", i), .content = content + "</lexicon>"});
    }
    const auto spoken = call("One w4x299 two.", parameters);
    ASSERT_TRUE(spoken.result) << spoken.result.error().message;
    EXPECT_TRUE(spoken.bytes.contains("w4x299")) << spoken.bytes;
    EXPECT_GT(schema::encode(parameters).size(), worker::job_parameters_bytes_max);
}

}  // namespace
}  // namespace onput::tts
