// The MD5 digests that SQS clients check: of bodies, and of message attributes. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "common/schema/queue.hpp"

namespace onput::gateway::sqs {

std::string md5_of_body(std::string_view body);

// Attributes by name; for each: length and name, length and data type, one byte 1 (String, Number)
// or 2 (Binary), length and value. Lengths are four bytes, big-endian. Empty for no attributes.
std::string md5_of_attributes(const std::map<std::string, schema::MessageAttribute>& attributes);

}  // namespace onput::gateway::sqs
