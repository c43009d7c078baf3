// Listing a bucket: keys in byte order, rolled up at a delimiter. Pure; reads object rows only.
//
// A common prefix counts as one key. Once one is found, reading goes on after everything that it
// stands for: a listing of folders costs one seek per folder, however full they are.
#pragma once

#include "common/base/result.hpp"
#include "common/schema/storage_objects.hpp"
#include "common/store/store.hpp"

namespace onput::storage {

// `owner_account` of the answer is left to the caller, and whether that of an object counts. More
// than list_keys_max keys are never given, whatever is asked. Fails with `invalid_argument` for
// texts longer than a key can be, and as the view does.
Result<schema::ObjectList> list_objects(const store::View& view,
                                        const schema::ListObjects& request);

}  // namespace onput::storage
