// What S3 refuses in a lifecycle configuration that fits its shape. Pure.
#pragma once

#include "common/base/result.hpp"
#include "common/schema/lifecycle.hpp"

namespace onput::gateway::s3 {

// The first thing wrong with the first rule that has one: invalid_argument in S3's words, reason
// invalid_request, invalid_tag, or none.
Result<void> check_lifecycle(const schema::LifecycleConfiguration& configuration);

}  // namespace onput::gateway::s3
