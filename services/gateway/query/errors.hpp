// Errors that every service of the query protocol has: what is wrong with a signature or with the
// request as such.
#pragma once

#include <string_view>

namespace onput::gateway::query {

struct CommonError {
    std::string_view reason;  // Of auth or the HTTP server.
    std::string_view code;
    int status = 400;
    std::string_view message = {};  // Empty: the error's own.
};

// Null when the reason is none of these.
const CommonError* find_common_error(std::string_view reason);

}  // namespace onput::gateway::query
