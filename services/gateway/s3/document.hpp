// XML documents of S3's answers, by the shapes of its model. Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/base/time.hpp"
#include "services/gateway/aws/value.hpp"

namespace onput::gateway::s3 {

// The result of an operation. `root` is the name of the document's element, which S3's model does
// not say.
std::string render_result_of(std::string_view operation, std::string_view root,
                             const aws::Value& result);

// "2026-11-21T10:15:30.000Z": S3's times have the form of milliseconds, and whole seconds.
std::string format_listed_time(Timestamp time);

}  // namespace onput::gateway::s3
