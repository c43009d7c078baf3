#include "services/tts/call/task_steps.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "common/async/co_try.hpp"
#include "common/base/errno_text.hpp"
#include "common/schema/lane.hpp"
#include "common/schema/speech.hpp"
#include "services/tts/call/task_messages.hpp"
#include "services/tts/job.hpp"
#include "services/tts/joined_upload.hpp"
#include "services/tts/output_file.hpp"
#include "services/tts/request.hpp"

namespace onput::tts {
namespace {

using worker::explained;
using worker::JobEnd;
using worker::ObjectJob;

// Of the upload: the parts come before it.
constexpr std::uint32_t recording_part = schema::part_number_max;
static_assert(schema::job_parts_max < recording_part);
// For what one byte of a text may count (book/split.hpp).
constexpr std::uint64_t length_per_byte_max = 4;

// The same one for each attempt of a task.
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

// To files that are new.
Result<void> write_call(ObjectJob& job, const std::string& call) {
    ONPUT_TRY_VOID(job.open_files());
    const auto written = write_output(job.input_fd(), 0, call);
    if (written) return {};
    return fail(ErrorCode::unavailable, "write the text of a task: " + written.error().message);
}

// Into parts that can each be spoken in time; nothing: it is to be spoken as a whole.
Task<Result<std::optional<schema::LaneSplit>>> split_task(ObjectJob& job,
                                                          const schema::SpeechTask& task,
                                                          TaskOptions options) {
    using Split = std::optional<schema::LaneSplit>;
    const auto time = std::chrono::floor<std::chrono::seconds>(job.limits().wall_time);
    const std::uint64_t characters_max =
        spoken_characters_max(usual_rate_wpm, time, options.characters_per_second);
    const std::uint32_t slowest = options.has_slow_voices ? kokoro_slowness : natural_slowness;
    // Rates, substitutes and lexicons may make it any number of times as long.
    const bool is_plain = !task.speech.is_ssml && task.speech.lexicons.empty();
    const std::uint64_t length_max = task.speech.text.size() * length_per_byte_max;
    if (is_plain && length_max * slowest * task_time_share <= characters_max) co_return Split();
    const SpeechStep planning{.characters_max = characters_max};
    ONPUT_CO_TRY(const auto encoded,
                 co_await job.run_child(schema::encode(planning), job.limits()));
    ONPUT_CO_TRY(const auto plan, schema::decode<SpeechPlan>(encoded));
    if (plan.parts.size() <= 1) co_return Split();
    if (plan.parts.size() > schema::job_parts_max) {
        co_return fail(ErrorCode::invalid_argument,
                       fmt::format("the text has more than {} parts of about {} characters, which "
                                   "is what can be spoken within the time limit: split the text, "
                                   "or choose the engine standard",
                                   schema::job_parts_max, plan.part_length),
                       "text_too_long");
    }
    ONPUT_CO_TRY(const auto upload, explained(co_await job.create_upload(make_recording(task, job)),
                                              "begin the upload of the speech"));
    schema::LaneSplit split;
    split.plan = schema::encode(TaskJoin{.upload_id = upload.upload_id,
                                         .parts = static_cast<std::uint32_t>(plan.parts.size()),
                                         .shape = plan.shape});
    for (const PartRange& utterances : plan.parts) {
        const TaskPart part{
            .upload_id = upload.upload_id, .utterances = utterances, .shape = plan.shape};
        split.tasks.push_back(schema::encode(part));
    }
    co_return split;
}

Task<JobEnd> speak_part(ObjectJob& job, const schema::SpeechTask& task) {
    const schema::JobPart& grant = *job.lane_job().grant.part;
    ONPUT_CO_TRY(const auto part, schema::decode<TaskPart>(grant.task));
    ONPUT_CO_TRY_VOID(write_call(job, schema::encode(task.speech)));
    const SpeechStep speaking{.utterances = part.utterances, .shape = part.shape};
    ONPUT_CO_TRY(const auto result, co_await job.run_child(schema::encode(speaking), job.limits()));
    ONPUT_CO_TRY(const auto spoken, schema::decode<schema::SpeechSynthesized>(result));
    const off_t bytes = ::lseek(job.output_fd(), 0, SEEK_END);
    if (bytes < 0) {
        co_return fail(ErrorCode::unavailable, "measure a part of a task: " + errno_text());
    }
    schema::PutObject object;
    object.bucket = task.output_bucket;
    object.key = task.output_key;
    object.part = schema::PartTarget{.upload_id = part.upload_id, .number = grant.number};
    const ObjectJob::Part whole_file;
    ONPUT_CO_TRY(const auto put, explained(co_await job.upload(std::move(object), whole_file),
                                           "upload a part of the speech"));
    const TaskPartResult told{.bytes = static_cast<std::uint64_t>(bytes),
                              .etag = put.etag,
                              .duration_ms = spoken.duration_ms};
    schema::JobOutcome outcome;
    outcome.summary =
        fmt::format("{:.1f} s of speech", static_cast<double>(spoken.duration_ms) / 1000);
    outcome.part_result = schema::encode(told);
    co_return outcome;
}

// Nothing of the parts is kept.
Task<JobEnd> give_up(ObjectJob& job, const schema::SpeechTask& task, const TaskJoin& join,
                     Error why) {
    const schema::AbortUpload upload{
        .bucket = task.output_bucket, .key = task.output_key, .upload_id = join.upload_id};
    ONPUT_CO_TRY_VOID(explained(co_await job.abort_upload(upload), "end the upload of the parts"));
    co_return std::unexpected(std::move(why));
}

Result<std::vector<TaskPartResult>> results_of(const schema::JobJoin& grant, const TaskJoin& join) {
    std::vector<TaskPartResult> results;
    for (const std::string& encoded : grant.results) {
        ONPUT_TRY(auto result, schema::decode<TaskPartResult>(encoded));
        results.push_back(std::move(result));
    }
    if (results.size() == join.parts) return results;
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} of {} parts have told what they made: start the task again",
                            results.size(), join.parts),
                "another_split");
}

