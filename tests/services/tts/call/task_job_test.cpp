// A task in parts is the task as a whole.
#include "services/tts/call/task_job.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "common/speech/voice_folder.hpp"
#include "services/tts/book/split.hpp"
#include "services/tts/call/task_messages.hpp"
#include "services/tts/job.hpp"
#include "tests/services/tts/call/call_test.hpp"

namespace onput::tts {
namespace {

constexpr std::string_view story =
    "The first sentence is short. The second one, with a clause of its own, is not! Is the third "
    "a question? In 1999 there were 12 of them.\n\nA new paragraph begins here, and it ends, too. "
    "Mr. Smith said so. This is the last one.";

std::string without_times(const std::string& marks) {
    std::string rest;
    for (std::size_t at = 0; at < marks.size();) {
        const std::size_t end = marks.find('\n', at);
        rest += marks.substr(marks.find(',', at), end - marks.find(',', at)) + "\n";
        at = end + 1;
    }
    return rest;
}

class TaskJobTest : public CallTest {
protected:
    template <typename Message>
    Result<Message> step(const SpeechStep& step, std::string_view input, std::string& output) {
        output.clear();
        const worker::JobOutcome ended = run(schema::encode(step), input, output);
        if (!ended.result) return std::unexpected(ended.result.error());
        return schema::decode<Message>(*ended.result);
    }

    SpeechPlan plan(const schema::SynthesizeSpeech& call, std::uint64_t characters_max) {
        std::string nothing;
        const auto planned =
            step<SpeechPlan>({.characters_max = characters_max}, schema::encode(call), nothing);
        EXPECT_TRUE(planned) << planned.error().message;
        EXPECT_EQ(nothing, "");
        return planned.value_or(SpeechPlan());
    }

    // As the workers do it.
    CallOutcome speak_in_parts(const schema::SynthesizeSpeech& call, const SpeechPlan& plan) {
        std::string input = schema::encode(call);
        SpeechStep join{.call_bytes = input.size(), .shape = plan.shape};
        for (const PartRange& part : plan.parts) {
            std::string samples;
            const auto spoken = step<schema::SpeechSynthesized>(
                {.utterances = part, .shape = plan.shape}, schema::encode(call), samples);
            EXPECT_TRUE(spoken) << spoken.error().message;
            join.part_bytes.push_back(samples.size());
            input += samples;
        }
        CallOutcome outcome;
        outcome.result = step<schema::SpeechSynthesized>(join, input, outcome.bytes);
        return outcome;
    }

    // Of a voice of espeak-ng.
    static void expect_about_as_long(const CallOutcome& parted, const CallOutcome& whole) {
        const auto bytes = static_cast<double>(whole.bytes.size());
        EXPECT_NEAR(static_cast<double>(parted.bytes.size()), bytes, bytes / 100);
    }

