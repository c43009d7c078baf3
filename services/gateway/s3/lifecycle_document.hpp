// Lifecycle configurations of buckets: between S3's document and our message. Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/schema/lifecycle.hpp"

namespace onput::gateway::s3 {

// <LifecycleConfiguration>, by its structure only: what is in it is lifecycle_rules' to judge, and
// a number that is out of any range is cut to one that is. Rules without an id get one, made of
// what they are and where they stand. malformed_xml.
Result<schema::LifecycleConfiguration> read_lifecycle(std::string_view body);

// The same document again.
std::string render_lifecycle(const schema::LifecycleConfiguration& configuration);

// x-amz-transition-default-minimum-object-size; empty: the default. invalid_argument.
Result<schema::TransitionMinimumSize> read_minimum_size(std::string_view header);
std::string_view show_minimum_size(schema::TransitionMinimumSize size);

}  // namespace onput::gateway::s3