// What the parts have left, behind the call, and the step that makes one of it.
Task<Result<SpeechStep>> download_parts(ObjectJob& job, const schema::SpeechTask& task,
                                        const TaskJoin& join,
                                        const std::vector<TaskPartResult>& parts) {
    const std::string call = schema::encode(task.speech);
    ONPUT_CO_TRY_VOID(write_call(job, call));
    SpeechStep step{.call_bytes = call.size(), .shape = join.shape};
    std::uint64_t offset = call.size();
    std::uint32_t number = 0;
    for (const TaskPartResult& part : parts) {
        ++number;
        step.part_bytes.push_back(part.bytes);
        // What has no sound.
        if (part.bytes == 0) continue;
        worker::ObjectName speech{.bucket = task.output_bucket, .key = task.output_key};
        const worker::ObjectClient::PartBytes bytes{
            .part = {.upload_id = join.upload_id, .number = number}, .end = part.bytes};
        const ObjectJob::Range to{.offset = offset, .bytes_max = part.bytes};
        ONPUT_CO_TRY(const auto downloaded,
                     explained(co_await job.download_part(std::move(speech), bytes, to),
                               "download a part of the speech"));
        if (downloaded.etag != part.etag)
            co_return fail(ErrorCode::internal, "a part of the speech is not what was told of it");
        offset += part.bytes;
    }
    co_return step;
}

Task<JobEnd> make_whole(ObjectJob& job, const schema::SpeechTask& task, const TaskJoin& join,
                        const std::vector<TaskPartResult>& parts) {
    ONPUT_CO_TRY(const auto step, co_await download_parts(job, task, join, parts));
    ONPUT_CO_TRY(const auto result, co_await job.run_child(schema::encode(step), job.limits()));
    ONPUT_CO_TRY(const auto speech, schema::decode<schema::SpeechSynthesized>(result));
    schema::PutObject object;
    object.bucket = task.output_bucket;
    object.key = task.output_key;
    object.part = schema::PartTarget{.upload_id = join.upload_id, .number = recording_part};
    const ObjectJob::Part whole_file;
    ONPUT_CO_TRY(const auto put, explained(co_await job.upload(std::move(object), whole_file),
                                           "upload the speech"));
    schema::CompleteUpload upload{
        .bucket = task.output_bucket, .key = task.output_key, .upload_id = join.upload_id};
    upload.parts.push_back({.number = recording_part, .etag = put.etag});
    ONPUT_CO_TRY(const auto completed,
                 co_await complete_joined(job, std::move(upload), recording_part));
    co_return make_outcome(task, speech, completed);
}

