// Statements of a function's policy, as AddPermission makes them of its parameters. Pure.
#pragma once

#include <string>

#include "common/base/result.hpp"
#include "common/schema/function_access.hpp"
#include "services/gateway/aws/value.hpp"

namespace onput::gateway::lambda {

// The JSON of the statement that the input describes. invalid_argument: a principal or an action
// that no policy here understands, or a condition that is not available.
Result<std::string> write_statement(const aws::Value& input, const std::string& resource);

// The whole document.
std::string write_policy(const schema::FunctionPolicy& policy);

}  // namespace onput::gateway::lambda
