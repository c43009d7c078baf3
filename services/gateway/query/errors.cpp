#include "services/gateway/query/errors.hpp"

#include <array>

namespace onput::gateway::query {
namespace {

constexpr std::array common_errors{
    CommonError{"invalid_access_key_id", "InvalidClientTokenId", 403,
                "The security token included in the request is invalid."},
    CommonError{"signature_does_not_match", "SignatureDoesNotMatch", 403,
                "The request signature we calculated does not match the signature you provided. "
                "Check your AWS Secret Access Key and signing method. "
                "Consult the service documentation for details."},
    CommonError{"access_denied", "MissingAuthenticationToken", 403,
                "Request is missing Authentication Token"},
    CommonError{"request_time_too_skewed", "SignatureDoesNotMatch", 403},
    CommonError{"request_expired", "SignatureDoesNotMatch", 403},
    CommonError{"request_not_yet_valid", "SignatureDoesNotMatch", 403},
    CommonError{"headers_not_signed", "SignatureDoesNotMatch", 403},
    CommonError{"authorization_header_malformed", "IncompleteSignature"},
    CommonError{"authorization_query_parameters_error", "IncompleteSignature"},
    CommonError{"several_auth_mechanisms", "IncompleteSignature"},
    CommonError{"authorization_mechanism_not_supported", "IncompleteSignature"},
    CommonError{"unsupported_authorization_type", "IncompleteSignature"},
    CommonError{"invalid_content_sha256", "IncompleteSignature"},
    CommonError{"missing_security_header", "IncompleteSignature"},
    CommonError{"MissingAction", "MissingAction"},
    CommonError{"invalid_uri", "MalformedQueryString"},
};

}  // namespace

const CommonError* find_common_error(std::string_view reason) {
    for (const auto& entry : common_errors) {
        if (entry.reason == reason) return &entry;
    }
    return nullptr;
}

}  // namespace onput::gateway::query
