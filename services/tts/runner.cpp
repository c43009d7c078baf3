#include "services/tts/runner.hpp"

#include <fmt/format.h>

#include "common/worker/child_jobs.hpp"
#include "common/worker/object_client.hpp"
#include "common/worker/s3_event.hpp"
#include "services/tts/job.hpp"
#include "services/tts/request.hpp"
#include "services/tts/speech.hpp"

namespace onput::tts {
namespace {

using worker::FileDescriptor;
using worker::JobId;
using worker::temporary_file;

// One message in hand.
struct SpeechTask {
    worker::LaneJob job;
    worker::JobDone done;
    worker::S3Event event;
    FileDescriptor text;
    FileDescriptor recording;
    SpeechResult result;

    [[nodiscard]] worker::ObjectContext context() const {
        return {.trace = job.grant.trace,
                .principal = {.account = job.account, .id = "function/" + job.function}};
    }
};

class SpeechRunner : public worker::Runner {
public:
    SpeechRunner(runtime::Process& process, const Config& config,
                 std::unique_ptr<worker::JobZygote> zygote)
        : process_(process),
          config_(config),
          jobs_(process, std::move(zygote)),
          storage_(transport::RequestClient::connect(process.loop(), config.storage_endpoint)),
          objects_(*storage_) {}

    void run(worker::LaneJob job, worker::JobDone done) override {
        auto task =
            std::make_shared<SpeechTask>();  // Shared by the callbacks of its steps, one at a time.
        task->job = std::move(job);
        task->done = std::move(done);
        if (const auto begun = begin(task); !begun) task->done(std::unexpected(begun.error()));
    }

    [[nodiscard]] std::vector<std::string> waiting_for() const override {
        if (storage_->is_connected()) return {};
        return {"storage"};
    }

private:
    using TaskPtr = std::shared_ptr<SpeechTask>;

    Result<void> begin(const TaskPtr& task) {
        ONPUT_TRY(task->event, worker::parse_s3_event(task->job.grant.body));
        if (!task->event.is_created()) {
            task->done(
                schema::JobOutcome{.summary = "nothing to speak in " + task->event.event_name});
            return {};
        }
        ONPUT_TRY(task->text, temporary_file(config_.work_directory));
        ONPUT_TRY(task->recording, temporary_file(config_.work_directory));
        objects_.download(
            {.bucket = task->event.bucket, .key = task->event.key}, task->context(),
            {.fd = task->text.get(), .bytes_max = config_.text_bytes_max},
            [this, task](Result<schema::ObjectInfo> input) { speak(task, std::move(input)); });
        return {};
    }

    void speak(const TaskPtr& task, const Result<schema::ObjectInfo>& input) {
        if (!input) {
            task->done(std::unexpected(worker::as_job_error(input.error(), "download the text")));
            return;
        }
        const auto parameters = make_job(task->job.environment, *input);
        if (!parameters) {
            task->done(std::unexpected(parameters.error()));
            return;
        }
        const auto wall_time = std::chrono::seconds(std::max(task->job.timeout_s, 1U));
        jobs_.start({.id = JobId(task->job.grant.lease),
                     .parameters = schema::encode(*parameters),
                     .input_fd = task->text.get(),
                     .output_fd = task->recording.get(),
                     .limits = {.memory_bytes = std::uint64_t{config_.memory_mb_max} << 20,
                                .processor_time = 2 * wall_time,
                                .wall_time = wall_time}},
                    [this, task](const Result<std::string>& outcome) { upload(task, outcome); });
    }

    void upload(const TaskPtr& task, const Result<std::string>& outcome) {
        if (!outcome) {
            task->done(std::unexpected(outcome.error()));
            return;
        }
        auto result = schema::decode<SpeechResult>(*outcome);
        const auto output = choose_output(task->job.environment, task->event.key);
        if (!result || !output) {
            task->done(std::unexpected(result ? output.error() : result.error()));
            return;
        }
        task->result = std::move(*result);
        schema::PutObject object;
        object.bucket = output->bucket;
        object.key = output->key;
        object.content_type = "audio/mpeg";
        object.metadata = {{"onput-voice", task->result.voice},
                           {"onput-language", task->result.language},
                           {"onput-duration-ms", std::to_string(task->result.duration_ms)}};
        object.idempotency_key = task->job.grant.message_id;
        object.request_id = process_.random().hex(16);
        object.source_ip = "127.0.0.1";
        objects_.upload(std::move(object), task->context(), task->recording.get(),
                        [task, output = *output](const Result<schema::ObjectPut>& put) {
                            finish(*task, output, put);
                        });
    }

    static void finish(const SpeechTask& task, const Output& output,
                       const Result<schema::ObjectPut>& put) {
        if (!put) {
            task.done(std::unexpected(worker::as_job_error(put.error(), "upload the recording")));
            return;
        }
        schema::JobOutcome outcome;
        outcome.summary =
            fmt::format("s3://{}/{}, {:.1f} s of speech, voice {}, text {}", output.bucket,
                        output.key, static_cast<double>(task.result.duration_ms) / 1000,
                        task.result.voice, task.result.encoding);
        outcome.outputs.push_back({.name = "speech",
                                   .bucket = output.bucket,
                                   .key = output.key,
                                   .version_id = put->version_id,
                                   .etag = put->etag,
                                   .content_type = "audio/mpeg",
                                   .size_bytes = task.result.output_bytes,
                                   .duration_ms = task.result.duration_ms});
        task.done(std::move(outcome));
    }

    runtime::Process& process_;
    const Config& config_;
    worker::ChildJobs jobs_;
    std::unique_ptr<transport::RequestClient> storage_;
    worker::ObjectClient objects_;
};

}  // namespace

Result<std::unique_ptr<worker::JobZygote>> make_speech_zygote() {
    return worker::JobZygote::create({.name = "speech",
                                      .initialise = [] { return load_speech_engine(); },
                                      .run = run_speech_job,
                                      .jobs_max = worker::jobs_running_max});
}

Result<std::unique_ptr<runtime::Service>> open_speech_worker(
    runtime::Process& process, const Config& config, std::unique_ptr<worker::JobZygote> zygote) {
    return worker::JobWorker::open(
        process, "tts", config.lane,
        std::make_unique<SpeechRunner>(process, config, std::move(zygote)));
}

}  // namespace onput::tts
