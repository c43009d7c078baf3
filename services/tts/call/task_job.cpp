#include "services/tts/call/task_job.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "common/schema/lane.hpp"
#include "services/tts/book/split.hpp"
#include "services/tts/call/call_output.hpp"
#include "services/tts/call/call_speaker.hpp"
#include "services/tts/call/prepared_call.hpp"
#include "services/tts/call/task_messages.hpp"
#include "services/tts/engines.hpp"
#include "services/tts/output_file.hpp"

namespace onput::tts {
namespace {

constexpr std::size_t samples_at_once = 16 * 1024;

// So that what is told of its marks is one message.
constexpr std::uint64_t natural_part_length_max = 128UL * 1024;

// Of what engines can do; emphasis within emphasis may ask for more.
constexpr double slowest_rate = 0.2;
constexpr double fastest_rate = 5;

struct Files {
    int input = -1;
    int output = -1;
};

TaskShape shape_of(const PreparedCall& prepared) {
    return {.voice = prepared.voice.voice.name, .utterances = prepared.utterances.size()};
}

Result<void> check_shape(const TaskShape& planned, const PreparedCall& prepared) {
    const TaskShape found = shape_of(prepared);
    if (found.voice != planned.voice) {
        return fail(ErrorCode::internal,
                    fmt::format("the voice '{}' speaks this task, and this worker has '{}' for it: "
                                "install the same voices for all workers",
                                planned.voice, found.voice),
                    "another_voice");
    }
    if (found.utterances == planned.utterances) return {};
    return fail(ErrorCode::invalid_argument,
                fmt::format("the text has {} utterances, and had {} when the task was split, by "
                            "another version: start the task again",
                            found.utterances, planned.utterances),
                "another_split");
}

// About how long it takes to be spoken, in the units of spoken_length().
double length_of(const Utterance& utterance) {
    double length = 0;
    for (const UtterancePart& part : utterance.parts)
        length += static_cast<double>(spoken_length(part.text)) /
                  std::clamp(part.prosody.rate, slowest_rate, fastest_rate);
    return length;
}

// Whether a part may end before utterances[i]: those that share a limit are spoken together.
bool may_end_before(std::span<const Utterance> utterances, std::size_t i) {
    const std::uint32_t limit = utterances[i].style.limit;
    return limit == 0 || limit != utterances[i - 1].style.limit;
}

SpeechPlan plan_parts(const PreparedCall& prepared, std::uint64_t characters_max) {
    const std::uint32_t slowness = slowness_of(prepared.voice.voice);
    std::uint64_t length = std::max<std::uint64_t>(characters_max / task_time_share / slowness, 1);
    if (slowness > 1) length = std::min(length, natural_part_length_max);
    const std::span<const Utterance> utterances = prepared.utterances;
    PartPlanner planner(length);
    double together = 0;
    for (std::size_t i = 0; i < utterances.size(); ++i) {
        together += length_of(utterances[i]);
        if (i + 1 < utterances.size() && !may_end_before(utterances, i + 1)) continue;
        // A pause goes with what comes after it.
        if (together == 0) continue;
        planner.take(static_cast<std::uint64_t>(std::ceil(std::exchange(together, 0))), i + 1);
    }
    SpeechPlan plan{.part_length = length,
                    .parts = std::move(planner).finish(utterances.size()),
                    .shape = shape_of(prepared)};
    // A child's result is short, and more are too many.
    if (plan.parts.size() > schema::job_parts_max) plan.parts.resize(schema::job_parts_max + 1);
    return plan;
}

Result<schema::SpeechSynthesized> speak_passage_of(const schema::SynthesizeSpeech& call,
                                                   const PreparedCall& prepared, PartRange range,
                                                   int output_fd) {
    const std::span<const Utterance> all = prepared.utterances;
    if (range.begin >= range.end || range.end > all.size())
        return fail(ErrorCode::internal, "a part of a task that has no such utterances");
    PassageOutput output(call.format == marks_format, output_fd);
    const auto utterances = all.subspan(range.begin, range.end - range.begin);
    ONPUT_TRY_VOID(
        CallSpeaker(prepared.voice, prepared.pieces.limits_ms, output).speak(utterances));
    ONPUT_TRY_VOID(output.finish());
    return result_of(prepared, output.samples());
}

Result<void> join_samples(int fd, std::uint64_t begin, std::uint64_t end, CallOutput& output) {
    std::vector<std::int16_t> samples;
    while (begin < end) {
        samples.resize(
            std::min<std::uint64_t>(samples_at_once, (end - begin) / sizeof(samples[0])));
        if (samples.empty()) return fail(ErrorCode::internal, "half a sample of a part");
        const auto bytes = std::as_writable_bytes(std::span(samples));
        ONPUT_TRY_VOID(read_at(fd, begin, {reinterpret_cast<char*>(bytes.data()), bytes.size()}));
        begin += bytes.size();
        ONPUT_TRY_VOID(output.write(samples));
    }
    return {};
}

// How many of the utterances that come next have been joined.
Result<std::size_t> join_marks(int fd, std::uint64_t begin, std::uint64_t end,
                               std::span<const Utterance> next, CallOutput& output) {
    std::string encoded(end - begin, '\0');
    ONPUT_TRY_VOID(read_at(fd, begin, encoded));
    ONPUT_TRY(auto passage, schema::decode<SpokenPassage>(encoded));
    if (passage.utterances.size() > next.size())
        return fail(ErrorCode::internal, "a part of a task with too many utterances");
    for (std::size_t i = 0; i < passage.utterances.size(); ++i) {
        passage.utterances[i].start += output.samples();
        ONPUT_TRY_VOID(output.end(next[i], std::move(passage.utterances[i])));
    }
    output.skip(passage.samples);
    return passage.utterances.size();
}

Result<schema::SpeechSynthesized> join_parts(const schema::SynthesizeSpeech& call,
                                             const PreparedCall& prepared, const SpeechStep& step,
                                             const Files& files) {
    ONPUT_TRY(CallOutput output,
              CallOutput::open(with_own_rate(call, prepared.voice.voice), call.text, files.output));
    std::span<const Utterance> next = prepared.utterances;
    std::uint64_t begin = step.call_bytes;
    for (const std::uint64_t bytes : step.part_bytes) {
        const std::uint64_t end = begin + bytes;
        if (output.wants_marks()) {
            ONPUT_TRY(const std::size_t joined, join_marks(files.input, begin, end, next, output));
            next = next.subspan(joined);
        } else {
            ONPUT_TRY_VOID(join_samples(files.input, begin, end, output));
        }
        begin = end;
    }
    if (output.wants_marks() && !next.empty())
        return fail(ErrorCode::internal, "the parts of a task do not have all of its utterances");
    ONPUT_TRY_VOID(output.finish());
    return result_of(prepared, output.samples());
}

}  // namespace

Result<std::string> run_speech_step(std::string_view parameters, int input_fd, int output_fd) {
    ONPUT_TRY(const auto step, schema::decode<SpeechStep>(parameters));
    ONPUT_TRY(const auto call, read_call(input_fd, step.call_bytes));
    ONPUT_TRY(const PreparedCall prepared, prepare(call));
    if (step.characters_max != 0) return schema::encode(plan_parts(prepared, step.characters_max));
    ONPUT_TRY_VOID(check_shape(step.shape, prepared));
    if (step.part_bytes.empty()) {
        ONPUT_TRY(const auto spoken, speak_passage_of(call, prepared, step.utterances, output_fd));
        return schema::encode(spoken);
    }
    ONPUT_TRY(const auto joined,
              join_parts(call, prepared, step, {.input = input_fd, .output = output_fd}));
    return schema::encode(joined);
}

}  // namespace onput::tts
