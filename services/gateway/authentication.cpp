#include "services/gateway/authentication.hpp"

#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"

namespace onput::gateway {
namespace {

// One per thread: it is not thread-safe.
auth::SigningKeyCache& thread_signing_keys() {
    static thread_local auth::SigningKeyCache cache;
    return cache;
}

struct Expected {
    std::string_view host_bucket{};
    std::string_view body_sha256{};
};

Result<void> authenticate(RequestContext& context, const Expected& expected) {
    ONPUT_TRY(const auto claim, auth::parse_claim(view_of(context)));
    const auth::VerifyInput input{.keys = context.shared.keys,
                                  .signing_keys = thread_signing_keys(),
                                  .now = context.now,
                                  .body_sha256 = expected.body_sha256,
                                  .host_bucket = expected.host_bucket};
    ONPUT_TRY(context.identity, auth::verify(claim, view_of(context), input));
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

Result<void> authenticate_head(RequestContext& context, const std::string& host_bucket) {
    return authenticate(context, {.host_bucket = host_bucket});
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
