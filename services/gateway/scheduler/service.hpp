// EventBridge Scheduler over REST: schedules and their groups. The notifier keeps them.
#pragma once

#include "services/gateway/aws/service.hpp"

namespace onput::gateway::scheduler {

const aws::Service& service();

}  // namespace onput::gateway::scheduler
