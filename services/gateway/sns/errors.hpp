// SNS's error names and statuses. The notifier's reasons are SNS's own codes, which its table has.
#pragma once

#include <string_view>

#include "services/gateway/aws/errors.hpp"

namespace onput::gateway::sns {

using aws::ErrorName;

ErrorName name_of(const Error& error);

// "Invalid parameter: <what>", InvalidParameter.
std::unexpected<Error> invalid_parameter(std::string_view what);

}  // namespace onput::gateway::sns
