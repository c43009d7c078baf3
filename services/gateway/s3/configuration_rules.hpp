// What S3 refuses in a bucket's configuration that fits its shape. Pure.
#pragma once

#include "services/gateway/s3/bucket_configuration.hpp"

namespace onput::gateway::s3 {

// Errors: read_configuration's.
Result<void> check_configuration(const ConfigurationPlace& place, const aws::Value& document);

}  // namespace onput::gateway::s3
