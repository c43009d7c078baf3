#include "services/gateway/logs/errors.hpp"

#include <array>

#include "services/gateway/aws/directory.hpp"

namespace onput::gateway::logs {
namespace {

using aws::ErrorAlias;

constexpr std::string_view internal_message = "The request could not be served. Please try again.";

constexpr std::array aliases{
    ErrorAlias{"InternalError", "ServiceUnavailableException", "", 500, internal_message},
    ErrorAlias{"InvalidAction", "UnknownOperationException", "", 400, ""},
    ErrorAlias{"ValidationException", "InvalidParameterException", "", 400, ""},
    ErrorAlias{"InvalidParameter", "InvalidParameterException", "", 400, ""},
    ErrorAlias{"InvalidOperation", "InvalidOperationException", "", 400, ""},
    ErrorAlias{"ResourceNotFound", "ResourceNotFoundException", "", 400, ""},
    ErrorAlias{"ResourceAlreadyExists", "ResourceAlreadyExistsException", "", 400, ""},
    ErrorAlias{"LimitExceeded", "LimitExceededException", "", 400, ""},
    ErrorAlias{"TooManyTags", "TooManyTagsException", "", 400, ""},
    ErrorAlias{"body_too_large", "InvalidParameterException", "", 400, ""},
};

ErrorAlias alias_of_code(ErrorCode code) {
    switch (code) {
        case ErrorCode::invalid_argument: return {"InvalidParameterException", "", "", 400, ""};
        case ErrorCode::not_found: return {"ResourceNotFoundException", "", "", 400, ""};
        case ErrorCode::conflict: return {"OperationAbortedException", "", "", 400, ""};
        case ErrorCode::unimplemented: return {"InvalidOperationException", "", "", 400, ""};
        case ErrorCode::permission_denied: return {"AccessDeniedException", "", "", 400, ""};
        case ErrorCode::resource_exhausted: return {"ThrottlingException", "", "", 400, ""};
        default: return {"ServiceUnavailableException", "", "", 500, internal_message};
    }
}

}  // namespace

aws::ErrorName name_of(const Error& error) {
    static constexpr aws::ErrorWords words{
        .model = &aws::logs_model, .aliases = aliases, .by_code = &alias_of_code};
    return aws::name_of(error, words);
}

std::unexpected<Error> invalid(std::string message) {
    return fail(ErrorCode::invalid_argument, std::move(message), "InvalidParameter");
}

}  // namespace onput::gateway::logs
