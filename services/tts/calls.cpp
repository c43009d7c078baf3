#include "services/tts/calls.hpp"

#include <utility>

#include "common/schema/speech.hpp"

namespace onput::tts {

Result<worker::CallWork> prepare_speech_call(std::string_view task) {
    ONPUT_TRY(const schema::Kind kind, schema::kind_of(task));
    worker::CallWork work{.parameters = std::string(task), .input = {}};
    work.limits.processor_time = call_processor_time;
    work.limits.wall_time = call_wall_time;
    if (kind == schema::Kind::list_voices) return work;
    if (kind != schema::Kind::synthesize_speech)
        return fail(ErrorCode::invalid_argument, "a call that is no speech");
    ONPUT_TRY(auto speech, schema::decode<schema::SynthesizeSpeech>(task));
    work.input = std::exchange(speech.text, {});
    work.parameters = schema::encode(speech);
    return work;
}

}  // namespace onput::tts