// The end of a join that another attempt has made, whose answer was lost.
JobEnd made_before(const schema::SpeechTask& task, const TaskJoin& join,
                   const schema::JobJoin& grant, const schema::ObjectPut& put) {
    schema::SpeechSynthesized speech{.voice = join.shape.voice};
    // A join that was to put the parts away knows no results.
    if (const auto parts = results_of(grant, join)) {
        for (const TaskPartResult& part : *parts) speech.duration_ms += part.duration_ms;
    }
    return make_outcome(task, speech, put);
}

// A failure that is final is followed by a join that puts the parts away.
Task<JobEnd> join_parts(ObjectJob& job, const schema::SpeechTask& task) {
    const schema::JobJoin& grant = *job.lane_job().grant.join;
    ONPUT_CO_TRY(const auto join, schema::decode<TaskJoin>(grant.plan));
    const worker::ObjectName output{.bucket = task.output_bucket, .key = task.output_key};
    JobEnd failed;
    if (!grant.failure_code.empty()) {
        Error failure{.code = ErrorCode::invalid_argument,
                      .message = grant.failure_message,
                      .reason = grant.failure_code};
        failed = co_await give_up(job, task, join, std::move(failure));
    }
    // After the upload's end, which nobody completes any more.
    ONPUT_CO_TRY(const auto made, co_await find_completed(job, output));
    if (made) co_return made_before(task, join, grant, *made);
    if (!grant.failure_code.empty()) co_return failed;
    ONPUT_CO_TRY(const auto parts, results_of(grant, join));
    auto whole = co_await make_whole(job, task, join, parts);
    if (whole || whole.error().error.reason != "no_such_upload") co_return whole;
    // Another attempt, which was thought dead, may have been faster.
    ONPUT_CO_TRY(const auto made_meanwhile, co_await find_completed(job, output));
    if (made_meanwhile) co_return made_before(task, join, grant, *made_meanwhile);
    co_return whole;
}

Task<JobEnd> speak_whole(ObjectJob& job, const schema::SpeechTask& task) {
    const schema::SynthesizeSpeech kind;
    ONPUT_CO_TRY(const auto result, co_await job.run_child(schema::encode(kind), job.limits()));
    ONPUT_CO_TRY(const auto speech, schema::decode<schema::SpeechSynthesized>(result));
    const ObjectJob::Part recording;
    ONPUT_CO_TRY(
        const auto put,
        explained(co_await job.upload(make_recording(task, job), recording), "upload the speech"));
    co_return make_outcome(task, speech, put);
}

}  // namespace

Task<JobEnd> speak_task(ObjectJob& job, TaskOptions options) {
    ONPUT_CO_TRY(const auto task, schema::decode<schema::SpeechTask>(job.lane_job().grant.body));
    if (job.lane_job().grant.part) co_return co_await speak_part(job, task);
    if (job.lane_job().grant.join) co_return co_await join_parts(job, task);
    ONPUT_CO_TRY_VOID(write_call(job, schema::encode(task.speech)));
    ONPUT_CO_TRY(auto split, co_await split_task(job, task, options));
    if (split) co_return *std::move(split);
    // Other voices may have been installed since an attempt before.
    worker::ObjectName output{.bucket = task.output_bucket, .key = task.output_key};
    ONPUT_CO_TRY_VOID(co_await drop_begun(job, std::move(output)));
    co_return co_await speak_whole(job, task);
}

}  // namespace onput::tts
