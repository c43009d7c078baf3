// What the steps of a long speech task tell each other (task_steps.hpp). Versioned as all messages
// are, because a task may be split before an update of the workers and joined after it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/schema/codec.hpp"
#include "common/schema/fields.hpp"
#include "services/tts/book/split.hpp"
#include "services/tts/script/marks.hpp"

namespace onput::tts {

// A part takes about this share of the time limit, so that a slower text is spoken in time as well.
inline constexpr std::uint64_t task_time_share = 2;

// What all steps of a task must find in it: each may be another worker's, and a newer one's.
struct TaskShape {
    std::string voice = {};  // That speaks, by our name.
    std::uint64_t utterances = 0;

    ONPUT_FIELDS(voice, utterances)
    friend bool operator==(const TaskShape&, const TaskShape&) = default;
};

// The parameters of a child whose input begins with a task's SynthesizeSpeech: one of three.
struct SpeechStep {
    static constexpr schema::MessageInfo info{.kind = schema::Kind::speech_step};

    // Not 0: plan parts that can each be spoken within the time in which espeak-ng speaks so many
    // characters. The result is a SpeechPlan.
    std::uint64_t characters_max = 0;
    // Speak these utterances of the call: samples, or a SpokenPassage for marks. The result is a
    // SpeechSynthesized.
    PartRange utterances = {};
    // Make one of what all parts have left, which lies behind the call, one after the other. The
    // result is a SpeechSynthesized.
    std::uint64_t call_bytes = 0;
    std::vector<std::uint64_t> part_bytes = {};

    TaskShape shape = {};  // Of a part and of a join.

    ONPUT_FIELDS(characters_max, utterances, call_bytes, part_bytes, shape)
    friend bool operator==(const SpeechStep&, const SpeechStep&) = default;
};

// All utterances of a call, in parts; one part, or none: it is not to be split. More than
// schema::job_parts_max: it cannot be.
struct SpeechPlan {
    static constexpr schema::MessageInfo info{.kind = schema::Kind::speech_plan};

    std::uint64_t part_length = 0;  // In the units of spoken_length().
    std::vector<PartRange> parts = {};
    TaskShape shape = {};

    ONPUT_FIELDS(part_length, parts, shape)
    friend bool operator==(const SpeechPlan&, const SpeechPlan&) = default;
};

// When the utterances of a part were spoken, from the part's start.
struct SpokenPassage {
    static constexpr schema::MessageInfo info{.kind = schema::Kind::spoken_passage};

    std::uint64_t samples = 0;
    std::vector<SpokenUtterance> utterances = {};

    ONPUT_FIELDS(samples, utterances)
    friend bool operator==(const SpokenPassage&, const SpokenPassage&) = default;
};

// The task of a part. What it makes is a part of an upload to the task's output.
struct TaskPart {
    static constexpr schema::MessageInfo info{.kind = schema::Kind::speech_task_part};

    std::string upload_id = {};
    PartRange utterances = {};
    TaskShape shape = {};

    ONPUT_FIELDS(upload_id, utterances, shape)
    friend bool operator==(const TaskPart&, const TaskPart&) = default;
};

// What the join is told of a part.
struct TaskPartResult {
    static constexpr schema::MessageInfo info{.kind = schema::Kind::speech_task_part_result};

    std::uint64_t bytes = 0;
    std::string etag = {};
    std::uint64_t duration_ms = 0;

    ONPUT_FIELDS(bytes, etag, duration_ms)
    friend bool operator==(const TaskPartResult&, const TaskPartResult&) = default;
};

// The plan of the join.
struct TaskJoin {
    static constexpr schema::MessageInfo info{.kind = schema::Kind::speech_task_join};

    std::string upload_id = {};
    std::uint32_t parts = 0;
    TaskShape shape = {};

    ONPUT_FIELDS(upload_id, parts, shape)
    friend bool operator==(const TaskJoin&, const TaskJoin&) = default;
};

}  // namespace onput::tts
