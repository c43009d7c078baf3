// ReferenceReader: which rows refer to which blobs, as recovery asks (common/store/blobs.hpp).
// Reads only, and for one recovery, while rows do not change. The cold directory has the bytes of
// archived versions, and nothing of parts.
//
//     owner o/<bucket>/<key>   the object row, or any older version of that key
//     owner p/<id>/<number>    the part's row, or the manifest that the upload became
//
// Recovery asks about every blob, in no order of keys. What a key's history or a manifest refers to
// is read once and remembered, so that a start is linear in the rows, also for a key with a hundred
// thousand versions; what is remembered is bounded by remembered_blobs_max.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "common/base/result.hpp"
#include "common/store/blobs.hpp"
#include "common/store/store.hpp"

namespace onput::storage {

// Some 64 bytes each. Beyond it all of them are forgotten, and read again when they are asked for.
inline constexpr std::size_t remembered_blobs_max = 1'000'000;

class ReferenceReader {
public:
    enum class Directory : std::uint8_t { data, cold };
    explicit ReferenceReader(const store::View& view, Directory directory = Directory::data)
        : view_(view), directory_(directory) {}

    // Does the owner's row refer to the blob? An error: the row cannot be read.
    Result<bool> refers(const store::Owner& owner, const store::BlobRef& blob);
    // Every reference in any row; an error unless all rows can be read.
    Result<void> for_each(const store::BlobReferences::Visit& visit) const;

private:
    using Place = std::pair<std::uint64_t, std::uint64_t>;  // Segment and id.
    using Places = std::set<Place>;

    // Of the older versions of a key: "<bucket>/<key>".
    Result<const Places*> history_of(std::string_view name);
    Result<const Places*> manifest_of(std::string_view upload_id);
    const Places* remember(std::string key, Places places);

    const store::View& view_;
    Directory directory_;
    std::unordered_map<std::string, Places> remembered_;  // By the prefix or key of the rows.
    std::size_t remembered_blobs_ = 0;
};

}  // namespace onput::storage
