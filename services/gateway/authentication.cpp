#include "services/gateway/authentication.hpp"

#include <fmt/format.h>

#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"
#include "services/gateway/access/recognition.hpp"

namespace onput::gateway {
namespace {

constexpr std::string_view s3_service = "s3";

// One per thread: it is not thread-safe.
auth::SigningKeyCache& thread_signing_keys() {
    static thread_local auth::SigningKeyCache cache;
    return cache;
}

struct Expected {
    std::string_view host_bucket{};
    std::string_view body_sha256{};
    std::string_view service{};
};

// A signature for one service is none for another: its parameters mean something else there.
Result<void> check_service(const auth::Claim& claim, std::string_view service) {
    if (service.empty() || claim.scope.service == service) return {};
    if (service != s3_service) {
        return fail(ErrorCode::permission_denied,
                    fmt::format("Credential should be scoped to correct service: '{}'. ", service),
                    "wrong_service");
    }
    const auto refusal = auth::credential_refusal(claim.scheme);
    return fail(ErrorCode::invalid_argument,
                fmt::format("{}incorrect service \"{}\". This endpoint belongs to \"{}\".",
                            refusal.text, claim.scope.service, service),
                std::string(refusal.reason));
}

Result<void> check_recognised(const RequestContext& context) {
    if (!context.recognised.error) return {};
    return std::unexpected(*context.recognised.error);
}

const auth::KnownKey* known_key(const RequestContext& context) {
    return context.recognised.key ? &*context.recognised.key : nullptr;
}

Result<void> authenticate(RequestContext& context, const Expected& expected) {
    const auto& claim = claim_of(context);
    if (!claim) return std::unexpected(claim.error());
    ONPUT_TRY_VOID(check_service(*claim, expected.service));
    ONPUT_TRY_VOID(check_recognised(context));
    const auth::VerifyInput input{.keys = context.shared.keys,
                                  .sessions = context.shared.sessions,
                                  .known = known_key(context),
                                  .signing_keys = thread_signing_keys(),
                                  .now = context.now,
                                  .body_sha256 = expected.body_sha256,
                                  .host_bucket = expected.host_bucket};
    ONPUT_TRY(context.identity, auth::verify(*claim, view_of(context), input));
    note_use(context);
    return {};
}

}  // namespace

auth::RequestView view_of(const RequestContext& context) {
    const auto& head = context.head();
    return {.method = head.method,
            .path = head.path,
            .query = context.query,
            .headers = context.headers};
}

bool is_anonymous(const RequestContext& context) {
    return auth::is_anonymous(view_of(context));
}

const Result<auth::Claim>& claim_of(RequestContext& context) {
    if (!context.claim) context.claim = auth::parse_claim(view_of(context));
    return *context.claim;
}

Result<void> check_head(RequestContext& context, std::string_view service) {
    const auto& claim = claim_of(context);
    if (!claim) return std::unexpected(claim.error());
    ONPUT_TRY_VOID(check_service(*claim, service));
    ONPUT_TRY_VOID(check_recognised(context));
    ONPUT_TRY_VOID(auth::verify_head(*claim, {.keys = context.shared.keys,
                                              .sessions = context.shared.sessions,
                                              .known = known_key(context),
                                              .now = context.now}));
    return {};
}

Result<void> authenticate_head(RequestContext& context, const std::string& host_bucket) {
    return authenticate(context, {.host_bucket = host_bucket, .service = s3_service});
}

Result<void> authenticate_whole(RequestContext& context, std::string_view body) {
    const std::string hash = to_hex(Digest::of(DigestAlgorithm::sha256, body));
    ONPUT_TRY_VOID(authenticate(context, {.body_sha256 = hash}));
    const auto& payload = context.identity.payload;
    if (payload.kind == auth::PayloadKind::body) return {};
    if (payload.kind == auth::PayloadKind::sha256 && equal_ignoring_case(payload.token, hash))
        return {};
    return fail(ErrorCode::permission_denied, "the body is not what was signed",
                "signature_does_not_match");
}

}  // namespace onput::gateway
