// CloudWatch Logs: groups, streams, events, retention and tags (operation.hpp).
#pragma once

#include "services/gateway/aws/service.hpp"

namespace onput::gateway::logs {

const aws::Service& service();

}  // namespace onput::gateway::logs
