#include "services/tts/runner.hpp"

#include <chrono>

#include "common/async/co_try.hpp"
#include "common/worker/object_runner.hpp"
#include "services/tts/book/steps.hpp"
#include "services/tts/call/call_job.hpp"
#include "services/tts/call/calls.hpp"
#include "services/tts/call/task_steps.hpp"
#include "services/tts/job.hpp"
#include "services/tts/onnx/kokoro.hpp"
#include "services/tts/phrase_search.hpp"
#include "services/tts/program/speech_programs.hpp"
#include "services/tts/recording.hpp"
#include "services/tts/recording_format.hpp"
#include "services/tts/request.hpp"
#include "services/tts/speech.hpp"

namespace onput::tts {
namespace {

using worker::explained;
using worker::ObjectJob;

schema::PutObject make_recording(const ObjectJob& job, const Output& output,
                                 const SpeechResult& result, const LeftOut& left_out) {
    schema::PutObject object;
    object.bucket = output.bucket;
    object.key = output.key;
    object.content_type = output.content_type;
    object.metadata = recording_metadata(result, left_out);
    object.idempotency_key = job.lane_job().grant.message_id;
    return object;
}

Task<worker::JobEnd> speak(ObjectJob& job, const Config& config) {
    const worker::S3Event& event = job.event();
    const auto& environment = job.lane_job().environment;
    if (job.lane_job().grant.part) co_return co_await speak_book_part(job);
    if (job.lane_job().grant.join) co_return co_await join_book(job);
    if (!event.is_created()) {
        co_return schema::JobOutcome{.summary = "nothing to speak in " + event.event_name};
    }
    ONPUT_CO_TRY_VOID(job.open_files());
    ONPUT_CO_TRY(const auto text,
                 explained(co_await job.download(config.text_bytes_max), "download the text"));
    ONPUT_CO_TRY(auto parameters, make_job(environment, text));

    parameters.characters_max = spoken_characters_max(
        parameters.rate_wpm, std::chrono::floor<std::chrono::seconds>(job.limits().wall_time),
        config.characters_per_second);
    ONPUT_CO_TRY(const auto output, choose_output(environment, event.key, parameters));
    const Book book{.text = text,
                    .speech = parameters,
                    .output = output,
                    .has_slow_voices = has_kokoro_pack(config.voices_dir)};
    if (can_be_joined(parameters.format, parameters.bitrate_kbps)) {
        ONPUT_CO_TRY(auto split, co_await split_book(job, book, config.part_length));
        if (split) co_return *std::move(split);
    }
    ONPUT_CO_TRY_VOID(co_await drop_begun_book(job, output));
    // The text's tags may have named another format at an attempt before.
    SpeechJob joinable = parameters;
    joinable.format.clear();
    joinable.bitrate_kbps = 0;
    ONPUT_CO_TRY(const auto before, choose_output(environment, event.key, joinable));
    if (before.key != output.key) ONPUT_CO_TRY_VOID(co_await drop_begun_book(job, before));
    PhraseSearch search(std::move(parameters));
    ONPUT_CO_TRY(const auto result, co_await run_children(job, search));

    const LeftOut left_out = left_out_of(search, result);
    const ObjectJob::Part recording;
    ONPUT_CO_TRY(
        const auto put,
        explained(co_await job.upload(make_recording(job, output, result, left_out), recording),
                  "upload the recording"));
    co_return make_outcome(output, result, left_out, put);
}

}  // namespace

Result<std::unique_ptr<worker::JobZygote>> make_speech_zygote(const Config& config) {
    const bool has_programs = !config.speech_programs.empty();
    return worker::JobZygote::create(
        {.name = "speech",
         .initialise = [&config]() -> Result<void> {
             ONPUT_TRY_VOID(load_speech(config.voices_dir));
             return load_speech_programs(config.speech_programs);
         },
         .run = run_speech,
         .readable = {speech_data_folder()},
         .find_program = has_programs ? find_speech_program : worker::FindProgram(),
         .threads_max = 0,
         .jobs_max = worker::jobs_running_max});
}

Result<std::unique_ptr<runtime::Service>> open_speech_worker(
    runtime::Process& process, const Config& config, std::unique_ptr<worker::JobZygote> zygote) {
    const TaskOptions options{.characters_per_second = config.characters_per_second,
                              .has_slow_voices = has_kokoro_pack(config.voices_dir)};
    ONPUT_TRY(auto runner,
              worker::make_object_runner(
                  process, config, std::move(zygote),
                  [&config](ObjectJob& job) { return speak(job, config); },
                  {.calls = prepare_speech_call,
                   .own_jobs = [options](ObjectJob& job) { return speak_task(job, options); }}));
    return worker::JobWorker::open(process, "tts", config.lane, std::move(runner));
}

}  // namespace onput::tts
