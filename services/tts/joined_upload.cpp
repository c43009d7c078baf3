#include "services/tts/joined_upload.hpp"

#include <algorithm>
#include <utility>

#include "common/async/co_try.hpp"

namespace onput::tts {
namespace {

using worker::explained;
using worker::ObjectJob;

// The upload's id; nothing: none is under way. `superseded`: it is the object by now.
Task<Result<std::optional<std::string>>> find_begun(ObjectJob& job, worker::ObjectName output) {
    const schema::FindUpload asked{.bucket = std::move(output.bucket),
                                   .key = std::move(output.key),
                                   .idempotency_key = job.lane_job().grant.message_id};
    const auto found = co_await job.find_upload(asked);
    if (found) co_return found->upload_id;
    if (found.error().reason == "no_such_upload") co_return std::nullopt;
    co_return std::unexpected(explained(found, "find an upload of this job").error());
}

}  // namespace

Task<Result<void>> drop_begun(ObjectJob& job, worker::ObjectName output) {
    const auto begun = co_await find_begun(job, output);
    if (!begun && begun.error().reason == "superseded") co_return Result<void>();
    if (!begun) co_return std::unexpected(begun.error());
    if (!*begun) co_return Result<void>();
    const schema::AbortUpload upload{
        .bucket = std::move(output.bucket), .key = std::move(output.key), .upload_id = **begun};
    co_return explained(co_await job.abort_upload(upload), "end the upload of an attempt before");
}

Task<Result<std::optional<schema::ObjectPut>>> find_completed(ObjectJob& job,
                                                              worker::ObjectName output) {
    using Completed = std::optional<schema::ObjectPut>;
    const auto begun = co_await find_begun(job, output);
    if (begun) co_return Completed();
    if (begun.error().reason != "superseded") co_return std::unexpected(begun.error());
    ONPUT_CO_TRY(const auto made,
                 explained(co_await job.inspect(std::move(output)), "find what has been joined"));
    co_return schema::ObjectPut{.etag = made.etag, .version_id = made.version_id};
}

Task<Result<schema::ObjectPut>> complete_joined(ObjectJob& job, schema::CompleteUpload upload,
                                                std::uint32_t own_part) {
    auto completed = explained(co_await job.complete_upload(std::move(upload)), "join the parts");
    if (completed) co_return completed->object;
    Error failure = std::move(completed).error();
    const std::pair<std::string, std::string> own{"PartNumber", std::to_string(own_part)};
    const bool is_own = std::ranges::find(failure.details, own) != failure.details.end();
    if (failure.reason == "invalid_part" && is_own) failure.code = ErrorCode::internal;
    co_return std::unexpected(std::move(failure));
}

}  // namespace onput::tts
