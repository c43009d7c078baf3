#include "services/gateway/request_context.hpp"

#include "common/base/log.hpp"

namespace onput::gateway {

void note_failure(RequestContext& context, const Error& error) {
    ++context.shared.errors_total;
    // Who leaves in the middle of a long poll has not met a failure.
    if (error.reason == "client_gone") return;
    log::warn("request failed", {{"request_id", context.request_id}, {"error", error.message}});
}

}  // namespace onput::gateway
