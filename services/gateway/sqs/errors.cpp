#include "services/gateway/sqs/errors.hpp"

#include <array>

#include "services/gateway/aws/directory.hpp"

namespace onput::gateway::sqs {
namespace {

using aws::ErrorAlias;

constexpr std::string_view invalid_shape = "InvalidParameterValueException";
constexpr std::string_view invalid_code = "InvalidParameterValue";
constexpr std::string_view missing_shape = "MissingRequiredParameterException";
constexpr std::string_view malformed_shape = "SerializationException";
constexpr std::string_view malformed_code = "MalformedQueryString";

constexpr std::array aliases{
    ErrorAlias{"InvalidParameterValue", invalid_shape, invalid_code, 400, ""},
    ErrorAlias{"MissingParameter", missing_shape, "MissingParameter", 400, ""},
    ErrorAlias{"MissingRequiredParameter", missing_shape, "MissingParameter", 400, ""},
    ErrorAlias{"AccessDenied", "AccessDeniedException", "AccessDenied", 403, ""},
    ErrorAlias{"InvalidAction", "UnknownOperationException", "InvalidAction", 400, ""},
    ErrorAlias{"SerializationException", malformed_shape, malformed_code, 400, ""},
    ErrorAlias{"MalformedQueryString", malformed_shape, malformed_code, 400, ""},
    ErrorAlias{"malformed_body", malformed_shape, malformed_code, 400, ""},
    ErrorAlias{"incomplete_body", malformed_shape, malformed_code, 400, ""},
    ErrorAlias{"malformed_map", invalid_shape, invalid_code, 400, ""},
    ErrorAlias{"storage_full", "ServiceUnavailable", "", 503,
               "The queue service has no room for more now. Try again."},
    ErrorAlias{"body_too_large", invalid_shape, invalid_code, 400,
               "The request is larger than is allowed."},
};

ErrorAlias alias_of_code(ErrorCode code) {
    switch (code) {
        case ErrorCode::invalid_argument: return {"", invalid_shape, invalid_code, 400, ""};
        case ErrorCode::permission_denied:
            return {"", "AccessDeniedException", "AccessDenied", 403, ""};
        case ErrorCode::resource_exhausted: return {"", "OverLimit", "", 403, ""};
        case ErrorCode::unimplemented:
            return {"", "UnsupportedOperation", "AWS.SimpleQueueService.UnsupportedOperation", 400,
                    ""};
        case ErrorCode::unavailable:
        case ErrorCode::timeout:
            return {"", "ServiceUnavailable", "", 503,
                    "The queue service cannot be reached now. Try again."};
        default:
            return {"", "InternalFailure", "", 500,
                    "We encountered an internal error. Please try again."};
    }
}

}  // namespace

ErrorName name_of(const Error& error, Wire wire) {
    static constexpr aws::ErrorWords words{
        .model = &aws::sqs_model, .aliases = aliases, .by_code = &alias_of_code};
    ErrorName name = aws::name_of(error, words);
    if (error.reason == "QueueDoesNotExist") {
        name.message = wire == Wire::json
                           ? "The specified queue does not exist."
                           : "The specified queue does not exist for this wsdl version.";
    }
    return name;
}

}  // namespace onput::gateway::sqs
