#include "services/gateway/s3/post_signature.hpp"

#include <fmt/format.h>

#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"
#include "services/gateway/s3/errors.hpp"

namespace onput::gateway::s3 {
namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view scope_end = "aws4_request";

std::unexpected<Error> missing(std::string_view field) {
    return invalid_argument(
        fmt::format("Bucket POST must contain a field named '{}'.  If it is specified, please "
                    "check the order of the fields.",
                    field),
        std::string(field), "");
}

Result<const auth::Credential*> find_key(const PostSignatureInput& input,
                                         const std::string& access_key) {
    const auto* credential = input.keys.find(access_key);
    if (credential != nullptr) return credential;
    if (input.known != nullptr && input.known->access_key == access_key)
        return &input.known->credential;
    return std::unexpected(
        Error{.code = ErrorCode::permission_denied,
              .message = "The AWS Access Key Id you provided does not exist in our records.",
              .reason = "invalid_access_key_id",
              .details = {{"AWSAccessKeyId", access_key}}});
}

struct Compared {
    std::string_view access_key;
    std::string_view policy;
    std::string_view provided;
};

Result<void> compare(const Compared& signature, std::string_view expected) {
    if (equal_constant_time(expected, signature.provided)) return {};
    return std::unexpected(
        Error{.code = ErrorCode::permission_denied,
              .message = "The request signature we calculated does not match the signature you "
                         "provided. Check your key and signing method.",
              .reason = "signature_does_not_match",
              .details = {{"AWSAccessKeyId", std::string(signature.access_key)},
                          {"StringToSign", std::string(signature.policy)},
                          {"SignatureProvided", std::string(signature.provided)}}});
}

struct Scope {
    std::string access_key;
    auth::CredentialScope scope;
};

// "AKID/20130524/us-east-1/s3/aws4_request"
Result<Scope> read_credential(const std::string& credential) {
    std::vector<std::string> parts;
    std::string_view rest = credential;
    for (auto slash = rest.find('/'); slash != std::string_view::npos; slash = rest.find('/')) {
        parts.emplace_back(rest.substr(0, slash));
        rest = rest.substr(slash + 1);
    }
    const bool is_scope = parts.size() == 4 && rest == scope_end && parts[3] == "s3" &&
                          parts[1].size() == 8 && !parts[2].empty() &&
                          parts[2].size() <= auth::scope_part_bytes_max;
    if (!is_scope) {
        return invalid_argument(
            "the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/"
            "aws4_request\".",
            "x-amz-credential", credential);
    }
    return Scope{.access_key = parts[0],
                 .scope = {.date = parts[1], .region = parts[2], .service = parts[3]}};
}

Result<auth::Identity> verify_v4(const FormFields& fields, const PostSignatureInput& input) {
    for (const std::string_view name : {"x-amz-algorithm", "x-amz-credential", "x-amz-date"}) {
        if (fields.find(name) == nullptr) return missing(name);
    }
    if (const std::string stated = fields.text_of("x-amz-algorithm"); stated != algorithm) {
        return invalid_argument("X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\"",
                                "x-amz-algorithm", stated);
    }
    ONPUT_TRY(auto credential, read_credential(fields.text_of("x-amz-credential")));
    if (!fields.text_of("x-amz-date").starts_with(credential.scope.date)) {
        return invalid_argument(
            "X-Amz-Date must be in the ISO8601 Long Format, of the "
            "credential's day",
            "x-amz-date", fields.text_of("x-amz-date"));
    }
    ONPUT_TRY(const auto* key, find_key(input, credential.access_key));
    const std::string policy = fields.text_of("policy");
    const std::string& signing_key = input.signing_keys.get(key->secret, credential.scope);
    ONPUT_TRY_VOID(compare({.access_key = credential.access_key,
                            .policy = policy,
                            .provided = *fields.find("x-amz-signature")},
                           to_hex(hmac_sha256(signing_key, policy))));
    return auth::Identity{.access_key = credential.access_key,
                          .account_id = key->account_id,
                          .user = key->user,
                          .limited = key->limited,
                          .scope = credential.scope};
}

Result<auth::Identity> verify_v2(const FormFields& fields, const PostSignatureInput& input) {
    if (fields.find("signature") == nullptr) return missing("signature");
    if (fields.find("awsaccesskeyid") == nullptr) return missing("AWSAccessKeyId");
    const std::string access_key = fields.text_of("awsaccesskeyid");
    ONPUT_TRY(const auto* key, find_key(input, access_key));
    const std::string policy = fields.text_of("policy");
    ONPUT_TRY_VOID(
        compare({.access_key = access_key, .policy = policy, .provided = *fields.find("signature")},
                to_base64(hmac_sha1(key->secret, policy))));
    return auth::Identity{.access_key = access_key,
                          .account_id = key->account_id,
                          .user = key->user,
                          .limited = key->limited,
                          .scheme = auth::Scheme::sigv2_header};
}

}  // namespace

std::string access_key_of(const FormFields& fields) {
    const std::string credential = fields.text_of("x-amz-credential");
    if (credential.empty()) return fields.text_of("awsaccesskeyid");
    return credential.substr(0, credential.find('/'));
}

Result<auth::Identity> verify_post_signature(const FormFields& fields,
                                             const PostSignatureInput& input) {
    const bool is_signed =
        fields.find("x-amz-signature") != nullptr || fields.find("signature") != nullptr ||
        fields.find("awsaccesskeyid") != nullptr || fields.find("x-amz-credential") != nullptr;
    if (fields.find("policy") == nullptr) {
        if (is_signed) return missing("policy");
        return auth::Identity{};
    }
    if (fields.find("x-amz-security-token") != nullptr) {
        return onput::fail(ErrorCode::invalid_argument,
                           "The provided token is malformed or otherwise invalid.",
                           "invalid_token");
    }
    if (fields.find("x-amz-signature") != nullptr) return verify_v4(fields, input);
    if (fields.find("x-amz-credential") != nullptr) return missing("X-Amz-Signature");
    return verify_v2(fields, input);
}

}  // namespace onput::gateway::s3
