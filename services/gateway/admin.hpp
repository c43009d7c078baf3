// /_onput/livez, /_onput/readyz and /_onput/metrics: unsigned, for health checks and Prometheus.
#pragma once

#include "services/gateway/request_context.hpp"

namespace onput::gateway {

// livez: 200 while the process serves. readyz: 200 when storage, notifier and queue are connected,
// else 503 naming those that are not.
http::Task<void> serve_admin(RequestContext& context);

}  // namespace onput::gateway
