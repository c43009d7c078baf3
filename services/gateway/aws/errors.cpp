#include "services/gateway/aws/errors.hpp"

#include <array>

namespace onput::gateway::aws {
namespace {

constexpr std::array common_errors{
    ErrorAlias{"invalid_access_key_id", "InvalidClientTokenId", "", 403,
               "The security token included in the request is invalid."},
    ErrorAlias{"signature_does_not_match", "SignatureDoesNotMatch", "", 403,
               "The request signature we calculated does not match the signature you provided. "
               "Check your AWS Secret Access Key and signing method. "
               "Consult the service documentation for details."},
    ErrorAlias{"access_denied", "MissingAuthenticationToken", "", 403,
               "Request is missing Authentication Token"},
    ErrorAlias{"invalid_token", "InvalidClientTokenId", "", 403,
               "The security token included in the request is invalid."},
    ErrorAlias{"expired_token", "ExpiredToken", "ExpiredTokenException", 400,
               "The security token included in the request is expired"},
    ErrorAlias{"wrong_service", "SignatureDoesNotMatch", "", 403, ""},
    ErrorAlias{"repeated_header", "IncompleteSignature", "", 400, ""},
    ErrorAlias{"foreign_host", "AccessDenied", "", 403, ""},
    ErrorAlias{"cross_site", "AccessDenied", "", 403, ""},
    ErrorAlias{"slow_down", "ThrottlingException", "Throttling", 503,
               "Please reduce your request rate."},
    ErrorAlias{"request_time_too_skewed", "SignatureDoesNotMatch", "", 403, ""},
    ErrorAlias{"request_expired", "SignatureDoesNotMatch", "", 403, ""},
    ErrorAlias{"request_not_yet_valid", "SignatureDoesNotMatch", "", 403, ""},
    ErrorAlias{"headers_not_signed", "SignatureDoesNotMatch", "", 403, ""},
    ErrorAlias{"authorization_header_malformed", "IncompleteSignature", "", 400, ""},
    ErrorAlias{"authorization_query_parameters_error", "IncompleteSignature", "", 400, ""},
    ErrorAlias{"several_auth_mechanisms", "IncompleteSignature", "", 400, ""},
    ErrorAlias{"authorization_mechanism_not_supported", "IncompleteSignature", "", 400, ""},
    ErrorAlias{"unsupported_authorization_type", "IncompleteSignature", "", 400, ""},
    ErrorAlias{"invalid_content_sha256", "IncompleteSignature", "", 400, ""},
    ErrorAlias{"missing_security_header", "IncompleteSignature", "", 400, ""},
    ErrorAlias{"MissingAction", "MissingAction", "", 400, ""},
    ErrorAlias{"malformed_body", "MalformedQueryString", "", 400, ""},
    ErrorAlias{"incomplete_body", "MalformedQueryString", "", 400, ""},
    ErrorAlias{"malformed_map", "MalformedQueryString", "", 400, ""},
    ErrorAlias{"MethodNotAllowed", "MethodNotAllowed", "", 405, ""},
    ErrorAlias{"invalid_uri", "MalformedQueryString", "", 400, ""},
};

ErrorName name_of(const ErrorAlias& alias, const Error& error) {
    const auto shape = alias.shape.empty() ? alias.reason : alias.shape;
    return {.status = alias.status,
            .shape = std::string(shape),
            .code = std::string(alias.code.empty() ? shape : alias.code),
            .message = alias.message.empty() ? error.message : std::string(alias.message)};
}

}  // namespace

const ErrorAlias* find_common_error(std::string_view reason) {
    for (const auto& entry : common_errors) {
        if (entry.reason == reason) return &entry;
    }
    return nullptr;
}

ErrorName name_of(const Error& error, const ErrorWords& words) {
    for (const auto& alias : words.aliases) {
        if (alias.reason == error.reason) return name_of(alias, error);
    }
    if (const auto* shape = words.model().find_error(error.reason)) {
        return {.status = shape->status,
                .shape = std::string(shape->name),
                .code = std::string(shape->code),
                .message = error.message};
    }
    if (const auto* common = find_common_error(error.reason)) return name_of(*common, error);
    return name_of(words.by_code(error.code), error);
}

}  // namespace onput::gateway::aws
