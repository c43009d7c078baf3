// Errors in EventBridge's words.
#pragma once

#include <string>

#include "services/gateway/aws/errors.hpp"

namespace onput::gateway::events {

using aws::ErrorName;

ErrorName name_of(const Error& error);

// Reason ValidationException, the text as it is.
std::unexpected<Error> invalid_request(std::string message);

}  // namespace onput::gateway::events
