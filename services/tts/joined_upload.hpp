// An upload that several jobs fill and one completes, the steps of books and of long tasks: what
// each does that may come after an attempt of itself whose answer was lost. A job has one for its
// output, with its message's id as the idempotency key.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/async/task.hpp"
#include "common/schema/storage_uploads.hpp"
#include "common/worker/object_job.hpp"

namespace onput::tts {

// Ends the upload that an attempt before has begun, of what is made as a whole now.
Task<Result<void>> drop_begun(worker::ObjectJob& job, worker::ObjectName output);

// The object, if the job has made it already, by completing its upload or at once.
Task<Result<std::optional<schema::ObjectPut>>> find_completed(worker::ObjectJob& job,
                                                              worker::ObjectName output);

// As ObjectJob::complete_upload. Fails with internal, so that it is tried again a few times, where
// another attempt has replaced the part that this one has put; any other that was replaced stays
// so.
Task<Result<schema::ObjectPut>> complete_joined(worker::ObjectJob& job,
                                                schema::CompleteUpload upload,
                                                std::uint32_t own_part);

}  // namespace onput::tts
