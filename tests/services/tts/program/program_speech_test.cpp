// Real programs that speak, flite and espeak-ng, in real children; and programs that fail.
#include "services/tts/program/program_speech.hpp"

#include <filesystem>
#include <fstream>

#include "common/runtime/hardening.hpp"
#include "services/tts/job.hpp"
#include "services/tts/polly_voices.hpp"
#include "services/tts/program/speech_programs.hpp"
#include "tests/services/tts/call/call_test.hpp"

namespace onput::tts {
namespace {

constexpr std::string_view programs_file = R"({"programs": [
    {"name": "flite", "engine": "neural",
     "command": ["/usr/bin/flite", "-voice", "{voice}", "--setf", "duration_stretch={stretch}",
                 "-f", "/dev/stdin", "-o", "/dev/stdout"],
     "voices": [{"id": "slt", "language": "en-US", "gender": "Female", "default": true},
                {"id": "kal", "language": "en-US"}]},
    {"name": "espeak-ng",
     "command": ["/usr/bin/espeak-ng", "--stdin", "--stdout", "-v", "{voice}", "-s", "{rate}"],
     "voices": [{"id": "Esperanza", "voice": "eo", "language": "eo"}]},
    {"name": "garbage", "command": ["/usr/bin/cat"],
     "voices": [{"id": "cat", "language": "en-US"}]},
    {"name": "false", "command": ["/usr/bin/false"],
     "voices": [{"id": "false", "language": "en-US"}]},
    {"name": "endless", "command": ["/usr/bin/yes"],
     "voices": [{"id": "yes", "language": "en-US"}]},
    {"name": "hanging", "command": ["/usr/bin/sleep", "100000"], "seconds": 1,
     "voices": [{"id": "sleep", "language": "en-US"}]}
]})";

class ProgramSpeechTest : public CallTest {
protected:
    void SetUp() override {
        if (runtime::landlock_version() == 0)
            GTEST_SKIP() << "PROGRAMS ARE NOT TESTED: no Landlock here";
        for (const char* const program : {"/usr/bin/flite", "/usr/bin/espeak-ng"}) {
            if (!std::filesystem::exists(program)) GTEST_SKIP() << program << " is not installed";
        }
        const std::string file = testing::TempDir() + "programs.json";
        std::ofstream(file) << programs_file;
        auto created = worker::JobZygote::create({.name = "speech",
                                                  .initialise = [&file]() -> Result<void> {
                                                      ONPUT_TRY_VOID(load_speech(""));
                                                      return load_speech_programs(file);
                                                  },
                                                  .run = run_speech,
                                                  .readable = {speech_data_folder()},
                                                  .find_program = find_speech_program,
                                                  .threads_max = 0});
        ASSERT_TRUE(created) << created.error().message;
        zygote = std::move(*created);
    }

    std::string refusal(std::string_view text, schema::SynthesizeSpeech parameters) {
        if (parameters.format.empty()) parameters.format = "pcm";
        const CallOutcome outcome = call(text, parameters);
        EXPECT_EQ(outcome.bytes, "");
        return outcome.result ? "spoken" : outcome.reason() + ": " + outcome.result.error().message;
    }

    // Bytes of 16-bit samples at 16,000 Hz.
    static double seconds(const CallOutcome& outcome) {
        return static_cast<double>(outcome.bytes.size()) / 2 / 16'000;
    }
};

TEST_F(ProgramSpeechTest, a_program_speaks_a_call) {
    const CallOutcome spoken = say("The weather is fine today.", {.voice = "slt"});
    EXPECT_EQ(spoken.result->voice, "slt");
    EXPECT_EQ(spoken.result->language, "en-US");
    EXPECT_GT(seconds(spoken), 1.0);
    EXPECT_LT(seconds(spoken), 4.0);
    EXPECT_EQ(say("The weather is fine today.", {.voice = "SLT"}).bytes, spoken.bytes);
    EXPECT_NE(say("The weather is fine today.", {.voice = "kal"}).bytes, spoken.bytes);
}

TEST_F(ProgramSpeechTest, a_sound_whose_size_was_not_written_is_used) {
    EXPECT_GT(seconds(say("Bonan tagon, mondo.", {.voice = "Esperanza"})), 0.8);
}

TEST_F(ProgramSpeechTest, rate_and_volume_of_ssml_are_obeyed) {
    const CallOutcome usual = say_ssml("The weather is fine today.", {.voice = "slt"});
    const CallOutcome fast =
        say_ssml("<prosody rate=\"200%\">The weather is fine today.</prosody>", {.voice = "slt"});
    EXPECT_LT(seconds(fast), seconds(usual) * 0.7);
    const CallOutcome silent =
        say_ssml("<prosody volume=\"silent\">The weather is fine.</prosody>", {.voice = "slt"});
    EXPECT_EQ(silent.bytes.find_first_not_of('\0'), silent.bytes.npos);
}

TEST_F(ProgramSpeechTest, another_language_is_the_engines) {
    EXPECT_GT(
        seconds(say_ssml("Hello. <lang xml:lang=\"de-DE\">Guten Tag.</lang>", {.voice = "slt"})),
        1.0);
}

