#include "services/tts/joined_upload.hpp"

#include <utility>

#include "common/async/co_try.hpp"

namespace onput::tts {
namespace {

using worker::explained;
using worker::ObjectJob;

Task<Result<void>> end_upload(ObjectJob& job, std::string bucket, std::string key, std::string id) {
    const schema::AbortUpload upload{
        .bucket = std::move(bucket), .key = std::move(key), .upload_id = std::move(id)};
    co_return explained(co_await job.abort_upload(upload), "end the upload of an attempt before");
}

}  // namespace

Task<Result<void>> drop_begun(ObjectJob& job, schema::PutObject object) {
    if (job.lane_job().grant.attempt <= 1) co_return Result<void>();
    std::string bucket = object.bucket;
    std::string key = object.key;
    const auto found = explained(co_await job.create_upload(std::move(object)),
                                 "find the upload of an attempt before");
    // The result is there, or not wanted any more: nothing was begun.
    if (!found && found.error().reason == "superseded") co_return Result<void>();
    ONPUT_CO_TRY(const auto begun, found);
    co_return co_await end_upload(job, std::move(bucket), std::move(key), begun.upload_id);
}

Task<Result<std::optional<schema::ObjectPut>>> find_completed(ObjectJob& job,
                                                              schema::PutObject object,
                                                              std::string upload_id) {
    using Completed = std::optional<schema::ObjectPut>;
    worker::ObjectName name{.bucket = object.bucket, .key = object.key};
    const auto found =
        explained(co_await job.create_upload(std::move(object)), "find the upload of the parts");
    if (found && found->upload_id == upload_id) co_return Completed();
    if (found) {
        // Ours is gone, and asking has begun another.
        ONPUT_CO_TRY_VOID(co_await end_upload(job, name.bucket, name.key, found->upload_id));
        co_return Completed();
    }
    if (found.error().reason != "superseded") co_return std::unexpected(found.error());
    ONPUT_CO_TRY(const auto made,
                 explained(co_await job.inspect(std::move(name)), "find what has been joined"));
    co_return schema::ObjectPut{.etag = made.etag, .version_id = made.version_id};
}

Task<Result<schema::ObjectPut>> complete_joined(ObjectJob& job, schema::CompleteUpload upload) {
    auto completed = explained(co_await job.complete_upload(std::move(upload)), "join the parts");
    if (completed) co_return completed->object;
    Error failure = std::move(completed).error();
    if (failure.reason == "invalid_part") failure.code = ErrorCode::unavailable;
    co_return std::unexpected(std::move(failure));
}

}  // namespace onput::tts
