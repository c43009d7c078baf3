// What ListObjectVersions asks for, and how it is written. Pure.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/schema/storage_versions.hpp"
#include "services/gateway/http/target.hpp"

namespace onput::gateway::s3 {

struct VersionQuery {
    schema::ListVersions message;
    bool is_url_encoded = false;  // encoding-type=url: names are form-encoded, '/' stays.
    bool wants_restore = false;   // As ListQuery's.
};

// invalid_argument in S3's words, with ArgumentName and ArgumentValue.
Result<VersionQuery> read_version_query(const std::string& bucket,
                                        const std::vector<http::QueryParameter>& query);

// Versions and delete markers in one order, as S3 writes them, which the model's two lists cannot
// say.
std::string render_versions(const VersionQuery& wanted, const schema::VersionList& list);

}  // namespace onput::gateway::s3
