#include "services/tts/runner.hpp"

#include <algorithm>
#include <chrono>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

#include "common/async/co_try.hpp"
#include "common/worker/object_runner.hpp"
#include "services/tts/call_job.hpp"
#include "services/tts/calls.hpp"
#include "services/tts/job.hpp"
#include "services/tts/phrase_search.hpp"
#include "services/tts/request.hpp"
#include "services/tts/speech.hpp"

namespace onput::tts {
namespace {

using worker::explained;
using worker::ObjectJob;
using LeftOut = std::vector<LeftOutPhrase>;

constexpr std::string_view content_type = "audio/mpeg";

schema::PutObject make_recording(const ObjectJob& job, const Output& output,
                                 const SpeechResult& result, const LeftOut& left_out) {
    schema::PutObject object;
    object.bucket = output.bucket;
    object.key = output.key;
    object.content_type = content_type;
    object.metadata = {{"onput-voice", result.voice},
                       {"onput-language", result.language},
                       {"onput-duration-ms", fmt::to_string(result.duration_ms)}};
    if (!left_out.empty()) {
        object.metadata["onput-left-out"] = fmt::to_string(left_out.size());
        object.metadata["onput-left-out-phrases"] = left_out_metadata(left_out);
    }
    object.idempotency_key = job.lane_job().grant.message_id;
    return object;
}

schema::JobOutcome make_outcome(const Output& output, const SpeechResult& result,
                                const LeftOut& left_out, const schema::ObjectPut& put) {
    schema::JobOutcome outcome;
    outcome.summary =
        fmt::format("s3://{}/{}, {:.1f} s of speech, voice {}, text {}", output.bucket, output.key,
                    static_cast<double>(result.duration_ms) / 1000, result.voice, result.encoding);
    outcome.summary += describe_left_out(left_out);
    outcome.outputs.push_back({.name = "speech",
                               .bucket = output.bucket,
                               .key = output.key,
                               .version_id = put.version_id,
                               .etag = put.etag,
                               .content_type = std::string(content_type),
                               .size_bytes = result.output_bytes,
                               .duration_ms = result.duration_ms});
    return outcome;
}

Result<SpeechResult> decode_result(const Result<std::string>& verdict) {
    if (!verdict) return std::unexpected(verdict.error());
    return schema::decode<SpeechResult>(*verdict);
}

// All children of one job together have the job's time.
Task<Result<SpeechResult>> run_children(ObjectJob& job, PhraseSearch& search) {
    using Clock = std::chrono::steady_clock;
    const auto deadline = Clock::now() + job.limits().wall_time;
    for (;;) {
        worker::JobLimits limits = job.limits();
        limits.processor_time *= 2;  // The wall clock ends a job first.
        limits.wall_time = std::chrono::duration_cast<Duration>(deadline - Clock::now());
        if (limits.wall_time <= Duration::zero()) {
            co_return fail(ErrorCode::timeout,
                           "the search for what crashes the speech engine took the job's time: "
                           "raise the function's time limit, or shorten the text",
                           "job_timeout");
        }
        auto verdict = co_await job.run_child(schema::encode(search.next()), limits);
        const off_t segment = ::lseek(job.input_fd(), 0, SEEK_CUR);
        auto end = search.take(decode_result(verdict),
                               static_cast<std::uint64_t>(std::max<off_t>(segment, 0)));
        if (end) co_return *std::move(end);
    }
}

Task<worker::JobEnd> speak(ObjectJob& job, const Config& config) {
    const worker::S3Event& event = job.event();
    const auto& environment = job.lane_job().environment;
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
    PhraseSearch search(std::move(parameters));
    ONPUT_CO_TRY(const auto result, co_await run_children(job, search));
    ONPUT_CO_TRY(const auto output, choose_output(environment, event.key));

    const ObjectJob::Part recording;
    ONPUT_CO_TRY(const auto put,
                 explained(co_await job.upload(
                               make_recording(job, output, result, search.left_out()), recording),
                           "upload the recording"));
    co_return make_outcome(output, result, search.left_out(), put);
}

}  // namespace

Result<std::unique_ptr<worker::JobZygote>> make_speech_zygote() {
    return worker::JobZygote::create({.name = "speech",
                                      .initialise = load_speech,
                                      .run = run_speech,
                                      .readable = {speech_data_folder()},
                                      .threads_max = 0,
                                      .jobs_max = worker::jobs_running_max});
}

Result<std::unique_ptr<runtime::Service>> open_speech_worker(
    runtime::Process& process, const Config& config, std::unique_ptr<worker::JobZygote> zygote) {
    ONPUT_TRY(auto runner, worker::make_object_runner(
                               process, config, std::move(zygote),
                               [&config](ObjectJob& job) { return speak(job, config); },
                               {.calls = prepare_speech_call,
                                .own_jobs = [](ObjectJob& job) { return speak_task(job); }}));
    return worker::JobWorker::open(process, "tts", config.lane, std::move(runner));
}

}  // namespace onput::tts
