// What S3 refuses in a replication configuration that fits its shape, whatever the buckets are that
// it names. Pure.
#pragma once

#include <string_view>

#include "common/base/result.hpp"
#include "common/schema/replication.hpp"

namespace onput::gateway::s3 {

// The first thing wrong with the first rule that has one: invalid_argument in S3's words, reason
// invalid_request, invalid_tag, or none. `bucket`: the one that gets it.
Result<void> check_replication(std::string_view bucket,
                               const schema::ReplicationConfiguration& configuration);

}  // namespace onput::gateway::s3
