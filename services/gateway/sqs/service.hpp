// SQS in both of its protocols, AWS JSON 1.0 and query.
#pragma once

#include "services/gateway/aws/service.hpp"

namespace onput::gateway::sqs {

const aws::Service& service();

}  // namespace onput::gateway::sqs
