#include "services/gateway/sns/errors.hpp"

#include <array>

#include <fmt/format.h>

#include "services/gateway/query/errors.hpp"
#include "services/gateway/query/xml.hpp"
#include "services/gateway/sns/wire.hpp"

namespace onput::gateway::sns {
namespace {

struct Name {
    std::string_view reason;
    int status = 400;
    std::string_view code = {};     // Empty: the reason.
    std::string_view message = {};  // Empty: the error's own.
};

constexpr std::string_view internal_message = "We encountered an internal error. Please try again.";

constexpr std::array names{
    Name{"InternalError", 500, "", internal_message},
    Name{"NotFound", 404},
    Name{"ResourceNotFound", 404},
    Name{"AuthorizationError", 403},
    Name{"InvalidSecurity", 403},
    Name{"InvalidParameter"},
    Name{"ParameterValueInvalid"},
    Name{"ValidationException"},
    Name{"InvalidState"},
    Name{"EndpointDisabled"},
    Name{"ConcurrentAccess"},
    Name{"StaleTag"},
    Name{"TagPolicy"},
    Name{"TagLimitExceeded"},
    Name{"TopicLimitExceeded", 403},
    Name{"SubscriptionLimitExceeded", 403},
    Name{"FilterPolicyLimitExceeded", 403},
    Name{"ReplayLimitExceeded", 403},
    Name{"Throttled", 429},
    Name{"UserError"},
    Name{"EmptyBatchRequest"},
    Name{"TooManyEntriesInBatchRequest"},
    Name{"BatchEntryIdsNotDistinct"},
    Name{"BatchRequestTooLong"},
    Name{"InvalidBatchEntryId"},
    Name{"InvalidAction"},
    Name{"MethodNotAllowed", 405},
    Name{"MalformedQueryString"},
    Name{"malformed_body", 400, "MalformedQueryString"},
    Name{"incomplete_body", 400, "MalformedQueryString"},
    Name{"body_too_large", 400, "InvalidParameter",
         "Invalid parameter: the request is larger than is allowed"},
};

Name name_of_code(ErrorCode code) {
    switch (code) {
        case ErrorCode::invalid_argument: return {"InvalidParameter"};
        case ErrorCode::not_found: return {"NotFound", 404};
        case ErrorCode::conflict: return {"ConcurrentAccess"};
        case ErrorCode::permission_denied: return {"AuthorizationError", 403};
        case ErrorCode::resource_exhausted: return {"Throttled", 429};
        case ErrorCode::unimplemented: return {"InvalidAction"};
        case ErrorCode::unavailable:
        case ErrorCode::timeout:
            return {"ServiceUnavailable", 503, "",
                    "The notifier cannot be reached now. Try again."};
        default: return {"InternalError", 500, "", internal_message};
    }
}

Name find_name(const Error& error) {
    for (const auto& entry : names) {
        if (entry.reason == error.reason) return entry;
    }
    if (const auto* common = query::find_common_error(error.reason))
        return {common->reason, common->status, common->code, common->message};
    return name_of_code(error.code);
}

}  // namespace

ErrorName name_of(const Error& error) {
    const Name found = find_name(error);
    return {.status = found.status,
            .code = std::string(found.code.empty() ? found.reason : found.code),
            .message = found.message.empty() ? error.message : std::string(found.message)};
}

http::Response render_error(const Error& error, std::string_view request_id) {
    const ErrorName name = name_of(error);
    http::Response response;
    response.head.status = name.status;
    response.head.headers = {{"x-amzn-RequestId", std::string(request_id)},
                             {"Content-Type", "text/xml"}};
    response.body = query::write_error({.xml_namespace = sns_namespace,
                                        .status = name.status,
                                        .code = name.code,
                                        .message = name.message,
                                        .request_id = request_id});
    return response;
}

std::unexpected<Error> invalid_parameter(std::string_view what) {
    return fail(ErrorCode::invalid_argument, fmt::format("Invalid parameter: {}", what),
                "InvalidParameter");
}

}  // namespace onput::gateway::sns
