// Errors in the words of CloudWatch Logs. All are answered with 400, faults of ours with 500.
#pragma once

#include <string>

#include "services/gateway/aws/errors.hpp"

namespace onput::gateway::logs {

aws::ErrorName name_of(const Error& error);

// InvalidParameterException.
std::unexpected<Error> invalid(std::string message);

}  // namespace onput::gateway::logs
