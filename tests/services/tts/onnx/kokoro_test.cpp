// Kokoro as calls use it. Skipped where its pack is not installed beside the tests
// (build/release/bin/onput voices install kokoro).
#include "services/tts/onnx/kokoro.hpp"

#include <filesystem>
#include <sstream>

#include <gtest/gtest.h>

#include "common/json/reader.hpp"
#include "common/speech/voice_folder.hpp"
#include "services/tts/memory.hpp"
#include "services/tts/onnx/voices.hpp"
#include "tests/services/tts/call/call_test.hpp"

namespace onput::tts {
namespace {

// Beside the test, as for every program.
const std::string packs = speech::default_voices_folder();

class KokoroTest : public CallTest {
protected:
    void SetUp() override {
        if (!has_kokoro_pack(packs))
            GTEST_SKIP() << "the pack kokoro is not installed in " << packs;
        voices_folder = packs;
        limits.memory_bytes = 1536ULL << 20;  // The worker's own, below which each engine has its.
        CallTest::SetUp();
    }
};

TEST_F(KokoroTest, each_language_is_spoken_about_as_long_as_a_person_takes) {
    for (const auto& [voice, text] : std::vector<std::pair<std::string, std::string>>{
             {"bm_george", "The weather is fair over there."},
             {"ef_dora", "El coche rojo corre por la calle."},
             {"ff_siwis", "Le garçon mange du pain blanc."},
             {"hf_alpha", "नमस्ते, आप कैसे हैं?"},
             {"im_nicola", "La pizza è buonissima, grazie."},
             {"pf_dora", "O menino não tem pão em casa."}}) {
        const auto spoken = call(text, {.voice = voice, .format = "pcm"});
        ASSERT_TRUE(spoken.result) << voice << ": " << spoken.result.error().message;
        EXPECT_GT(spoken.result->duration_ms, 1'000U) << voice;
        EXPECT_LT(spoken.result->duration_ms, 5'000U) << voice;
        EXPECT_EQ(spoken.result->voice, voice);
    }
}

TEST_F(KokoroTest, the_same_text_has_the_same_bytes) {
    const schema::SynthesizeSpeech parameters{.voice = "ef_dora", .format = "pcm"};
    EXPECT_EQ(call("Hola, ¿qué tal?", parameters).bytes, call("Hola, ¿qué tal?", parameters).bytes);
}

TEST_F(KokoroTest, one_of_pollys_voices_is_spoken_for_with_the_engine_neural_only) {
    const auto neural = call("Hola.", {.voice = "Lucia", .engine = "neural", .format = "pcm"});
    ASSERT_TRUE(neural.result) << neural.result.error().message;
    EXPECT_EQ(neural.result->voice, "ef_dora");
    EXPECT_EQ(call("Hola.", {.voice = "Lucia", .format = "pcm"}).result->voice, "es+f3");
    EXPECT_EQ(call("Hallo.", {.voice = "Vicki", .engine = "neural", .format = "pcm"}).reason(),
              "EngineNotSupportedException");
}

TEST_F(KokoroTest, marks_point_at_their_words_and_times_never_decrease) {
    const std::string text = "El coche rojo corre; la niña llora.";
    schema::SynthesizeSpeech parameters{.voice = "ef_dora", .format = "json"};
    parameters.marks = {"word"};
    std::istringstream lines(call(text, parameters).bytes);
    std::vector<std::string> words;
    std::int64_t before = 0;
    for (std::string line; std::getline(lines, line);) {
        const auto json = json::read(line);
        ASSERT_TRUE(json) << line;
        const std::int64_t time = *json->find("time")->integer();
        EXPECT_GE(time, before) << line;
        before = time;
        words.push_back(*json->find("value")->text());
    }
    EXPECT_EQ(words,
              (std::vector<std::string>{"El", "coche", "rojo", "corre", "la", "niña", "llora"}));
    const auto spoken = call(text, {.voice = "ef_dora", .format = "pcm"});
    EXPECT_GT(before, static_cast<std::int64_t>(spoken.result->duration_ms) / 2);
}

TEST_F(KokoroTest, the_longest_line_fits_into_its_memory) {
    // A word without end is a line of as many sounds as the net takes.
    const auto spoken = call(std::string(700, 'm') + "a", {.voice = "ef_dora", .format = "pcm"});
    EXPECT_TRUE(spoken.result) << spoken.result.error().message;
}

}  // namespace
}  // namespace onput::tts
