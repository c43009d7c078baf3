// The role of a function: it must be there, and let Lambda become it, when a function gets it.
#pragma once

#include <string>

#include "services/gateway/aws/service.hpp"

namespace onput::gateway::lambda {

// Of the input's `Role`; without one nothing is checked. invalid_argument, reason
// InvalidParameterValue, in the words that clients wait for.
http::Task<Result<void>> check_role(aws::Call& call);

// Whether a function's role may take messages from a queue, as an event source mapping needs it.
// One without a role has the rights of its account. `role`: its ARN, or empty.
// invalid_argument, reason InvalidParameterValue.
struct QueueReader {
    std::string role;
    std::string queue_arn;
};
http::Task<Result<void>> check_may_receive(aws::Call& call, QueueReader reader);

}  // namespace onput::gateway::lambda
