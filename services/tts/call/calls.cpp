#include "services/tts/call/calls.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/schema/speech.hpp"
#include "services/tts/call/prepared_call.hpp"
#include "services/tts/onnx/voices.hpp"
#include "services/tts/voice.hpp"

namespace onput::tts {
namespace {

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

}  // namespace onput::tts
