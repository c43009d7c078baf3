// The role of a function: it must be there, and let Lambda become it, when a function gets it.
#pragma once

#include <string>
#include <vector>

#include "services/gateway/aws/service.hpp"

namespace onput::gateway::lambda {

// Of the input's `Role`; without one nothing is checked. invalid_argument, reason
// InvalidParameterValue, in the words that clients wait for.
http::Task<Result<void>> check_role(aws::Call& call);

// What a function's configuration names asks its role: `role`, its ARN. A function without a role
// has the rights of its account. All fail with invalid_argument, reason InvalidParameterValue.
//
// May it take messages from a queue, as an event source mapping needs it?
http::Task<Result<void>> check_may_receive(aws::Call& call, std::string role,
                                           std::string queue_arn);
// May it send to its dead-letter queue or topic? Empty: it has none.
http::Task<Result<void>> check_may_dead_letter(aws::Call& call, std::string role,
                                               std::string target_arn);
// May it send to the destinations of asynchronous invocations? Empty ones are none.
http::Task<Result<void>> check_may_tell(aws::Call& call, std::string role,
                                        std::vector<std::string> destination_arns);

}  // namespace onput::gateway::lambda
