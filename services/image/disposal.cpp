#include "services/image/disposal.hpp"

#include <fmt/format.h>

#include "services/image/sidecar.hpp"

namespace onput::image {
namespace {

using recipe::InvalidPolicy;

void end(const PhotoTask& task, const Rejection& rejection, std::string disposition) {
    task.done(std::unexpected(worker::JobFailure(to_error(rejection), std::move(disposition))));
}

// What should be done with the upload could not be done: the job's failure, retried.
void end_undone(const PhotoTask& task, const Rejection& rejection, const Error& why,
                std::string_view doing) {
    task.done(std::unexpected(worker::as_job_error(
        why, fmt::format("{} {}, which is invalid ({}: {})", doing, task.photo.name(),
                         rejection.reason, rejection.message))));
}

std::string disposition_of(const PhotoTask& task) {
    if (task.recipe.invalid == InvalidPolicy::remove) return "deleted";
    const auto copy = make_quarantine_object(task.photo, task.recipe.quarantine, {});
    return fmt::format("quarantined to s3://{}/{}", copy.bucket, copy.key);
}

// A quarantine that is where the photo already lies: its copy would be the photo itself.
bool is_own_quarantine(const PhotoTask& task) {
    const auto copy = make_quarantine_object(task.photo, task.recipe.quarantine, {});
    return copy.bucket == task.photo.bucket && copy.key == task.photo.key;
}

}  // namespace

void Disposal::dispose(const PhotoTaskPtr& task, const Rejection& rejection) {
    switch (task->recipe.invalid) {
        case InvalidPolicy::keep: end(*task, rejection, "kept"); return;
        case InvalidPolicy::remove: leave_sidecar(task, rejection); return;
        case InvalidPolicy::quarantine: break;
    }
    if (is_own_quarantine(*task)) {
        end(*task, rejection, "kept");
    } else {
        quarantine(task, rejection);
    }
}

void Disposal::quarantine(const PhotoTaskPtr& task, const Rejection& rejection) {
    if (rejection.reason != too_many_bytes) {
        copy(task, rejection);
        return;
    }
    objects_.download({.bucket = task->photo.bucket, .key = task->photo.key}, task->context(),
                      {.fd = task->input.get(), .bytes_max = schema::put_bytes_max},
                      [this, task, rejection](const Result<schema::ObjectInfo>& photo) {
                          if (!photo) {
                              end_undone(*task, rejection, photo.error(), "quarantine");
                              return;
                          }
                          // Another upload has replaced the one that was judged, and has its own
                          // event.
                          if (photo->etag != task->photo.etag) {
                              end(*task, rejection, "replaced by a newer upload");
                          } else {
                              copy(task, rejection);
                          }
                      });
}

void Disposal::copy(const PhotoTaskPtr& task, const Rejection& rejection) {
    auto object = make_quarantine_object(task->photo, task->recipe.quarantine, rejection);
    object.request_id = process_.random().hex(16);
    object.source_ip = "127.0.0.1";
    objects_.upload(std::move(object), task->context(),
                    {.fd = task->input.get(), .length = task->photo.size_bytes},
                    [this, task, rejection](const Result<schema::ObjectPut>& put) {
                        if (!put) {
                            end_undone(*task, rejection, put.error(), "quarantine");
                        } else {
                            remove(task, rejection);
                        }
                    });
}

void Disposal::leave_sidecar(const PhotoTaskPtr& task, const Rejection& rejection) {
    if (!task->recipe.sidecar) {
        remove(task, rejection);
        return;
    }
    auto object = make_sidecar_object(task->photo, task->recipe.output);
    add_rejection(object.metadata, task->photo, rejection);
    object.request_id = process_.random().hex(16);
    object.source_ip = "127.0.0.1";
    objects_.upload_bytes(std::move(object), task->context(),
                          make_rejected_sidecar(task->photo, rejection),
                          [this, task, rejection](const Result<schema::ObjectPut>& put) {
                              if (!put) {
                                  end_undone(*task, rejection, put.error(), "delete");
                              } else {
                                  remove(task, rejection);
                              }
                          });
}

void Disposal::remove(const PhotoTaskPtr& task, const Rejection& rejection) {
    schema::DeleteObject photo;
    photo.bucket = task->photo.bucket;
    photo.key = task->photo.key;
    photo.conditions.if_match = "\"" + task->photo.etag + "\"";
    photo.request_id = process_.random().hex(16);
    photo.source_ip = "127.0.0.1";
    objects_.remove(std::move(photo), task->context(),
                    [task, rejection](const Result<schema::ObjectDeleted>& removed) {
                        // A newer upload has replaced the photo: that one stays.
                        if (removed || removed.error().reason == "precondition_failed") {
                            end(*task, rejection, disposition_of(*task));
                        } else {
                            end_undone(*task, rejection, removed.error(), "delete");
                        }
                    });
}

void Disposal::recall(const PhotoTaskPtr& task, std::function<void()> otherwise) {
    const auto policy = task->recipe.invalid;
    if (policy == InvalidPolicy::keep ||
        (policy == InvalidPolicy::remove && !task->recipe.sidecar) ||
        (policy == InvalidPolicy::quarantine && is_own_quarantine(*task))) {
        otherwise();
        return;
    }
    const auto witness = policy == InvalidPolicy::remove
                             ? make_sidecar_object(task->photo, task->recipe.output)
                             : make_quarantine_object(task->photo, task->recipe.quarantine, {});
    objects_.inspect(
        {.bucket = witness.bucket, .key = witness.key}, task->context(),
        [task, otherwise = std::move(otherwise)](const Result<schema::ObjectInfo>& found) {
            if (!found && found.error().code != ErrorCode::not_found) {
                task->done(std::unexpected(
                    worker::as_job_error(found.error(), "look for an earlier judgement")));
                return;
            }
            const auto earlier =
                found ? read_rejection(found->metadata, task->photo.event_id) : std::nullopt;
            if (earlier) {
                end(*task, *earlier, disposition_of(*task));
            } else {
                otherwise();
            }
        });
}

}  // namespace onput::image
