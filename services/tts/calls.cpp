#include "services/tts/calls.hpp"

#include <algorithm>
#include <cerrno>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "common/async/co_try.hpp"
#include "common/base/errno_text.hpp"
#include "common/schema/speech.hpp"
#include "services/tts/call_job.hpp"
#include "services/tts/onnx/voices.hpp"
#include "services/tts/voice.hpp"

namespace onput::tts {
namespace {

using worker::explained;
using worker::ObjectJob;

Result<void> write_input(int fd, std::string_view text) {
    off_t offset = 0;
    while (!text.empty()) {
        const ssize_t written = ::pwrite(fd, text.data(), text.size(), offset);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0)
            return fail(ErrorCode::unavailable, "write the text of a task: " + errno_text());
        text.remove_prefix(static_cast<std::size_t>(written));
        offset += written;
    }
    return {};
}

// An attempt before may have left something.
Result<void> empty_output(int fd) {
    if (::ftruncate(fd, 0) == 0 && ::lseek(fd, 0, SEEK_SET) == 0) return {};
    return fail(ErrorCode::unavailable, "empty the output of a task: " + errno_text());
}

schema::PutObject make_recording(const schema::SpeechTask& task, const ObjectJob& job) {
    schema::PutObject object;
    object.bucket = task.output_bucket;
    object.key = task.output_key;
    object.content_type = task.content_type;
    object.idempotency_key = job.lane_job().grant.message_id;
    return object;
}

schema::JobOutcome make_outcome(const schema::SpeechTask& task,
                                const schema::SpeechSynthesized& speech,
                                const schema::ObjectPut& put) {
    schema::JobOutcome outcome;
    outcome.summary =
        fmt::format("s3://{}/{}, {:.1f} s of speech, voice {}", task.output_bucket, task.output_key,
                    static_cast<double>(speech.duration_ms) / 1000, speech.voice);
    outcome.outputs.push_back({.name = "speech",
                               .bucket = task.output_bucket,
                               .key = task.output_key,
                               .version_id = put.version_id,
                               .etag = put.etag,
                               .content_type = task.content_type,
                               .duration_ms = speech.duration_ms});
    return outcome;
}

// Who listens may take as long as the sound lasts.
Duration heard_time_max(const schema::SynthesizeSpeech& speech) {
    if (speech.duration_ms_max == 0) return std::chrono::hours(24);
    return std::chrono::milliseconds(speech.duration_ms_max);
}

}  // namespace

Duration natural_call_time(std::size_t text_bytes) {
    const Duration spoken = natural_call_time_per_byte * static_cast<std::int64_t>(text_bytes);
    return std::max(natural_call_processor_time, spoken);
}

Result<worker::CallWork> prepare_speech_call(std::string_view task) {
    ONPUT_TRY(const schema::Kind kind, schema::kind_of(task));
    worker::CallWork work{.parameters = std::string(task), .input = {}};
    work.limits.processor_time = call_processor_time;
    work.limits.wall_time = call_wall_time;
    if (kind == schema::Kind::list_voices) return work;
    if (kind != schema::Kind::synthesize_speech)
        return fail(ErrorCode::invalid_argument, "a call that is no speech");
    ONPUT_TRY(auto speech, schema::decode<schema::SynthesizeSpeech>(task));
    if (speech.text.size() > call_text_bytes_max) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("the text has {} bytes, and {} are the most", speech.text.size(),
                                call_text_bytes_max),
                    "TextLengthExceededException");
    }
    const bool is_slow =
        speech.engine == neural_engine || is_natural({.name = speech.voice, .language = {}});
    if (is_slow) work.limits.processor_time = natural_call_time(speech.text.size());
    work.limits.wall_time =
        std::max<Duration>(call_wall_time + heard_time_max(speech), work.limits.processor_time);
    work.input = task;
    work.parameters = schema::encode(schema::SynthesizeSpeech());
    return work;
}

Task<worker::JobEnd> speak_task(ObjectJob& job) {
    ONPUT_CO_TRY(auto task, schema::decode<schema::SpeechTask>(job.lane_job().grant.body));
    ONPUT_CO_TRY_VOID(job.open_files());
    ONPUT_CO_TRY_VOID(write_input(job.input_fd(), schema::encode(task.speech)));
    ONPUT_CO_TRY_VOID(empty_output(job.output_fd()));
    const schema::SynthesizeSpeech kind;
    ONPUT_CO_TRY(const auto result, co_await job.run_child(schema::encode(kind), job.limits()));
    ONPUT_CO_TRY(const auto speech, schema::decode<schema::SpeechSynthesized>(result));
    const ObjectJob::Part recording;
    ONPUT_CO_TRY(
        const auto put,
        explained(co_await job.upload(make_recording(task, job), recording), "upload the speech"));
    co_return make_outcome(task, speech, put);
}

}  // namespace onput::tts
