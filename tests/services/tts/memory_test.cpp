#include "services/tts/memory.hpp"

#include <vector>

#include "common/base/text.hpp"
#include "services/tts/onnx/natural_voice.hpp"
#include "tests/services/tts/call/call_test.hpp"

namespace onput::tts {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

// "en 100": as the voice en, with so many MiB.
Result<std::string> use_memory(std::string_view parameters, int /*input*/, int /*output*/) {
    const auto space = parameters.find(' ');
    ONPUT_TRY_VOID(
        limit_memory({.name = std::string(parameters.substr(0, space)), .language = ""}));
    const auto mib = parse_number<std::size_t>(parameters.substr(space + 1)).value_or(0);
    const std::vector<char> used(mib << 20, 'x');
    return used.empty() || used.back() == 'x' ? "done" : "";
}

class SpeechMemoryTest : public CallTest {
protected:
    void SetUp() override {
        if (sanitized) GTEST_SKIP() << "address space is not limited under sanitizers";
        auto created =
            worker::JobZygote::create({.name = "speech",
                                       .initialise = [this] { return load_speech(voices_folder); },
                                       .run = use_memory,
                                       .readable = {}});
        ASSERT_TRUE(created) << created.error().message;
        zygote = std::move(*created);
    }

    std::string use(const std::string& parameters) {
        std::string bytes;
        const auto outcome = run(parameters, "", bytes);
        return outcome.result ? *outcome.result : outcome.result.error().reason;
    }
};

TEST_F(SpeechMemoryTest, a_voice_has_the_memory_that_its_engine_takes) {
    EXPECT_EQ(use("en 100"), "done");
    EXPECT_EQ(use("en 140"), "job_memory");
    const std::string natural(natural_voice_name);
    EXPECT_EQ(use(natural + " 140"), "done");
    EXPECT_EQ(use(natural + " 270"), "job_memory");
}

TEST(SpeechMemory, the_natural_voice_has_more_than_the_others) {
    EXPECT_EQ(memory_bytes_of({.name = "en", .language = "en"}), espeak_memory_bytes);
    EXPECT_EQ(memory_bytes_of({.name = std::string(natural_voice_name), .language = "en-US"}),
              natural_memory_bytes);
    EXPECT_GT(natural_memory_bytes, espeak_memory_bytes);
    EXPECT_EQ(memory_bytes_of({.name = "ef_dora", .language = "es-ES"}), kokoro_memory_bytes);
    EXPECT_GT(kokoro_memory_bytes, natural_memory_bytes);
}

}  // namespace
}  // namespace onput::tts
