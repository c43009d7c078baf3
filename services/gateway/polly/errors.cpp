#include "services/gateway/polly/errors.hpp"

#include <array>

#include "services/gateway/aws/directory.hpp"

namespace onput::gateway::polly {
namespace {

using aws::ErrorAlias;

constexpr std::string_view internal_message = "The speech could not be made. Please try again.";

constexpr std::array aliases{
    ErrorAlias{"InternalError", "ServiceFailureException", "", 500, internal_message},
    ErrorAlias{"InvalidAction", "ValidationException", "", 400, ""},
    ErrorAlias{"MissingParameter", "ValidationException", "", 400, ""},
    ErrorAlias{"no_such_voice", "ValidationException", "", 400, ""},
    ErrorAlias{"nothing_to_say", "ValidationException", "", 400, ""},
    ErrorAlias{"busy", "ThrottlingException", "", 400,
               "All workers that speak are busy. Try again."},
    ErrorAlias{"no_worker", "ServiceFailureException", "", 500,
               "No worker that speaks is running: start onput-tts."},
    ErrorAlias{"body_too_large", "TextLengthExceededException", "", 400, ""},
};

ErrorAlias alias_of_code(ErrorCode code) {
    switch (code) {
        case ErrorCode::invalid_argument:
        case ErrorCode::not_found:
        case ErrorCode::unimplemented: return {"ValidationException", "", "", 400, ""};
        case ErrorCode::permission_denied: return {"AccessDeniedException", "", "", 403, ""};
        case ErrorCode::resource_exhausted: return {"ThrottlingException", "", "", 400, ""};
        default: return {"ServiceFailureException", "", "", 500, internal_message};
    }
}

}  // namespace

aws::ErrorName name_of(const Error& error) {
    static constexpr aws::ErrorWords words{
        .model = &aws::polly_model, .aliases = aliases, .by_code = &alias_of_code};
    return aws::name_of(error, words);
}

}  // namespace onput::gateway::polly
