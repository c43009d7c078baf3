#include "services/gateway/events/errors.hpp"

#include <array>

#include "services/gateway/aws/directory.hpp"

namespace onput::gateway::events {
namespace {

using aws::ErrorAlias;

constexpr std::string_view internal_message = "We encountered an internal error. Please try again.";

constexpr std::array aliases{
    ErrorAlias{"InternalException", "", "", 500, internal_message},
    ErrorAlias{"ValidationException", "", "", 400, ""},
    ErrorAlias{"NoMasterKey", "ValidationException", "", 400, ""},
    ErrorAlias{"UnknownOperationException", "", "", 400, ""},
    ErrorAlias{"storage_full", "InternalException", "", 500,
               "The notifier has no room for more now. Try again."},
    ErrorAlias{"body_too_large", "ValidationException", "", 400,
               "The request is larger than is allowed."},
};

ErrorAlias alias_of_code(ErrorCode code) {
    switch (code) {
        case ErrorCode::invalid_argument: return {"ValidationException", "", "", 400, ""};
        case ErrorCode::not_found: return {"ResourceNotFoundException", "", "", 400, ""};
        case ErrorCode::conflict: return {"ConcurrentModificationException", "", "", 400, ""};
        case ErrorCode::permission_denied: return {"AccessDeniedException", "", "", 400, ""};
        case ErrorCode::resource_exhausted: return {"LimitExceededException", "", "", 400, ""};
        case ErrorCode::unimplemented: return {"UnknownOperationException", "", "", 400, ""};
        case ErrorCode::unavailable:
        case ErrorCode::timeout:
            return {"ServiceUnavailable", "", "", 503,
                    "The notifier cannot be reached now. Try again."};
        default: return {"InternalException", "", "", 500, internal_message};
    }
}

}  // namespace

ErrorName name_of(const Error& error) {
    static constexpr aws::ErrorWords words{
        .model = &aws::events_model, .aliases = aliases, .by_code = &alias_of_code};
    return aws::name_of(error, words);
}

std::unexpected<Error> invalid_request(std::string message) {
    return fail(ErrorCode::invalid_argument, std::move(message), "ValidationException");
}

}  // namespace onput::gateway::events
