// SNS's error names and statuses. The notifier's reasons are SNS's own codes.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "services/gateway/http/message.hpp"

namespace onput::gateway::sns {

struct ErrorName {
    int status = 400;
    std::string code;  // "NotFound"
    std::string message;
};
ErrorName name_of(const Error& error);

http::Response render_error(const Error& error, std::string_view request_id);

// "Invalid parameter: <what>", InvalidParameter.
std::unexpected<Error> invalid_parameter(std::string_view what);

}  // namespace onput::gateway::sns
