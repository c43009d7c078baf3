// A function's configuration as Lambda's API says it: written from, and read into, what the queue
// service keeps. Pure.
#pragma once

#include "common/schema/function.hpp"
#include "services/gateway/aws/value.hpp"

namespace onput::gateway::lambda {

inline constexpr std::uint32_t timeout_s_default = 3;

// FunctionConfiguration. A function that a worker of Onput's own runs has the runtime
// provided.al2023, and the handler "onput.<worker>".
aws::Value describe_configuration(const schema::FunctionInfo& function);

// What CreateFunction and UpdateFunctionConfiguration say, into the function: what is not said
// stays as it is. invalid_argument, in Lambda's words, for what it refuses, and for what is not
// here.
Result<void> read_configuration(const aws::Value& input, schema::FunctionInfo& function);

Result<void> check_tags(const std::map<std::string, std::string>& tags);

}  // namespace onput::gateway::lambda
