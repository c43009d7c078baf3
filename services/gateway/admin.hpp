// /_onput/livez, /_onput/readyz and /_onput/metrics on the port of the protocols: unsigned, for
// health checks and Prometheus. The same answers as every service's own health address gives
// (common/runtime/health.hpp), but by the threads that serve HTTP: proof that those live.
#pragma once

#include "services/gateway/request_context.hpp"

namespace onput::gateway {

http::Task<void> serve_admin(RequestContext& context);

// What the gateway counts of its requests. Any thread.
std::vector<schema::Metric> request_metrics(const Shared& shared);

}  // namespace onput::gateway