TEST_F(ProgramSpeechTest, what_a_program_cannot_do_is_refused_before_the_first_byte) {
    EXPECT_EQ(refusal("<speak><phoneme alphabet=\"ipa\" ph=\"həˈloʊ\">Hello</phoneme></speak>",
                      {.is_ssml = true, .voice = "slt"}),
              "ValidationException: voice 'slt' is a program's, which takes no phonemes: leave out "
              "<phoneme> and lexemes with <phoneme>");
    EXPECT_EQ(refusal("Hello.", {.voice = "slt", .format = "json", .marks = {"word"}}),
              "ValidationException: voice 'slt' is a program's, which has speech marks of the type "
              "sentence only");
    EXPECT_TRUE(refusal("<speak><prosody pitch=\"high\">Hello</prosody></speak>",
                        {.is_ssml = true, .voice = "slt"})
                    .starts_with("InvalidSsmlException"));
    EXPECT_TRUE(refusal("Hello.", {.voice = "slt", .engine = "standard"})
                    .starts_with("EngineNotSupportedException"));
    EXPECT_TRUE(refusal("Hello.", {.voice = "slt", .language_code = "de-DE"})
                    .starts_with("LanguageNotSupportedException"));
}

TEST_F(ProgramSpeechTest, sentences_have_marks) {
    const CallOutcome marks =
        say("It is fine. We walk.", {.voice = "slt", .format = "json", .marks = {"sentence"}});
    EXPECT_TRUE(marks.bytes.starts_with(
        R"({"time":0,"type":"sentence","start":0,"end":11,"value":"It is fine."})"))
        << marks.bytes;
    EXPECT_TRUE(marks.bytes.contains(R"("value":"We walk.")"));
}

TEST_F(ProgramSpeechTest, a_program_that_fails_fails_the_call_with_its_reason) {
    EXPECT_EQ(refusal("Hello.", {.voice = "cat"}),
              "program_bad_sound: the program wrote no sound that can be used: it is no WAV");
    EXPECT_EQ(refusal("Hello.", {.voice = "false"}),
              "program_failed: program false: it ended with status 1");
    EXPECT_EQ(refusal("Hello.", {.voice = "yes"}),
              "program_output: program endless: it wrote more than 67108864 bytes");
    EXPECT_EQ(refusal("Hello.", {.voice = "sleep"}),
              "program_timeout: program hanging: it ran out of time: 1000 ms are allowed");
}

TEST_F(ProgramSpeechTest, voices_of_programs_are_listed_and_near_to_mistakes) {
    std::string bytes;
    const auto outcome = run(schema::encode(schema::ListVoices()), "", bytes);
    const auto list = schema::decode<schema::VoiceList>(*outcome.result);
    const auto slt = std::ranges::find(list->voices, "slt", &schema::VoiceInfo::id);
    ASSERT_NE(slt, list->voices.end());
    EXPECT_EQ(slt->engines, std::vector<std::string>{"neural"});
    EXPECT_EQ(slt->language_name, "US English");
    EXPECT_EQ(slt->gender, "Female");
    EXPECT_TRUE(refusal("Hello.", {.voice = "Esperanca"}).contains("near it are Esperanza"));
}

TEST_F(ProgramSpeechTest, a_default_voice_speaks_the_jobs_in_its_language) {
    const auto voice_of = [this](SpeechJob job) {
        job.phrase = "It is fine.";
        std::string bytes;
        const auto outcome = run(schema::encode(job), "", bytes);
        EXPECT_TRUE(outcome.result) << outcome.result.error().message;
        return outcome.result ? schema::decode<SpeechResult>(*outcome.result)->voice : "";
    };
    EXPECT_EQ(voice_of({.object_language = "en"}), "slt");
    EXPECT_EQ(voice_of({.object_language = "en-US", .engine = "neural"}), "slt");
    EXPECT_EQ(voice_of({.object_language = "en-US", .engine = "standard"}), "en-US");
    EXPECT_EQ(voice_of({.object_language = "en-GB"}), "en");
    EXPECT_EQ(voice_of({.function_voice = "kal"}), "kal");
}

class SpeechProgramsFileTest : public testing::Test {
protected:
    static void SetUpTestSuite() { ASSERT_TRUE(load_speech_engine()); }

    static std::string told(std::string_view command, std::string_view id) {
        const std::string file = testing::TempDir() + "one-program.json";
        std::ofstream(file) << R"({"programs": [{"name": "one", "command": [")" << command
                            << R"("], "voices": [{"id": ")" << id << R"(", "language": "de"}]}]})";
        const auto loaded = load_speech_programs(file);
        if (loaded) return "loaded";
        const std::string& message = loaded.error().message;
        return message.substr(message.rfind("program one: "));
    }
};

TEST_F(SpeechProgramsFileTest, a_program_that_is_not_there_is_named) {
    EXPECT_EQ(told("/usr/bin/no-such-program", "mine"),
              "program one: /usr/bin/no-such-program: No such file or directory");
}

TEST_F(SpeechProgramsFileTest, a_voice_that_there_is_already_is_refused) {
    for (const char* const id : {"Joanna", "joanna", "de", "vi"}) {
        EXPECT_EQ(told("/usr/bin/cat", id), "program one: there is a voice '" + std::string(id) +
                                                "' already: give the program's another id");
    }
}

TEST_F(SpeechProgramsFileTest, a_file_that_is_not_there_is_told) {
    const auto loaded = load_speech_programs("/nowhere/programs.json");
    EXPECT_EQ(loaded.error().message,
              "programs that speak, /nowhere/programs.json: it cannot be read, or has more than "
              "262144 bytes");
}

}  // namespace
}  // namespace onput::tts
