// The natural voice as calls use it. Skipped where its pack is not installed beside the tests
// (build/release/bin/onput voices install hibari).
#include "services/tts/onnx/natural_voice.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <sstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "common/base/random.hpp"
#include "common/json/reader.hpp"
#include "common/speech/voice_folder.hpp"
#include "services/tts/book/messages.hpp"
#include "services/tts/job.hpp"
#include "tests/services/tts/call/call_test.hpp"

namespace onput::tts {
namespace {

// Beside the test, as for every program.
const std::string packs = speech::default_voices_folder();

class NaturalVoiceTest : public CallTest {
protected:
    void SetUp() override {
        if (!std::filesystem::exists(packs + "/hibari/hibari.onnx"))
            GTEST_SKIP() << "the voice hibari is not installed in " << packs;
        // Nothing else that is installed: who is neural follows from the packs.
        std::string name = std::filesystem::temp_directory_path() / "natural_voice_test.XXXXXX";
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        voices_folder = name;
        for (const std::string pack : {"hibari", "onnxruntime"}) {
            std::filesystem::create_directory_symlink(packs + "/" + pack,
                                                      voices_folder + "/" + pack);
        }
        CallTest::SetUp();
    }
    void TearDown() override {
        if (!voices_folder.empty()) std::filesystem::remove_all(voices_folder);
    }

    CallOutcome say_hibari(std::string_view text, schema::SynthesizeSpeech parameters = {}) {
        parameters.voice = "hibari";
        return say(text, std::move(parameters));
    }
    CallOutcome try_ssml(std::string_view inner) {
        return call("<speak>" + std::string(inner) + "</speak>",
                    {.is_ssml = true, .voice = "hibari", .format = "pcm"});
    }

