// Speech tasks, whose speech becomes an object (common/schema/speech.hpp): a child is given the
// same as for a call. One that takes a slow voice too long is spoken by several workers, each step
// a job of its own (common/schema/lane.hpp):
//
//     split   one worker    plans parts of the call's utterances, and begins an upload
//     part    any workers   its utterances ──> child ──> samples ──> a part of the upload
//     join    one worker    all samples ──> child ──> the object, as the upload's last part; its
//                           completion leaves the others out
//
// Samples, not frames, so that every format has the bytes of a task that was not split; for speech
// marks, when the utterances are spoken. Some 2.6 MB of samples a minute. Until the upload is
// complete nothing is visible; a step that is made twice is one, as in book/steps.hpp.
#pragma once

#include <cstdint>

#include "common/async/task.hpp"
#include "common/worker/object_job.hpp"

namespace onput::tts {

struct TaskOptions {
    // What espeak-ng speaks in a second: a voice that is slower has shorter parts.
    std::uint32_t characters_per_second = 0;
    bool has_slow_voices = false;  // Whether Kokoro is installed.
};

// The job of a SpeechTask, which is its message's body; or a step of it.
Task<worker::JobEnd> speak_task(worker::ObjectJob& job, TaskOptions options);

}  // namespace onput::tts
