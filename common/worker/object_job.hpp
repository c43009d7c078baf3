// ObjectJob: one function message, and the steps of the work on it, for a coroutine that does them
// in order:
//
//     message ──> download ──> input file ──> child ──> output file ──> upload ──> reply
//
//     Task<JobEnd> speak(ObjectJob& job) {
//         ONPUT_CO_TRY_VOID(job.open_files());
//         ONPUT_CO_TRY(const auto text, explained(co_await job.download(bytes_max), "download"));
//         ONPUT_CO_TRY(const auto result, co_await job.run_child(parameters, job.limits()));
//         ONPUT_CO_TRY(const auto put, explained(co_await job.upload(object), "upload"));
//         co_return outcome;
//     }
//
// Both files have no name: they go with the job, whatever becomes of the process. Everything runs
// on the loop's thread, one step of a job at a time. Errors are those of ObjectClient and of
// JobZygote; explained() makes the former a job's.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/async/task.hpp"
#include "common/base/random.hpp"
#include "common/worker/child_jobs.hpp"
#include "common/worker/file_descriptor.hpp"
#include "common/worker/job_worker.hpp"
#include "common/worker/object_client.hpp"
#include "common/worker/s3_event.hpp"
#include "common/worker/worker_config.hpp"

namespace onput::worker {

// What the jobs of a worker share. Outlives them.
struct JobServices {
    const ObjectWorkerConfig& config;
    Random& random;
    ChildJobs& children;
    ObjectClient& objects;
};

class ObjectJob {
public:
    ObjectJob(JobServices& services, LaneJob job, S3Event event)
        : services_(services), job_(std::move(job)), event_(std::move(event)) {}
    ObjectJob(const ObjectJob&) = delete;
    ObjectJob& operator=(const ObjectJob&) = delete;

    [[nodiscard]] const LaneJob& lane_job() const { return job_; }
    [[nodiscard]] const S3Event& event() const { return event_; }

    // Before the first download. Fails with `unavailable`.
    Result<void> open_files();
    [[nodiscard]] int input_fd() const { return input_.get(); }
    [[nodiscard]] int output_fd() const { return output_.get(); }

    // The event's object, to the start of the input file. Results are of this version from then on:
    // once it was replaced or deleted, nothing is written or removed any more (`superseded`).
    Task<Result<schema::ObjectInfo>> download(std::uint64_t bytes_max);
    // Any object, to the input file from `offset` on.
    struct Range {
        std::uint64_t offset = 0;
        std::uint64_t bytes_max = 0;
    };
    Task<Result<schema::ObjectInfo>> download(ObjectName name, Range to);
    // Bytes of a part of an upload under way, likewise. The answer has the part's ETag.
    Task<Result<schema::ObjectInfo>> download_part(ObjectName name, ObjectClient::PartBytes bytes,
                                                   Range to);
    Task<Result<schema::ObjectInfo>> inspect(ObjectName name);
    // As after its download, for an object that was only inspected.
    void derive_from(const schema::ObjectInfo& source);

    // The function's time-out as wall and processor time, the configuration's memory.
    [[nodiscard]] JobLimits limits() const;
    // Runs the zygote's function on the two files. Its result, or its error.
    Task<Result<std::string>> run_child(std::string parameters, JobLimits limits);

    // Bytes of one of the files.
    enum class File : std::uint8_t { input, output };
    struct Part {
        File file = File::output;
        std::uint64_t offset = 0;
        std::optional<std::uint64_t> length;  // Nothing: to the end.
    };
    Task<Result<schema::ObjectPut>> upload(schema::PutObject object, Part part);
    Task<Result<schema::ObjectPut>> upload_bytes(schema::PutObject object, std::string bytes);
    // A result that is made by several jobs: create answers the upload that this job has begun
    // before, if it has. Parts are uploads whose object names the part.
    Task<Result<schema::UploadCreated>> create_upload(schema::PutObject object);
    Task<Result<schema::UploadCreated>> find_upload(schema::FindUpload upload);
    Task<Result<schema::UploadCompleted>> complete_upload(schema::CompleteUpload upload);
    // One that is gone is no failure.
    Task<Result<void>> abort_upload(schema::AbortUpload upload);
    Task<Result<schema::ObjectDeleted>> remove(schema::DeleteObject object);

private:
    [[nodiscard]] ObjectContext context() const;
    // Of every write: a request id of its own, and what it is the result of.
    template <typename Request>
    void identify(Request& request);

    JobServices& services_;
    LaneJob job_;
    S3Event event_;
    std::optional<schema::ResultSource> source_;
    FileDescriptor input_;
    FileDescriptor output_;
};

// The result of one of the above as the job's: as_job_error, if it failed.
template <typename T>
Result<T> explained(Result<T> result, std::string_view doing) {
    if (!result) return std::unexpected(as_job_error(std::move(result).error(), doing));
    return result;
}

}  // namespace onput::worker
