// Errors in Lambda's names.
#pragma once

#include "common/base/result.hpp"
#include "services/gateway/aws/errors.hpp"

namespace onput::gateway::lambda {

aws::ErrorName name_of(const Error& error);

// InvalidParameterValueException with this text.
std::unexpected<Error> invalid(std::string message);

}  // namespace onput::gateway::lambda
