// The page of a bucket's multipart uploads under way. Pure.
#pragma once

#include "common/base/result.hpp"
#include "common/schema/storage_uploads.hpp"
#include "common/store/store.hpp"
#include "services/storage/objects/records.hpp"

namespace onput::storage {

// By key, of a key as they began. A common prefix counts as one entry. The owner is left out.
Result<schema::UploadList> list_uploads(const store::View& view,
                                        const schema::ListUploads& request);

schema::UploadSummary summary_of(std::string_view key, std::string_view upload_id,
                                 UploadRecord record);

}  // namespace onput::storage
