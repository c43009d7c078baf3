// Dates in S3's documents and headers, in the forms of ISO 8601 that its clients write. Pure.
#pragma once

#include <string_view>

#include "common/base/result.hpp"
#include "common/base/time.hpp"

namespace onput::gateway::s3 {

// "2030-01-31", midnight; "2030-01-31T12:00", "2030-01-31T12:00:00.000"; each with "Z", with an
// offset ("+02:00", "+0200", "+02"), or with neither, which is UTC. invalid_argument.
Result<Timestamp> parse_date(std::string_view text);

}  // namespace onput::gateway::s3
