// A multipart upload under way: the one that a job has begun, what is answered about one, and
// whether it is asked to be completed once more. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "common/base/result.hpp"
#include "common/schema/storage_uploads.hpp"
#include "common/store/store.hpp"
#include "services/storage/buckets/buckets.hpp"
#include "services/storage/objects/records.hpp"

namespace onput::storage {

// An upload under way that the same job has begun: it makes one, however often it runs. Of one key
// the oldest so many are looked at.
inline constexpr std::size_t uploads_searched_max = 1000;
struct BegunUpload {
    std::string upload_id;
    UploadRecord record;
};
Result<std::optional<BegunUpload>> find_begun(const store::View& view,
                                              const schema::FindUpload& upload);

// `superseded` when the result of the same job is there already: a worker that stalled begins anew.
Result<void> check_not_made(const store::View& view, const schema::FindUpload& upload);

// As its age is counted.
Timestamp began_at(const UploadRecord& record);
// What CreateUpload is answered, but for `abort`.
schema::UploadCreated created_of(const Bucket& bucket, std::string upload_id,
                                 const UploadRecord& record);

// What the object's metadata will be: of a job's result some is known only when it is complete.
Result<std::map<std::string, std::string>> metadata_of(const schema::CompleteUpload& request,
                                                       const schema::CreateUpload& created);

// Whether the object that is there was made by this very request: of this upload, of these parts.
bool repeats_completion(const schema::CompleteUpload& request, const ObjectRecord& object);

}  // namespace onput::storage
