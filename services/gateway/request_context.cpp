#include "services/gateway/request_context.hpp"

#include "common/base/log.hpp"

namespace onput::gateway {

void note_failure(RequestContext& context, const Error& error) {
    log::warn("request failed", {{"request_id", context.request_id}, {"error", error.message}});
}

}  // namespace onput::gateway
