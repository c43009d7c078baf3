// EventBridge: JSON 1.1, to the notifier.
#pragma once

#include "services/gateway/aws/service.hpp"

namespace onput::gateway::events {

const aws::Service& service();

}  // namespace onput::gateway::events
