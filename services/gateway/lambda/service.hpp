// AWS Lambda: the API of functions, by common/schema/function.hpp.
#pragma once

#include "services/gateway/aws/service.hpp"

namespace onput::gateway::lambda {

const aws::Service& service();

}  // namespace onput::gateway::lambda
