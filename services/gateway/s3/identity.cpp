#include "services/gateway/s3/identity.hpp"

#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"
#include "services/gateway/s3/errors.hpp"

namespace onput::gateway::s3 {

std::string canonical_user_id(std::string_view account) {
    return to_hex(
        Digest::of(DigestAlgorithm::sha256, "onput canonical user " + std::string(account)));
}

Result<void> check_body_hash(RequestContext& context, std::string_view body) {
    const auto& payload = context.identity.payload;
    if (payload.kind == auth::PayloadKind::sha256) {
        const std::string computed = to_hex(Digest::of(DigestAlgorithm::sha256, body));
        if (!http::equal_ignoring_case(computed, payload.token)) {
            return onput::fail(ErrorCode::invalid_argument, "the payload's hash differs",
                               "x_amz_content_sha256_mismatch");
        }
    } else if (payload.kind != auth::PayloadKind::unsigned_payload) {
        return not_implemented("chunked bodies of this operation");
    }
    if (const auto stated = context.head().header("content-md5")) {
        if (to_base64(Digest::of(DigestAlgorithm::md5, body)) != *stated) {
            return onput::fail(ErrorCode::invalid_argument,
                               "The Content-MD5 you specified did not match what we received.",
                               "bad_digest");
        }
    }
    return {};
}

}  // namespace onput::gateway::s3
