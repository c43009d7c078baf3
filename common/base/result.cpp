#include "common/base/result.hpp"

namespace onput {

std::string_view to_string(ErrorCode code) {
    switch (code) {
        case ErrorCode::invalid_argument: return "invalid_argument";
        case ErrorCode::not_found: return "not_found";
        case ErrorCode::conflict: return "conflict";
        case ErrorCode::permission_denied: return "permission_denied";
        case ErrorCode::resource_exhausted: return "resource_exhausted";
        case ErrorCode::unavailable: return "unavailable";
        case ErrorCode::timeout: return "timeout";
        case ErrorCode::corruption: return "corruption";
        case ErrorCode::unimplemented: return "unimplemented";
        case ErrorCode::internal: return "internal";
    }
    return "unknown";
}

Error Error::with_context(std::string_view context) && {
    message = std::string(context) + ": " + message;
    return std::move(*this);
}

}  // namespace onput
