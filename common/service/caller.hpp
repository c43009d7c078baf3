// Caller: on whose behalf and when a command runs. The host fills it from the request's header and
// the loop's clock.
#pragma once

#include <optional>
#include <string>

#include "common/base/time.hpp"
#include "common/schema/wire.hpp"

namespace onput::service {

struct Caller {
    schema::Principal principal;
    schema::TraceContext trace;
    Timestamp now;
    std::string trace_header = {};  // X-Amzn-Trace-Id.
    // What a client asks for, to be judged. Nothing: a service's own request.
    std::optional<schema::AccessContext> access = {};
};

}  // namespace onput::service
