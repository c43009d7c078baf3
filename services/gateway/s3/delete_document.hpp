// The documents of DeleteObjects: which keys, and what became of each. Pure.
#pragma once

#include <string>

#include "common/base/result.hpp"
#include "common/schema/storage_versions.hpp"
#include "services/gateway/aws/value.hpp"

namespace onput::gateway::s3 {

// delete_keys_max of the longest keys, each with a version, and characters that XML escapes.
inline constexpr std::size_t delete_body_bytes_max = 2 * 1024 * 1024;

struct Deletion {
    std::vector<schema::DeleteEntry> entries;
    bool is_quiet = false;  // Only errors are answered.
};

// <Delete>, as read by its shape. malformed_xml: a broken document, no key, or more than
// delete_keys_max; unimplemented: conditions that only directory buckets have.
Result<Deletion> read_deletion(const aws::Value& document);

// <DeleteResult>. `deleted` has an entry for each of `asked`.
std::string render_deletion(const Deletion& asked, const schema::ObjectsDeleted& deleted);

}  // namespace onput::gateway::s3
