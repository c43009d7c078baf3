// SNS: the query protocol, by POST or GET.
#pragma once

#include "services/gateway/aws/service.hpp"

namespace onput::gateway::sns {

// ConfirmSubscription and Unsubscribe admit anyone: they are what the links in messages to
// subscribers do, whose token or ARN authenticates.
const aws::Service& service();

}  // namespace onput::gateway::sns
