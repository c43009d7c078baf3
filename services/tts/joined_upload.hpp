// An upload that several jobs fill and one completes, the steps of books and of long tasks: what
// each does that may come after an attempt of itself whose answer was lost.
#pragma once

#include <optional>
#include <string>

#include "common/async/task.hpp"
#include "common/schema/storage_uploads.hpp"
#include "common/worker/object_job.hpp"

namespace onput::tts {

// Ends the upload that an attempt before has begun, of what is made as a whole now. `object` is
// what it would be begun with.
Task<Result<void>> drop_begun(worker::ObjectJob& job, schema::PutObject object);

// The object, if the upload has been completed already; that of another attempt is ended.
Task<Result<std::optional<schema::ObjectPut>>> find_completed(worker::ObjectJob& job,
                                                              schema::PutObject object,
                                                              std::string upload_id);

// Fails with unavailable, so that it is tried again, where another attempt has replaced a part
// meanwhile.
Task<Result<schema::ObjectPut>> complete_joined(worker::ObjectJob& job,
                                                schema::CompleteUpload upload);

}  // namespace onput::tts
