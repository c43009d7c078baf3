// The function worker: jobs of functions with the worker "function", and calls that invoke them.
//
//     job or call ──> code (CodeStore) ──> invocation (Invoker) ──> ack, nack, or the call's answer
//
// A job's body is the event; its message id is the request id, which stays the same over retries. A
// handler that fails, or whose environment does, is tried again as its function says.
#pragma once

#include <memory>

#include "common/runtime/service.hpp"
#include "services/function/config.hpp"

namespace onput::function {

// `config` outlives it. unavailable, reason `no_isolation`: this machine forbids what isolation
// needs.
Result<std::unique_ptr<runtime::Service>> open_function_worker(runtime::Process& process,
                                                               const Config& config);

}  // namespace onput::function
