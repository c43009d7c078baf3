#include "common/auth/verify.hpp"

#include <utility>

#include "common/auth/canonical.hpp"
#include "common/auth/sigv2.hpp"
#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"

namespace onput::auth {
namespace {

std::string utc(Timestamp time) {
    // Whole seconds: "2013-05-24T00:00:00Z".
    std::string text = format_iso8601_millis(time);
    return text.substr(0, 19) + 'Z';
}

std::unexpected<Error> denied(std::string_view message, std::string_view reason,
                              std::vector<std::pair<std::string, std::string>> details) {
    return std::unexpected(Error{.code = ErrorCode::permission_denied,
                                 .message = std::string(message),
                                 .reason = std::string(reason),
                                 .details = std::move(details)});
}

Result<void> check_header_time(const Claim& claim, Timestamp now) {
    const Duration difference =
        now > claim.signed_at ? now - claim.signed_at : claim.signed_at - now;
    if (difference <= clock_skew_max) return {};
    return denied("The difference between the request time and the current time is too large.",
                  "request_time_too_skewed",
                  {{"RequestTime", format_iso8601_basic(claim.signed_at)},
                   {"ServerTime", utc(now)},
                   {"MaxAllowedSkewMilliseconds", "900000"}});
}

Result<void> check_query_time(const Claim& claim, Timestamp now) {
    if (claim.scheme == Scheme::sigv4_query && claim.signed_at > now + clock_skew_max) {
        return denied(
            "Request is not valid yet", "request_not_yet_valid",
            {{"X-Amz-Date", format_iso8601_basic(claim.signed_at)}, {"ServerTime", utc(now)}});
    }
    // A URL of SigV2 says only when it ends. AWS has no bound there; here none is good for longer
    // than one of SigV4.
    if (claim.scheme == Scheme::sigv2_query &&
        claim.expires_at > now + presign_lifetime_max + clock_skew_max) {
        return fail(ErrorCode::invalid_argument,
                    "Expires must be less than a week ahead: presign the URL for at most 604800 "
                    "seconds",
                    "authorization_query_parameters_error");
    }
    if (now <= claim.expires_at) return {};
    return denied("Request has expired", "request_expired",
                  {{"Expires", utc(claim.expires_at)}, {"ServerTime", utc(now)}});
}

struct Mismatch {
    std::string string_to_sign;
    std::string canonical_request;  // Empty for SigV2, which has none.
};

// "50 55 54 0a": what a terminal or an editor may have changed in the text beside it.
std::string spaced_hex(std::string_view bytes) {
    std::string text;
    text.reserve(bytes.size() * 3);
    for (const char byte : bytes) {
        if (!text.empty()) text += ' ';
        text += to_hex(std::string_view(&byte, 1));
    }
    return text;
}

std::unexpected<Error> mismatch(const Claim& claim, Mismatch what) {
    std::string bytes = spaced_hex(what.string_to_sign);
    std::vector<std::pair<std::string, std::string>> details{
        {"AWSAccessKeyId", claim.access_key},
        {"StringToSign", std::move(what.string_to_sign)},
        {"SignatureProvided", claim.signature},
        {"StringToSignBytes", std::move(bytes)}};
    if (!what.canonical_request.empty()) {
        bytes = spaced_hex(what.canonical_request);
        details.emplace_back("CanonicalRequest", std::move(what.canonical_request));
        details.emplace_back("CanonicalRequestBytes", std::move(bytes));
    }
    return denied(
        "The request signature we calculated does not match the signature you provided. "
        "Check your key and signing method.",
        "signature_does_not_match", std::move(details));
}

bool has_signed_chunks(PayloadKind kind) {
    return kind == PayloadKind::signed_chunks || kind == PayloadKind::signed_chunks_trailer;
}

bool is_sigv2(Scheme scheme) {
    return scheme == Scheme::sigv2_header || scheme == Scheme::sigv2_query;
}

Result<ChunkSeed> verify_sigv4(const Claim& claim, const RequestView& request,
                               const VerifyInput& input, const Credential& credential) {
    std::string_view payload = claim.payload.token;
    if (claim.payload.kind == PayloadKind::body) {
        if (input.body_sha256.empty()) {
            return fail(ErrorCode::internal, "the signature cannot be checked without the body");
        }
        payload = input.body_sha256;
    }
    const bool in_query = claim.scheme == Scheme::sigv4_query;
    ONPUT_TRY(std::string canonical,
              canonical_request({.request = request,
                                 .signed_headers = claim.signed_headers,
                                 .payload = payload,
                                 .left_out_parameter = in_query ? "X-Amz-Signature" : "",
                                 .path_encoding = path_encoding_of(claim.scope.service)}));
    std::string amz_date = format_iso8601_basic(claim.signed_at);
    std::string scope = claim.scope.text();
    std::string text =
        string_to_sign({.amz_date = amz_date, .scope = scope, .canonical_request = canonical});
    const std::string& key = input.signing_keys.get(credential.secret, claim.scope);
    if (!equal_constant_time(to_hex(hmac_sha256(key, text)), claim.signature)) {
        return mismatch(
            claim, {.string_to_sign = std::move(text), .canonical_request = std::move(canonical)});
    }
    if (!has_signed_chunks(claim.payload.kind)) return ChunkSeed{};
    return ChunkSeed{.signing_key = key,
                     .amz_date = std::move(amz_date),
                     .scope = std::move(scope),
                     .signature = claim.signature};
}

Result<ChunkSeed> verify_sigv2(const Claim& claim, const RequestView& request,
                               const VerifyInput& input, const Credential& credential) {
    ONPUT_TRY(std::string text, sigv2_string_to_sign(request, claim.scheme, input.host_bucket));
    const std::string expected = to_base64(hmac_sha1(credential.secret, text));
    if (!equal_constant_time(expected, claim.signature)) {
        return mismatch(claim, {.string_to_sign = std::move(text)});
    }
    return ChunkSeed{};
}

}  // namespace

namespace {

Result<Credential> find_credential(const Claim& claim, const HeadInput& input) {
    const bool is_session = claim.security_token && input.sessions != nullptr;
    if (is_session) return input.sessions->open(claim.access_key, *claim.security_token, input.now);
    const Credential* credential = input.keys.find(claim.access_key);
    const bool is_known = input.known != nullptr && input.known->access_key == claim.access_key;
    if (credential == nullptr && is_known) credential = &input.known->credential;
    if (credential == nullptr) {
        return denied("The AWS Access Key Id you provided does not exist in our records.",
                      "invalid_access_key_id", {{"AWSAccessKeyId", claim.access_key}});
    }
    if (claim.security_token) {
        return fail(ErrorCode::invalid_argument,
                    "The provided token is malformed or otherwise invalid.", "invalid_token");
    }
    return *credential;
}

}  // namespace

Result<Credential> verify_head(const Claim& claim, const HeadInput& input) {
    ONPUT_TRY(auto credential, find_credential(claim, input));
    const bool in_header =
        claim.scheme == Scheme::sigv4_header || claim.scheme == Scheme::sigv2_header;
    ONPUT_TRY_VOID(in_header ? check_header_time(claim, input.now)
                             : check_query_time(claim, input.now));
    return credential;
}

Result<Identity> verify(const Claim& claim, const RequestView& request, const VerifyInput& input) {
    const HeadInput head{
        .keys = input.keys, .sessions = input.sessions, .known = input.known, .now = input.now};
    ONPUT_TRY(Credential credential, verify_head(claim, head));
    ONPUT_TRY(ChunkSeed seed, is_sigv2(claim.scheme)
                                  ? verify_sigv2(claim, request, input, credential)
                                  : verify_sigv4(claim, request, input, credential));
    return Identity{.access_key = claim.access_key,
                    .account_id = credential.account_id,
                    .user = credential.user,
                    .limited = std::move(credential.limited),
                    .scope = claim.scope,
                    .scheme = claim.scheme,
                    .payload = claim.payload,
                    .signed_at = claim.signed_at,
                    .chunk_seed = std::move(seed)};
}

}  // namespace onput::auth
