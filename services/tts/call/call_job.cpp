#include "services/tts/call/call_job.hpp"

#include <csignal>
#include <cstdio>

#include "common/schema/speech.hpp"
#include "services/tts/call/call_output.hpp"
#include "services/tts/call/call_speaker.hpp"
#include "services/tts/call/prepared_call.hpp"
#include "services/tts/call/task_job.hpp"
#include "services/tts/job.hpp"
#include "services/tts/memory.hpp"
#include "services/tts/onnx/natural_voice.hpp"
#include "services/tts/polly_voices.hpp"
#include "services/tts/script/segmentation.hpp"
#include "services/tts/speech.hpp"

namespace onput::tts {
namespace {

Result<schema::SpeechSynthesized> synthesize_speech(const schema::SynthesizeSpeech& call,
                                                    int output_fd) {
    ONPUT_TRY(const PreparedCall prepared, prepare(call));
    const CallVoice& voice = prepared.voice;
    ONPUT_TRY(CallOutput output,
              CallOutput::open(with_own_rate(call, voice.voice), call.text, output_fd));
    if (call.checks_only) return schema::SpeechSynthesized{.voice = voice.voice.name};
    ONPUT_TRY_VOID(
        CallSpeaker(voice, prepared.pieces.limits_ms, output).speak(prepared.utterances));
    ONPUT_TRY_VOID(output.finish());
    return result_of(prepared, output.samples());
}

}  // namespace

Result<void> load_speech(const std::string& voices_folder) {
    ONPUT_TRY_VOID(load_speech_engine());
    ONPUT_TRY_VOID(load_segmentation());
    const auto natural = load_natural_voices(voices_folder);
    // The other voices speak on; the log says why one does not.
    if (!natural) std::fprintf(stderr, "onput-tts: %s\n", natural.error().message.c_str());
    note_loaded_memory();
    return {};
}

Result<std::string> run_speech(std::string_view parameters, int input_fd, int output_fd) {
    ONPUT_TRY(const schema::Kind kind, schema::kind_of(parameters));
    if (kind == schema::Kind::synthesize_speech) {
        return run_speech_call(input_fd, output_fd);
    }
    if (kind == schema::Kind::speech_step) return run_speech_step(parameters, input_fd, output_fd);
    if (kind == schema::Kind::list_voices) return schema::encode(list_voices());
    return run_speech_job(parameters, input_fd, output_fd);
}

Result<std::string> run_speech_call(int input_fd, int output_fd) {
    // A reader that leaves is an error of the write, not the process's end.
    static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
    ONPUT_TRY(const auto call, read_call(input_fd));
    ONPUT_TRY(const auto result, synthesize_speech(call, output_fd));
    return schema::encode(result);
}

}  // namespace onput::tts