    // "word@373": types or values, and times.
    struct Mark {
        std::string type;
        std::string value;
        std::int64_t time = 0;
        std::int64_t start = 0;
        std::int64_t end = 0;
    };
    std::vector<Mark> marks(std::string_view text, bool is_ssml = false) {
        schema::SynthesizeSpeech parameters{.is_ssml = is_ssml, .format = "json"};
        parameters.marks = {"sentence", "word", "viseme", "ssml"};
        std::vector<Mark> result;
        std::istringstream lines(say_hibari(text, parameters).bytes);
        for (std::string line; std::getline(lines, line);) {
            const auto json = json::read(line);
            EXPECT_TRUE(json) << line;
            const auto number = [&](const char* name) {
                const json::Value* value = json->find(name);
                return value == nullptr ? -1 : *value->integer();
            };
            result.push_back({.type = *json->find("type")->text(),
                              .value = *json->find("value")->text(),
                              .time = number("time"),
                              .start = number("start"),
                              .end = number("end")});
        }
        return result;
    }
};

double power(const std::string& pcm) {
    double sum = 0;
    for (std::size_t i = 0; i + 1 < pcm.size(); i += 2) {
        std::int16_t sample = 0;
        std::memcpy(&sample, &pcm[i], 2);
        sum += static_cast<double>(sample) * sample;
    }
    return pcm.empty() ? 0 : sum / (static_cast<double>(pcm.size()) / 2);
}

TEST_F(NaturalVoiceTest, speaks_a_sentence_about_as_long_as_a_person_does) {
    const auto spoken = say_hibari("She sells sea shells by the sea shore.");
    EXPECT_GT(spoken.result->duration_ms, 1'800U);
    EXPECT_LT(spoken.result->duration_ms, 4'000U);
    EXPECT_GT(power(spoken.bytes), 100.0 * 100.0);
    EXPECT_EQ(spoken.result->voice, "hibari");
    EXPECT_EQ(spoken.result->language, "en-US");
}

TEST_F(NaturalVoiceTest, the_same_text_has_the_same_bytes) {
    const std::string text = "Hello there. It costs 20 dollars, doesn't it?";
    EXPECT_EQ(say_hibari(text).bytes, say_hibari(text).bytes);
}

TEST_F(NaturalVoiceTest, a_sentence_sounds_the_same_wherever_it_stands) {
    const std::string first = say_hibari("Hello there.").bytes;
    const std::string both = say_hibari("Hello there. Hello there.").bytes;
    EXPECT_EQ(both.substr(0, 4'000), first.substr(0, 4'000));
    EXPECT_NEAR(static_cast<double>(both.size()), 2.0 * static_cast<double>(first.size()), 40);
}

TEST_F(NaturalVoiceTest, a_sound_is_the_same_whether_marks_are_wanted_or_not) {
    const std::string text = "One, two, three; and the apple (so it seems) -- 1,250 of them.";
    const auto spoken = say_hibari(text);
    const auto last = marks(text).back();
    EXPECT_NEAR(static_cast<double>(last.time), static_cast<double>(spoken.result->duration_ms),
                400);
}

TEST_F(NaturalVoiceTest, every_mark_points_at_its_word_and_times_never_decrease) {
    const std::string text = "The quick, well-known fox paid $9.99 for 1,250 apples at 7:30!";
    const auto all = marks(text);
    std::vector<std::string> words;
    std::int64_t before = 0;
    for (const Mark& mark : all) {
        EXPECT_GE(mark.time, before) << mark.value;
        before = mark.time;
        if (mark.type != "word") continue;
        EXPECT_EQ(text.substr(static_cast<std::size_t>(mark.start),
                              static_cast<std::size_t>(mark.end - mark.start)),
                  mark.value);
        words.push_back(mark.value);
    }
    const std::vector<std::string> begin{"The", "quick", "well", "known", "fox", "paid"};
    ASSERT_GE(words.size(), begin.size());
    EXPECT_TRUE(std::ranges::equal(begin, std::span(words).first(begin.size())));
    EXPECT_GT(std::ranges::count(all, "viseme", &Mark::type), 20);
}

TEST_F(NaturalVoiceTest, each_word_of_any_text_has_its_mark) {
    constexpr std::array<std::string_view, 12> parts{"keeper", "clocks", "town",  "it's",
                                                     "Mary",   "a",      "wound", "quick",
                                                     "apples", "river",  "of",    "noon"};
    Random random(5);
    for (int round = 0; round < 4; ++round) {
        std::string text;
        std::vector<std::string> wanted;
        for (int i = 0; i < 14; ++i) {
            const std::string word(parts.at(random.below(parts.size())));
            wanted.push_back(word);
            text += word + (random.below(5) == 0 ? ", " : random.below(6) == 0 ? ". " : " ");
        }
        std::vector<std::string> seen;
        std::int64_t before = 0;
        for (const Mark& mark : marks(text)) {
            EXPECT_GE(mark.time, before) << text;
            before = mark.time;
            if (mark.type != "word") continue;
            seen.push_back(text.substr(static_cast<std::size_t>(mark.start),
                                       static_cast<std::size_t>(mark.end - mark.start)));
            EXPECT_EQ(seen.back(), mark.value) << text;
        }
        EXPECT_EQ(seen, wanted) << text;
        EXPECT_LE(before, static_cast<std::int64_t>(say_hibari(text).result->duration_ms) + 1);
    }
}

TEST_F(NaturalVoiceTest, words_have_times_of_their_own) {
    std::vector<std::int64_t> times;
    for (const Mark& mark : marks("Nobody ever expected such wonderful weather."))
        if (mark.type == "word") times.push_back(mark.time);
    ASSERT_EQ(times.size(), 6U);
    for (std::size_t i = 1; i < times.size(); ++i) EXPECT_GT(times[i], times[i - 1] + 150);
}

TEST_F(NaturalVoiceTest, rate_and_volume_are_obeyed) {
    const std::string text = "We speak about the weather today.";
    const auto usual = say_hibari(text);
    const auto slow = try_ssml("<prosody rate='50%'>" + text + "</prosody>");
    ASSERT_TRUE(slow.result);
    const auto ratio =
        static_cast<double>(slow.bytes.size()) / static_cast<double>(usual.bytes.size());
    EXPECT_NEAR(ratio, 2, 0.25);
    const auto quiet = try_ssml("<prosody volume='-6dB'>" + text + "</prosody>");
    EXPECT_NEAR(power(quiet.bytes) / power(usual.bytes), 0.25, 0.02);
    EXPECT_EQ(power(try_ssml("<prosody volume='silent'>" + text + "</prosody>").bytes), 0);
}

TEST_F(NaturalVoiceTest, tags_that_neural_voices_lack_are_refused) {
    for (const char* inner :
         {"<emphasis>a</emphasis>", "<prosody pitch='high'>a</prosody>",
          "<prosody amazon:max-duration='2s'>a</prosody>", "<amazon:breath/>",
          "<amazon:auto-breaths>a</amazon:auto-breaths>",
          "<amazon:effect name='whispered'>a</amazon:effect>",
          "<amazon:effect phonation='soft'>a</amazon:effect>",
          "<p><amazon:effect vocal-tract-length='+10%'>a</amazon:effect></p>"}) {
        const auto refused = try_ssml(inner);
        EXPECT_EQ(refused.reason(), "InvalidSsmlException") << inner;
        EXPECT_TRUE(refused.result.error().message.starts_with("Unsupported Neural feature"));
    }
}

TEST_F(NaturalVoiceTest, all_other_tags_are_spoken) {
    const auto spoken = try_ssml(
        "<p><s>Hello <break time='300ms'/><mark name='here'/>there.</s></p>"
        "<amazon:effect name='drc'>Loud</amazon:effect> <sub alias='World Wide Web'>WWW</sub> "
        "<say-as interpret-as='digits'>123</say-as> <phoneme ph='pɪˈkɑːn'>pecan</phoneme> "
        "<lang xml:lang='fr-FR'>bonjour</lang> <w role='amazon:VBD'>read</w>");
    ASSERT_TRUE(spoken.result) << spoken.result.error().message;
    EXPECT_GT(spoken.result->duration_ms, 3'000U);
}

TEST_F(NaturalVoiceTest, a_sentence_without_end_is_spoken_in_pieces) {
    std::string text;
    for (int i = 0; i < 100; ++i) text += "another word ";
    const auto spoken = say_hibari(text);
    EXPECT_GT(spoken.result->duration_ms, 40'000U);
    const auto letters = say_hibari(std::string(900, 'w'));
    EXPECT_GT(letters.result->duration_ms, 10'000U);
}

TEST_F(NaturalVoiceTest, a_text_of_signs_says_nothing_or_something_but_never_crashes) {
    for (const char* text :
         {"...", "?!", "\"", "( )", "a", "\xe4\xb8\xad\xe6\x96\x87", "\xf0\x9f\x98\x80"}) {
        const auto spoken = call(text, {.voice = "hibari", .format = "pcm"});
        EXPECT_TRUE(spoken.result) << text << ": " << spoken.result.error().message;
    }
}

TEST_F(NaturalVoiceTest, pollys_women_who_speak_english_are_neural_and_standard) {
    const auto neural = say("Hello.", {.voice = "Joanna", .engine = "neural"});
    EXPECT_EQ(neural.result->voice, "hibari");
    EXPECT_EQ(say("Hello.", {.voice = "Joanna"}).result->voice, "en-US+f3");
    EXPECT_EQ(say("Hello.", {.voice = "Joanna", .engine = "standard"}).result->voice, "en-US+f3");
    for (const auto& [voice, engine] : {std::pair("Matthew", "neural"),
                                        {"Vicki", "neural"},
                                        {"hibari", "standard"},
                                        {"vi", "neural"},
                                        {"Joanna", "long-form"}}) {
        const auto refused = call("Hello.", {.voice = voice, .engine = engine, .format = "pcm"});
        EXPECT_EQ(refused.reason(), "EngineNotSupportedException") << voice << " " << engine;
    }
}

TEST_F(NaturalVoiceTest, is_listed_with_the_engine_that_it_has) {
    std::string ignored;
    const auto listed = run(schema::encode(schema::ListVoices()), "", ignored);
    ASSERT_TRUE(listed.result);
    const auto list = schema::decode<schema::VoiceList>(*listed.result);
    const auto engines = [&](std::string_view id) {
        const auto found = std::ranges::find(list->voices, id, &schema::VoiceInfo::id);
        return found == list->voices.end() ? std::vector<std::string>() : found->engines;
    };
    EXPECT_EQ(engines("hibari"), std::vector<std::string>{"neural"});
    EXPECT_EQ(engines("Joanna"), (std::vector<std::string>{"standard", "neural"}));
    EXPECT_EQ(engines("Matthew"), std::vector<std::string>{"standard"});
}

// --- Jobs: texts that are uploaded ---------------------------------------------------------------

class NaturalJobTest : public NaturalVoiceTest {
protected:
    struct Spoken {
        Result<SpeechResult> result;
        std::string mp3;
    };
    // Of a job the output is a file.
    Spoken speak(std::string_view text, const SpeechJob& job = {}) {
        const worker::FileDescriptor input(::memfd_create("input", MFD_CLOEXEC));
        const worker::FileDescriptor output(::memfd_create("output", MFD_CLOEXEC));
        EXPECT_EQ(::pwrite(input.get(), text.data(), text.size(), 0),
                  static_cast<ssize_t>(text.size()));
        EXPECT_TRUE(zygote->start({.id = worker::JobId(1),
                                   .parameters = schema::encode(job),
                                   .input_fd = input.get(),
                                   .output_fd = output.get()}));
        pollfd watched{.fd = zygote->fd(), .events = POLLIN, .revents = 0};
        EXPECT_EQ(::poll(&watched, 1, std::chrono::milliseconds(std::chrono::minutes(1)).count()),
                  1);
        auto outcomes = zygote->take_finished();
        if (outcomes.size() != 1) return {.result = fail(ErrorCode::timeout, "no outcome")};
        Spoken spoken;
        spoken.mp3.resize(static_cast<std::size_t>(::lseek(output.get(), 0, SEEK_END)));
        EXPECT_EQ(::pread(output.get(), spoken.mp3.data(), spoken.mp3.size(), 0),
                  static_cast<ssize_t>(spoken.mp3.size()));
        if (outcomes[0].result) {
            spoken.result = schema::decode<SpeechResult>(*outcomes[0].result);
        } else {
            spoken.result = std::unexpected(outcomes[0].result.error());
        }
        return spoken;
    }
    SpeechResult speak_well(std::string_view text, const SpeechJob& job = {}) {
        const Spoken spoken = speak(text, job);
        EXPECT_TRUE(spoken.result) << spoken.result.error().message;
        return spoken.result ? *spoken.result : SpeechResult();
    }
};

constexpr std::string_view english = "The weather is fine today, and we walk in the park.";

TEST_F(NaturalJobTest, an_english_text_is_spoken_naturally_unless_another_is_asked_for) {
    EXPECT_EQ(speak_well(english).voice, "hibari");
    EXPECT_EQ(speak_well(english, {.engine = "standard"}).voice, "en");
    EXPECT_EQ(speak_well(english, {.object_voice = "en-us+f3"}).voice, "en-US+f3");
    EXPECT_EQ(speak_well(english, {.function_language = "en-GB"}).voice, "en");
    EXPECT_EQ(speak_well("Das ist der Text, und er ist nicht zu lang.").voice, "de");
}

// Both take the phonemes of one engine, which has one voice at a time.
TEST_F(NaturalJobTest, a_paragraph_in_another_language_changes_nothing_of_those_behind_it) {
    constexpr std::string_view german = "Das Wetter ist heute schön, und wir gehen in den Park.";
    const auto mixed = speak_well(fmt::format("{0}\n\n{1}\n\n{0}", english, german));
    EXPECT_EQ(mixed.voice, "hibari");
    EXPECT_EQ(mixed.languages, (std::vector<std::string>{"en-US", "de"}));
    const auto of_english = speak_well(english).duration_ms;
    const auto of_german = speak_well(german).duration_ms;
    EXPECT_NEAR(static_cast<double>(mixed.duration_ms),
                static_cast<double>(2 * of_english + of_german), 3);
}

TEST_F(NaturalJobTest, rate_pitch_and_volume_are_obeyed) {
    const auto usual = speak_well(english);
    const auto slow = speak_well(english, {.rate_wpm = 100});
    EXPECT_GT(slow.duration_ms, usual.duration_ms * 3 / 2);
    // Another pitch is another sound, as long as before.
    const auto high = speak(english, {.pitch = 70});
    EXPECT_NE(high.mp3, speak(english).mp3);
    EXPECT_EQ(high.result->duration_ms, usual.duration_ms);
    EXPECT_TRUE(speak(english, {.volume = 0}).result);
}

TEST_F(NaturalJobTest, paragraphs_have_a_pause_between_them) {
    const auto once = speak_well("Good morning, everyone.", {.object_voice = "hibari"});
    const auto twice = speak_well("Good morning, everyone.\n\nGood morning, everyone.",
                                  {.object_voice = "hibari"});
    EXPECT_EQ(twice.segments, 2U);
    EXPECT_GT(once.duration_ms, 1'500U);
    EXPECT_NEAR(static_cast<double>(twice.duration_ms), 2.0 * static_cast<double>(once.duration_ms),
                60);
}

TEST_F(NaturalJobTest, a_longer_text_than_the_time_is_enough_for_is_refused_at_once) {
    std::string text;
    for (int i = 0; i < 100; ++i) text += std::string(english) + "\n\n";
    const auto refused =
        speak(text, {.characters_max = text.size() * natural_slowness - natural_slowness});
    ASSERT_FALSE(refused.result);
    EXPECT_EQ(refused.result.error().reason, "text_too_long");
    EXPECT_TRUE(speak(text, {.characters_max = text.size(), .engine = "standard"}).result);
}

TEST_F(NaturalJobTest, parts_of_a_book_are_as_long_as_the_slower_engine_can_speak) {
    std::string text;
    for (int i = 0; i < 40; ++i) text += std::string(english) + "\n\n";
    const SpeechJob plan{.plan_length = 1'000, .natural_plan_length = 200};
    const auto parts_of = [&](SpeechJob job) {
        const auto planned = speak(text, job);
        if (!planned.result) return std::size_t{0};
        // Behind the decoded text.
        const auto read = schema::decode<BookPlan>(
            std::string_view(planned.mp3).substr(planned.result->text_bytes));
        return read ? read->parts.size() : 0;
    };
    SpeechJob standard = plan;
    standard.engine = "standard";
    EXPECT_GT(parts_of(plan), 2 * parts_of(standard));
    EXPECT_GT(parts_of(standard), 0U);
}

TEST_F(NaturalJobTest, a_part_of_a_book_is_as_long_as_the_text_that_it_has) {
    const std::string text = "Good morning, everyone.\n\nGood evening, everyone.\n";
    const auto spoken = speak(text, {.object_voice = "hibari", .begin = 0, .end = 24});
    ASSERT_TRUE(spoken.result) << spoken.result.error().message;
    EXPECT_EQ(spoken.result->segments, 1U);
    EXPECT_GT(spoken.result->frames, 50U);
}

using NoNaturalVoiceTest = CallTest;

TEST_F(NoNaturalVoiceTest, a_job_that_names_the_voice_fails_with_voices_near_it) {
    std::string ignored;
    const auto ended = run(schema::encode(SpeechJob{.object_voice = "hibari"}), english, ignored);
    ASSERT_FALSE(ended.result);
    EXPECT_EQ(ended.result.error().reason, "no_such_voice");
    EXPECT_EQ(ended.result.error().code, ErrorCode::invalid_argument);
    EXPECT_TRUE(ended.result.error().message.contains("near it are"))
        << ended.result.error().message;
}

TEST_F(NoNaturalVoiceTest, without_the_pack_the_voice_is_said_to_be_missing) {
    const auto refused = call("Hello.", {.voice = "hibari", .format = "pcm"});
    EXPECT_EQ(refused.reason(), "no_such_voice");
    EXPECT_NE(refused.result.error().message.find("is not installed"), std::string::npos);
    const auto neural = call("Hello.", {.voice = "Joanna", .engine = "neural", .format = "pcm"});
    EXPECT_EQ(neural.reason(), "EngineNotSupportedException");
}

}  // namespace
}  // namespace onput::tts
