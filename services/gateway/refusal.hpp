// The answer to a request for a service of AWS that is not here: at once, in that service's own
// wire form, naming it and what there is instead. The status is 400 and the code NotImplemented,
// which no SDK tries again. Neither signature nor body is looked at.
#pragma once

#include <string_view>

#include "services/gateway/route.hpp"

namespace onput::gateway {

http::Response refuse_service(const Route& route, const http::RequestHead& head,
                              std::string_view request_id);

}  // namespace onput::gateway
