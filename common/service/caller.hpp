// Caller: on whose behalf and when a command runs. The host fills it from the request's header and
// the loop's clock.
#pragma once

#include "common/base/time.hpp"
#include "common/schema/wire.hpp"

namespace onput::service {

struct Caller {
    schema::Principal principal;
    schema::TraceContext trace;
    Timestamp now;
};

}  // namespace onput::service
