#include "services/gateway/sns/errors.hpp"

#include <array>

#include <fmt/format.h>

#include "services/gateway/aws/directory.hpp"

namespace onput::gateway::sns {
namespace {

using aws::ErrorAlias;

constexpr std::string_view internal_message = "We encountered an internal error. Please try again.";

constexpr std::array aliases{
    ErrorAlias{"InternalError", "", "", 500, internal_message},
    ErrorAlias{"InvalidAction", "", "", 400, ""},
    ErrorAlias{"ValidationException", "ValidationError", "", 400, ""},
    ErrorAlias{"MalformedQueryString", "", "", 400, ""},
    ErrorAlias{"malformed_map", "InvalidParameter", "", 400, ""},
    ErrorAlias{"storage_full", "ServiceUnavailable", "", 503,
               "The notifier has no room for more now. Try again."},
    ErrorAlias{"body_too_large", "InvalidParameter", "", 400,
               "Invalid parameter: the request is larger than is allowed"},
};

ErrorAlias alias_of_code(ErrorCode code) {
    switch (code) {
        case ErrorCode::invalid_argument: return {"InvalidParameter", "", "", 400, ""};
        case ErrorCode::not_found: return {"NotFound", "", "", 404, ""};
        case ErrorCode::conflict: return {"ConcurrentAccess", "", "", 400, ""};
        case ErrorCode::permission_denied: return {"AuthorizationError", "", "", 403, ""};
        case ErrorCode::resource_exhausted: return {"Throttled", "", "", 429, ""};
        case ErrorCode::unimplemented: return {"InvalidAction", "", "", 400, ""};
        case ErrorCode::unavailable:
        case ErrorCode::timeout:
            return {"ServiceUnavailable", "", "", 503,
                    "The notifier cannot be reached now. Try again."};
        default: return {"InternalError", "", "", 500, internal_message};
    }
}

}  // namespace

ErrorName name_of(const Error& error) {
    static constexpr aws::ErrorWords words{
        .model = &aws::sns_model, .aliases = aliases, .by_code = &alias_of_code};
    return aws::name_of(error, words);
}

std::unexpected<Error> invalid_parameter(std::string_view what) {
    return fail(ErrorCode::invalid_argument, fmt::format("Invalid parameter: {}", what),
                "InvalidParameter");
}

}  // namespace onput::gateway::sns
