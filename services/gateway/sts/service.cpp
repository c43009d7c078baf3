#include "services/gateway/sts/service.hpp"

#include <algorithm>
#include <array>

#include "services/gateway/aws/directory.hpp"
#include "services/gateway/aws/errors.hpp"
#include "services/gateway/sts/operation.hpp"

namespace onput::gateway::sts {
namespace {

using aws::ErrorAlias;

constexpr std::array handlers{
    aws::Handler{"AssumeRole", &assume_role},
    aws::Handler{"GetCallerIdentity", &get_caller_identity},
    aws::Handler{"GetSessionToken", &get_session_token},
};
static_assert(std::ranges::is_sorted(handlers, {}, &aws::Handler::operation));

constexpr std::string_view internal_message =
    "The request processing has failed because of an unknown error.";

constexpr std::array aliases{
    ErrorAlias{"InternalError", "InternalFailure", "", 500, internal_message},
    ErrorAlias{"InvalidAction", "", "", 400, ""},
    ErrorAlias{"ValidationException", "ValidationError", "", 400, ""},
    ErrorAlias{"ValidationError", "", "", 400, ""},
    ErrorAlias{"MalformedPolicyDocument", "", "", 400, ""},
    ErrorAlias{"PackedPolicyTooLarge", "", "", 400, ""},
    ErrorAlias{"AccessDenied", "", "", 403, ""},
    ErrorAlias{"MalformedQueryString", "", "", 400, ""},
    ErrorAlias{"body_too_large", "ValidationError", "", 400,
               "The request is larger than is allowed."},
};

ErrorAlias alias_of_code(ErrorCode code) {
    switch (code) {
        case ErrorCode::invalid_argument: return {"ValidationError", "", "", 400, ""};
        case ErrorCode::permission_denied: return {"AccessDenied", "", "", 403, ""};
        case ErrorCode::unimplemented: return {"InvalidAction", "", "", 400, ""};
        case ErrorCode::unavailable:
        case ErrorCode::timeout:
            return {"ServiceUnavailable", "", "", 503,
                    "The storage service, which keeps roles, cannot be reached now. Try again."};
        default: return {"InternalFailure", "", "", 500, internal_message};
    }
}

aws::ErrorName name_of(const Error& error, aws::Protocol) {
    static constexpr aws::ErrorWords words{
        .model = &aws::sts_model, .aliases = aliases, .by_code = &alias_of_code};
    return aws::name_of(error, words);
}

// Roles say themselves who may become them, and the others need no permission.
std::vector<AskedAction> asks(const Call&) {
    return {};
}

}  // namespace

const aws::Service& service() {
    static const aws::Service sts{
        .name = "sts",
        .model = &aws::sts_model,
        .handlers = handlers,
        .asks = &asks,
        .name_of = &name_of,
        .refusal_reason = "InvalidAction",
    };
    return sts;
}

}  // namespace onput::gateway::sts
