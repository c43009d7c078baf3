// Body: the bytes of an upload as they are meant. It takes off aws-chunked framing and compares, at
// the end, everything the client stated: length, Content-MD5, x-amz-content-sha256,
// x-amz-checksum-* in headers or trailer.
//
//     auto body = Body::open(request, ...);         refuses unsupported or contradictory headers
//                                                   before a byte is read
//     while (piece = co_await body.read(n))         decoded bytes; nothing may become visible yet
//         body.hashes().update(piece);
//     auto digests = body.finish();                 now all of it is verified, or an error says
//                                                   what is not
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/auth/chunked_decoder.hpp"
#include "common/schema/storage_objects.hpp"
#include "services/gateway/s3/byte_source.hpp"
#include "services/gateway/s3/checksums.hpp"
#include "services/gateway/s3/form_reader.hpp"
#include "services/gateway/s3/operation.hpp"
#include "services/gateway/s3/post_policy.hpp"

namespace onput::gateway::s3 {

// How long a piece of a body is waited for. A slow client's bytes go on to storage before the write
// session there takes the silence for an end; so the rest of its time is for one more read.
inline constexpr Duration piece_wait_max = std::chrono::seconds(10);

// The file of a browser's form, whose fields have been read.
struct FormFile {
    FormReader reader;
    std::string begun;  // What has come of it with the fields.
    LengthRange range;  // Of its policy.
};

class Body : public ByteSource {
public:
    // S3 wants the length of an object stated; a request that may have no body need not have one.
    enum class Length { required, optional };
    // Whose the checksums are that the head states: CompleteMultipartUpload has the object's.
    enum class Checksums { of_body, of_object };
    static Result<Body> open(const S3Request& request, Length length,
                             Checksums checksums = Checksums::of_body);
    // The file of a form; the request's head states what its fields do.
    static Result<Body> open_form(const S3Request& request, FormFile form);

    // Bytes of the object, when the client has said.
    [[nodiscard]] std::optional<std::uint64_t> length() const override { return decoded_length_; }
    // Whether the client states a checksum, in a header or in the trailer.
    [[nodiscard]] bool states_checksum() const { return stated_.has_value(); }

    // Asks for a checksum that finish() gives beside what the client states. Before the first read.
    void compute(std::string_view algorithm);

    // The next decoded bytes, at most about `bytes_max`; empty at the end. Less than there could be
    // when they are long in coming: after piece_wait_max what has come is returned.
    http::Task<Result<std::string>> read(std::size_t bytes_max) override;

    // After read() has returned empty. Errors: bad_digest, x_amz_content_sha256_mismatch,
    // incomplete_body, signature_does_not_match.
    Result<BodyDigests> finish() override;

private:
    explicit Body(const S3Request& request)
        : exchange_(&request.context.exchange), identity_(&request.context.identity) {}

    [[nodiscard]] Result<void> check_announced(const http::RequestHead& head) const;
    Result<void> take_content_md5(const http::RequestHead& head);
    Result<void> take_checksum_headers(const http::RequestHead& head);
    Result<void> take_trailer(const http::RequestHead& head);
    Result<void> take_length(const http::RequestHead& head, Length length);
    Result<void> check_trailers(const auth::ChunkedDecoder::Trailers& trailers);
    void state(const ChecksumAlgorithm& algorithm, std::string_view value);
    Result<void> decode(std::string_view piece, std::string& decoded);

    // Its digest is the first of hashes()'s.
    struct Stated {
        const ChecksumAlgorithm* algorithm = nullptr;
        std::string value;  // Base64; empty until the trailer brings it.
    };

    http::Exchange* exchange_;
    const auth::Identity* identity_;
    std::optional<auth::ChunkedDecoder> decoder_;
    std::optional<FormFile> form_;
    std::optional<std::uint64_t> decoded_length_;
    std::string content_md5_;  // Raw bytes; empty when not stated.
    std::optional<Stated> stated_;
    std::uint64_t bytes_ = 0;
};

// The whole body of a request that has a small one or none, verified. More than `bytes_max` is
// invalid_argument, reason `body_too_large`.
http::Task<Result<std::string>> read_small_body(
    S3Request& request, std::size_t bytes_max,
    Body::Checksums checksums = Body::Checksums::of_body);

}  // namespace onput::gateway::s3