    static schema::SynthesizeSpeech call_of(std::string_view text, const std::string& format) {
        schema::SynthesizeSpeech call;
        call.text = text;
        call.voice = "Joanna";
        call.format = format;
        if (format == "json") call.marks = {"sentence", "word", "viseme", "ssml"};
        return call;
    }
};

class NaturalTaskTest : public TaskJobTest {
protected:
    void SetUp() override {
        const std::string packs = speech::default_voices_folder();
        if (!std::filesystem::exists(packs + "/hibari/hibari.onnx"))
            GTEST_SKIP() << "the voice hibari is not installed in " << packs;
        voices_folder = packs;
        TaskJobTest::SetUp();
    }
};

TEST_F(TaskJobTest, parts_are_all_utterances_in_their_order) {
    const auto planned = plan(call_of(story, "mp3"), 60 * task_time_share);
    EXPECT_EQ(planned.part_length, 60U);
    ASSERT_GE(planned.parts.size(), 3U);
    std::uint64_t end = 0;
    for (const PartRange& part : planned.parts) {
        EXPECT_EQ(part.begin, end);
        EXPECT_LT(part.begin, part.end);
        end = part.end;
    }
    std::string samples;
    const SpeechStep beyond{.utterances = {.begin = 0, .end = end + 1}, .shape = planned.shape};
    const auto spoken =
        step<schema::SpeechSynthesized>(beyond, schema::encode(call_of(story, "mp3")), samples);
    ASSERT_FALSE(spoken);
    EXPECT_EQ(spoken.error().message, "a part of a task that has no such utterances");
}

TEST_F(TaskJobTest, no_pause_is_lost_between_parts) {
    auto call = call_of(
        "<speak><break time=\"1s\"/>The first sentence.<break time=\"2s\"/>The second "
        "one.<break time=\"3s\"/></speak>",
        "pcm");
    call.is_ssml = true;
    const auto planned = plan(call, task_time_share);
    ASSERT_EQ(planned.parts.size(), 2U);
    EXPECT_EQ(planned.parts[0].begin, 0U);
    const auto parted = speak_in_parts(call, planned);
    ASSERT_TRUE(parted.result) << parted.result.error().message;
    const auto whole = say(call.text, call);
    EXPECT_GT(whole.bytes.size(), 2U * 16'000 * 6);
    expect_about_as_long(parted, whole);
}

TEST_F(TaskJobTest, what_can_be_spoken_in_time_is_one_part) {
    EXPECT_EQ(plan(call_of(story, "mp3"), 1000 * task_time_share).parts.size(), 1U);
}

TEST_F(TaskJobTest, sentences_that_share_a_limit_are_not_parted) {
    auto call = call_of(
        "<speak>Before it. <prosody amazon:max-duration=\"1s\">One sentence of it. "
        "And another one. And the third.</prosody> Behind it.</speak>",
        "pcm");
    call.is_ssml = true;
    const auto planned = plan(call, task_time_share);
    ASSERT_EQ(planned.parts.size(), 3U);
    const auto parted = speak_in_parts(call, planned);
    ASSERT_TRUE(parted.result) << parted.result.error().message;
    // Within the limit, and as much of the rest.
    expect_about_as_long(parted, say(call.text, call));
}

// espeak-ng's pauses are a few samples longer or shorter by what was said before.
TEST_F(TaskJobTest, parts_of_the_engines_voices_say_what_the_whole_says) {
    const auto pcm = call_of(story, "pcm");
    const auto planned = plan(pcm, 60 * task_time_share);
    expect_about_as_long(speak_in_parts(pcm, planned), say(story, pcm));
    const auto marks = call_of(story, "json");
    const auto parted = speak_in_parts(marks, planned);
    ASSERT_TRUE(parted.result) << parted.result.error().message;
    EXPECT_EQ(without_times(parted.bytes), without_times(say(story, marks).bytes));
}

TEST_F(TaskJobTest, what_parts_have_left_is_not_trusted) {
    const auto call = call_of(story, "pcm");
    const TaskShape shape = plan(call, 60 * task_time_share).shape;
    const std::string encoded = schema::encode(call);
    std::string output;
    const auto refusal = [&](const SpeechStep& join, const std::string& input) {
        const auto joined = step<schema::SpeechSynthesized>(join, input, output);
        return joined ? std::string() : joined.error().message;
    };
    const SpeechStep short_file{.call_bytes = encoded.size(), .part_bytes = {100}, .shape = shape};
    EXPECT_EQ(refusal(short_file, encoded + std::string(50, 's')), "the input ends too early");
    const SpeechStep half{.call_bytes = encoded.size(), .part_bytes = {101}, .shape = shape};
    EXPECT_EQ(refusal(half, encoded + std::string(101, 's')), "half a sample of a part");
    const std::string marks = schema::encode(call_of(story, "json"));
    const SpeechStep no_passage{.call_bytes = marks.size(), .part_bytes = {100}, .shape = shape};
    EXPECT_NE(refusal(no_passage, marks + std::string(100, 's')), "");
    const auto of_utterances = [&](std::size_t count) {
        const SpokenPassage passage{.samples = 1,
                                    .utterances = std::vector<SpokenUtterance>(count)};
        const std::string left = schema::encode(passage);
        const SpeechStep join{
            .call_bytes = marks.size(), .part_bytes = {left.size()}, .shape = shape};
        return refusal(join, marks + left);
    };
    EXPECT_EQ(of_utterances(1000), "a part of a task with too many utterances");
    EXPECT_EQ(of_utterances(1), "the parts of a task do not have all of its utterances");
}

TEST_F(TaskJobTest, a_worker_that_would_speak_something_else_refuses) {
    const auto call = call_of(story, "pcm");
    const TaskShape shape = plan(call, 60 * task_time_share).shape;
    EXPECT_EQ(shape.voice, "en-US+f3");
    const auto reason = [&](const TaskShape& planned) {
        std::string output;
        const SpeechStep part{.utterances = {.begin = 0, .end = 1}, .shape = planned};
        const auto spoken = step<schema::SpeechSynthesized>(part, schema::encode(call), output);
        return spoken ? std::string() : spoken.error().reason;
    };
    EXPECT_EQ(reason(shape), "");
    EXPECT_EQ(reason({.voice = "af_heart", .utterances = shape.utterances}), "another_voice");
    EXPECT_EQ(reason({.voice = shape.voice, .utterances = shape.utterances + 1}), "another_split");
}

TEST_F(TaskJobTest, slow_speech_has_shorter_parts) {
    auto call =
        call_of(fmt::format("<speak><prosody rate=\"50%\">{}</prosody></speak>", story), "pcm");
    call.is_ssml = true;
    EXPECT_GT(plan(call, 120 * task_time_share).parts.size(),
              plan(call_of(story, "pcm"), 120 * task_time_share).parts.size());
}

TEST_F(NaturalTaskTest, parts_have_the_bytes_of_the_whole_in_every_format) {
    for (const std::string format :
         {"mp3", "ogg_vorbis", "ogg_opus", "pcm", "mulaw", "alaw", "json"}) {
        auto call = call_of(fmt::format("<speak>{}<mark name=\"end\"/></speak>", story), format);
        call.is_ssml = true;
        call.voice = "hibari";
        const auto planned = plan(call, 60 * task_time_share * natural_slowness);
        EXPECT_GE(planned.parts.size(), 3U);
        const auto whole = say(call.text, call);
        const auto parted = speak_in_parts(call, planned);
        ASSERT_TRUE(parted.result) << parted.result.error().message;
        EXPECT_EQ(*parted.result, *whole.result) << format;
        EXPECT_TRUE(parted.bytes == whole.bytes) << format;
    }
}

}  // namespace
}  // namespace onput::tts
