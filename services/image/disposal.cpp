#include "services/image/disposal.hpp"

#include <fmt/format.h>

#include "common/async/co_try.hpp"
#include "services/image/sidecar.hpp"

namespace onput::image {
namespace {

using recipe::InvalidPolicy;
using worker::explained;
using worker::JobEnd;
using worker::ObjectJob;

constexpr std::string_view kept = "kept";

// Where the upload stays as it was, somebody has yet to look at it.
JobEnd rejected(const Rejection& rejection, std::string_view disposition) {
    worker::JobFailure failure(to_error(rejection), std::string(disposition));
    failure.is_settled = disposition != kept;
    return std::unexpected(std::move(failure));
}

std::string disposition_of(const PhotoJob& task) {
    if (task.recipe.invalid == InvalidPolicy::remove) return "deleted";
    const auto copy = make_quarantine_object(task.photo, task.recipe.quarantine, {});
    return fmt::format("quarantined to s3://{}/{}", copy.bucket, copy.key);
}

// A quarantine that is where the photo already lies: its copy would be the photo itself.
bool is_own_quarantine(const PhotoJob& task) {
    const auto copy = make_quarantine_object(task.photo, task.recipe.quarantine, {});
    return copy.bucket == task.photo.bucket && copy.key == task.photo.key;
}

// A step that failed is the job's failure, and retried.
std::string describe_step(const PhotoJob& task, const Rejection& rejection,
                          std::string_view doing) {
    return fmt::format("{} {}, which is invalid ({}: {})", doing, task.photo.name(),
                       rejection.reason, rejection.message);
}

Task<Result<void>> copy(PhotoJob& task, const Rejection& rejection) {
    const ObjectJob::Part photo{.file = ObjectJob::File::input, .length = task.photo.size_bytes};
    auto object = make_quarantine_object(task.photo, task.recipe.quarantine, rejection);
    ONPUT_CO_TRY_VOID(co_await task.job.upload(std::move(object), photo));
    co_return Result<void>();
}

Task<Result<void>> leave_sidecar(PhotoJob& task, const Rejection& rejection) {
    if (!task.recipe.sidecar) co_return Result<void>();
    auto object = make_sidecar_object(task.photo, task.recipe.output);
    add_rejection(object.metadata, task.photo, rejection);
    std::string json = make_rejected_sidecar(task.photo, rejection);
    ONPUT_CO_TRY_VOID(co_await task.job.upload_bytes(std::move(object), std::move(json)));
    co_return Result<void>();
}

Task<Result<void>> remove(PhotoJob& task) {
    schema::DeleteObject photo;
    photo.bucket = task.photo.bucket;
    photo.key = task.photo.key;
    photo.conditions.if_match = "\"" + task.photo.etag + "\"";
    auto removed = co_await task.job.remove(std::move(photo));
    // A newer upload has replaced the photo: that one stays.
    const std::string reason = removed ? "" : removed.error().reason;
    if (removed || reason == "precondition_failed" || reason == "superseded")
        co_return Result<void>();
    co_return std::unexpected(std::move(removed).error());
}

}  // namespace

Task<JobEnd> dispose(PhotoJob& task, Rejection rejection) {
    const auto policy = task.recipe.invalid;
    if (policy == InvalidPolicy::keep) co_return rejected(rejection, kept);
    const bool is_quarantine = policy == InvalidPolicy::quarantine;
    const std::string doing =
        describe_step(task, rejection, is_quarantine ? "quarantine" : "delete");
    if (!is_quarantine) {
        ONPUT_CO_TRY_VOID(explained(co_await leave_sidecar(task, rejection), doing));
    } else {
        if (is_own_quarantine(task)) co_return rejected(rejection, kept);
        if (rejection.reason == too_many_bytes) {
            ONPUT_CO_TRY(const auto photo,
                         explained(co_await task.job.download(schema::put_bytes_max), doing));
            // Another upload has replaced the one that was judged, and has its own event.
            if (photo.etag != task.photo.etag)
                co_return rejected(rejection, "replaced by a newer upload");
        }
        ONPUT_CO_TRY_VOID(explained(co_await copy(task, rejection), doing));
    }
    ONPUT_CO_TRY_VOID(explained(co_await remove(task), describe_step(task, rejection, "delete")));
    co_return rejected(rejection, disposition_of(task));
}

Task<std::optional<JobEnd>> recall(PhotoJob& task) {
    const auto policy = task.recipe.invalid;
    if (policy == InvalidPolicy::keep ||
        (policy == InvalidPolicy::remove && !task.recipe.sidecar) ||
        (policy == InvalidPolicy::quarantine && is_own_quarantine(task))) {
        co_return std::nullopt;
    }
    // What was written before the photo was deleted.
    const auto witness = policy == InvalidPolicy::remove
                             ? make_sidecar_object(task.photo, task.recipe.output)
                             : make_quarantine_object(task.photo, task.recipe.quarantine, {});
    worker::ObjectName name{.bucket = witness.bucket, .key = witness.key};
    const auto found = co_await task.job.inspect(std::move(name));
    if (!found && found.error().code != ErrorCode::not_found) {
        co_return JobEnd(
            std::unexpected(worker::as_job_error(found.error(), "look for an earlier judgement")));
    }
    const auto earlier =
        found ? read_rejection(found->metadata, task.photo.event_id) : std::nullopt;
    if (!earlier) co_return std::nullopt;
    co_return rejected(*earlier, disposition_of(task));
}

}  // namespace onput::image
