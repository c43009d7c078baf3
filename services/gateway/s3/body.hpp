// Body: the bytes of an upload as they are meant, hashed and verified on the way. It takes off
// aws-chunked framing and compares, at the end, everything the client stated: length, Content-MD5,
// x-amz-content-sha256, x-amz-checksum-* in headers or trailer.
//
//     auto body = Body::open(context);            refuses unsupported or contradictory headers
//     before a byte is read while (piece = co_await body.read(n)) ...   decoded bytes; nothing may
//     become visible yet auto digests = body.finish();               now all of it is proven, or an
//     error says what is not
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/auth/chunked_decoder.hpp"
#include "common/base/digest.hpp"
#include "common/schema/storage_objects.hpp"
#include "services/gateway/request_context.hpp"

namespace onput::gateway::s3 {

struct BodyDigests {
    std::string md5_hex;
    std::vector<schema::Checksum> checksums;  // Those the client stated, proven.
    std::uint64_t bytes = 0;
};

class Body {
public:
    static Result<Body> open(RequestContext& context);

    // Bytes of the object, when the client has said.
    [[nodiscard]] std::optional<std::uint64_t> decoded_length() const { return decoded_length_; }

    // The next decoded bytes, at most about `bytes_max`; empty at the end.
    http::Task<Result<std::string>> read(std::size_t bytes_max);

    // After read() has returned empty. Errors: bad_digest, x_amz_content_sha256_mismatch,
    // incomplete_body, signature_does_not_match.
    Result<BodyDigests> finish();

private:
    explicit Body(RequestContext& context) : context_(&context) {}

    Result<void> take_stated_checksums();
    Result<void> take_length();
    Result<void> check_trailers(const auth::ChunkedDecoder::Trailers& trailers);
    void take(std::string_view bytes);

    struct Stated {
        std::string algorithm;  // "CRC32"
        std::string header;     // "x-amz-checksum-crc32"
        std::string value;      // Base64; empty until the trailer brings it.
        Digest digest;
    };

    RequestContext* context_;
    std::optional<auth::ChunkedDecoder> decoder_;
    std::optional<std::uint64_t> decoded_length_;
    Digest md5_{DigestAlgorithm::md5};
    std::optional<Digest> sha256_;  // For x-amz-content-sha256.
    std::string content_md5_;       // Raw bytes; empty when not stated.
    std::vector<Stated> stated_;
    std::uint64_t bytes_ = 0;
};

}  // namespace onput::gateway::s3
