#include "services/gateway/lambda/errors.hpp"

#include <array>

#include "services/gateway/aws/directory.hpp"

namespace onput::gateway::lambda {
namespace {

using aws::ErrorAlias;

constexpr std::string_view internal_message = "The request could not be served. Please try again.";

constexpr std::array aliases{
    ErrorAlias{"InternalError", "ServiceException", "", 500, internal_message},
    ErrorAlias{"InvalidAction", "UnknownOperationException", "", 404, ""},
    ErrorAlias{"ValidationException", "ValidationException", "", 400, ""},
    ErrorAlias{"InvalidParameterValue", "InvalidParameterValueException", "", 400, ""},
    ErrorAlias{"ResourceConflict", "ResourceConflictException", "", 409, ""},
    ErrorAlias{"FunctionNotEmpty", "ResourceConflictException", "", 409, ""},
    ErrorAlias{"ResourceNotFound", "ResourceNotFoundException", "", 404, ""},
    ErrorAlias{"PreconditionFailed", "PreconditionFailedException", "", 412, ""},
    ErrorAlias{"PolicyLengthExceeded", "PolicyLengthExceededException", "", 400, ""},
    ErrorAlias{"OverLimit", "CodeStorageExceededException", "", 400, ""},
    ErrorAlias{"RecursiveInvocation", "RecursiveInvocationException", "", 400, ""},
    ErrorAlias{"TooManyRequests", "TooManyRequestsException", "", 429, ""},
    ErrorAlias{"busy", "TooManyRequestsException", "", 429, "Rate Exceeded."},
    ErrorAlias{"RequestTooLarge", "RequestTooLargeException", "", 413, ""},
    ErrorAlias{"body_too_large", "RequestTooLargeException", "", 413,
               "Request must be smaller than 70167211 bytes for the CreateFunction operation"},
    ErrorAlias{"no_code", "InvalidParameterValueException", "", 400, ""},
    ErrorAlias{"no_worker", "ServiceException", "", 500,
               "No worker that runs handlers is there: start onput-function."},
};

ErrorAlias alias_of_code(ErrorCode code) {
    switch (code) {
        case ErrorCode::invalid_argument:
            return {"InvalidParameterValueException", "", "", 400, ""};
        case ErrorCode::not_found: return {"ResourceNotFoundException", "", "", 404, ""};
        case ErrorCode::conflict: return {"ResourceConflictException", "", "", 409, ""};
        case ErrorCode::unimplemented: return {"InvalidParameterValueException", "", "", 400, ""};
        case ErrorCode::permission_denied: return {"AccessDeniedException", "", "", 403, ""};
        case ErrorCode::resource_exhausted: return {"TooManyRequestsException", "", "", 429, ""};
        default: return {"ServiceException", "", "", 500, internal_message};
    }
}

}  // namespace

aws::ErrorName name_of(const Error& error) {
    static constexpr aws::ErrorWords words{
        .model = &aws::lambda_model, .aliases = aliases, .by_code = &alias_of_code};
    return aws::name_of(error, words);
}

std::unexpected<Error> invalid(std::string message) {
    return fail(ErrorCode::invalid_argument, std::move(message), "InvalidParameterValue");
}

}  // namespace onput::gateway::lambda
