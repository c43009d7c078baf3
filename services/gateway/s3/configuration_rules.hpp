// What S3 refuses in a bucket's configuration that fits its shape. Pure.
#pragma once

#include <array>
#include <string_view>

#include "services/gateway/s3/bucket_configuration.hpp"

namespace onput::gateway::s3 {

// Who owns each object of a bucket that was never told otherwise.
inline constexpr std::string_view owner_enforced = "BucketOwnerEnforced";

// What a public access block blocks.
inline constexpr std::array<std::string_view, 4> access_blocks{
    "BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"};

// Errors: read_configuration's.
Result<void> check_configuration(const ConfigurationPlace& place, const aws::Value& document);

// Adds what S3 shows of one although it was not said.
void complete_configuration(ConfigurationKind kind, aws::Value& document);

}  // namespace onput::gateway::s3
