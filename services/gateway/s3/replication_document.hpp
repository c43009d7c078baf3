// Replication configurations of buckets: between S3's document and our message. Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/schema/replication.hpp"

namespace onput::gateway::s3 {

// <ReplicationConfiguration>, by its structure only: what is in it is replication_rules' to judge.
// Rules without an id get one, made of what they are and where they stand. malformed_xml;
// encryption by keys of KMS is unimplemented.
Result<schema::ReplicationConfiguration> read_replication(std::string_view body);

// The same document again.
std::string render_replication(const schema::ReplicationConfiguration& configuration);

}  // namespace onput::gateway::s3
