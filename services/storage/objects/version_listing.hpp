// A page of the versions of a bucket's objects, from the rows of current and of older ones. Pure.
#pragma once

#include "common/base/result.hpp"
#include "common/schema/storage_versions.hpp"
#include "common/store/store.hpp"

namespace onput::storage {

// By key in byte order, of a key the newest first. A common prefix counts as one entry, and reading
// goes on behind all that it stands for. The owner is left out; whether that of an
// object counts is the caller's.
Result<schema::VersionList> list_versions(const store::View& view,
                                          const schema::ListVersions& request);

}  // namespace onput::storage
