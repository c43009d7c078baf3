// Errors as EventBridge Scheduler names them.
#pragma once

#include <string>

#include "services/gateway/aws/errors.hpp"

namespace onput::gateway::scheduler {

aws::ErrorName name_of(const Error& error);

// ValidationException.
std::unexpected<Error> invalid_request(std::string message);

}  // namespace onput::gateway::scheduler
