#include "services/gateway/s3/body.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "common/base/encoding.hpp"
#include "common/base/text.hpp"
#include "services/gateway/s3/errors.hpp"

namespace onput::gateway::s3 {
namespace {

constexpr std::size_t md5_bytes = 16;

bool is_chunked(auth::PayloadKind kind) {
    return kind == auth::PayloadKind::signed_chunks ||
           kind == auth::PayloadKind::signed_chunks_trailer ||
           kind == auth::PayloadKind::unsigned_chunks_trailer;
}

auth::ChunkMode mode_of(auth::PayloadKind kind) {
    if (kind == auth::PayloadKind::signed_chunks) return auth::ChunkMode::signed_chunks;
    if (kind == auth::PayloadKind::signed_chunks_trailer)
        return auth::ChunkMode::signed_chunks_trailer;
    return auth::ChunkMode::unsigned_chunks_trailer;
}

std::unexpected<Error> invalid_checksum(std::string_view header) {
    return onput::fail(ErrorCode::invalid_argument,
                       "Value for " + std::string(header) + " header is invalid.",
                       "invalid_request");
}

Result<void> check_checksum_value(const ChecksumAlgorithm& algorithm, std::string_view value) {
    const auto bytes = from_base64(value);
    if (!bytes || bytes->size() != algorithm.bytes) return invalid_checksum(algorithm.header);
    return {};
}

Result<std::uint64_t> parse_length(std::string_view text, std::string_view header) {
    const auto value = parse_number<std::uint64_t>(text);
    if (!value) {
        return onput::fail(ErrorCode::invalid_argument,
                           "Value for " + std::string(header) + " header is not a length.",
                           "invalid_request");
    }
    return *value;
}

std::unexpected<Error> invalid_request(std::string message) {
    return onput::fail(ErrorCode::invalid_argument, std::move(message), "invalid_request");
}

std::unexpected<Error> several_checksums() {
    return invalid_request(
        "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.");
}

}  // namespace

Result<Body> Body::open(const S3Request& request, Length length, Checksums checksums) {
    Body body(request);
    const auth::Payload& payload = body.identity_->payload;
    if (payload.kind == auth::PayloadKind::sha256)
        body.hashes_.payload.emplace(DigestAlgorithm::sha256);
    ONPUT_TRY_VOID(body.take_content_md5(request.head));
    if (checksums == Checksums::of_body) ONPUT_TRY_VOID(body.take_checksum_headers(request.head));
    ONPUT_TRY_VOID(body.take_trailer(request.head));
    ONPUT_TRY_VOID(body.check_announced(request.head));
    ONPUT_TRY_VOID(body.take_length(request.head, length));
    if (is_chunked(payload.kind)) {
        const auto trailer = request.head.header("x-amz-trailer");
        body.decoder_.emplace(auth::ChunkedBody{.mode = mode_of(payload.kind),
                                                .seed = body.identity_->chunk_seed,
                                                .decoded_bytes = body.decoded_length_,
                                                .announced_trailers = trailer.value_or("")});
    }
    return body;
}

// x-amz-sdk-checksum-algorithm: what the client says that it states.
Result<void> Body::check_announced(const http::RequestHead& head) const {
    const auto announced = head.header("x-amz-sdk-checksum-algorithm");
    if (!announced) return {};
    if (!stated_) {
        return invalid_request(
            "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or "
            "x-amz-trailer headers were found.");
    }
    if (equal_ignoring_case(*announced, stated_->algorithm->name)) return {};
    if (find_checksum_algorithm(*announced) == nullptr)
        return invalid_request("Value for x-amz-sdk-checksum-algorithm header is invalid.");
    return onput::fail(ErrorCode::invalid_argument,
                       fmt::format("The {} that x-amz-sdk-checksum-algorithm announces is not what "
                                   "the request states: it has {}.",
                                   *announced, stated_->algorithm->header),
                       "bad_digest");
}

Result<void> Body::take_content_md5(const http::RequestHead& head) {
    const auto md5 = head.header("content-md5");
    if (!md5) return {};
    const auto bytes = from_base64(*md5);
    if (!bytes || bytes->size() != md5_bytes) {
        return onput::fail(ErrorCode::invalid_argument, "Content-MD5 is not base64 of 16 bytes",
                           "invalid_digest");
    }
    content_md5_ = *bytes;
    return {};
}

Result<void> Body::take_checksum_headers(const http::RequestHead& head) {
    for (const auto& header : head.headers) {
        if (!is_checksum_header(header.name)) continue;
        const ChecksumAlgorithm* known = find_checksum_header(header.name);
        // One that is not understood cannot be verified, and must not seem to be.
        if (known == nullptr) return not_implemented(header.name);
        ONPUT_TRY_VOID(check_checksum_value(*known, header.value));
        if (stated_) return several_checksums();
        state(*known, header.value);
    }
    return {};
}

void Body::state(const ChecksumAlgorithm& algorithm, std::string_view value) {
    stated_ = Stated{.algorithm = &algorithm, .value = std::string(value)};
    hashes_.checksums.push_back(
        {.algorithm = std::string(algorithm.name), .digest = Digest(algorithm.digest)});
}

Result<void> Body::take_trailer(const http::RequestHead& head) {
    const auto trailer = head.header("x-amz-trailer");
    if (!trailer) return {};
    const ChecksumAlgorithm* known = find_checksum_header(*trailer);
    const auto kind = identity_->payload.kind;
    const bool has_trailer = kind == auth::PayloadKind::signed_chunks_trailer ||
                             kind == auth::PayloadKind::unsigned_chunks_trailer;
    if (known == nullptr || !has_trailer) {
        return invalid_request("The value specified in the x-amz-trailer header is not supported");
    }
    if (stated_) return several_checksums();
    state(*known, {});
    return {};
}

Result<void> Body::take_length(const http::RequestHead& head, Length length) {
    if (is_chunked(identity_->payload.kind)) {
        const auto decoded = head.header("x-amz-decoded-content-length");
        if (!decoded) {
            return onput::fail(ErrorCode::invalid_argument,
                               "x-amz-decoded-content-length is missing", "missing_content_length");
        }
        ONPUT_TRY(decoded_length_, parse_length(*decoded, "x-amz-decoded-content-length"));
    } else if (head.content_length) {
        decoded_length_ = head.content_length;
    } else if (!head.chunked && length == Length::required) {
        return onput::fail(ErrorCode::invalid_argument, "no length", "missing_content_length");
    }
    if (decoded_length_.value_or(0) > schema::put_bytes_max) {
        Error error{.code = ErrorCode::invalid_argument,
                    .message = "upload is too large",
                    .reason = "entity_too_large",
                    .details = {{"ProposedSize", fmt::format("{}", *decoded_length_)},
                                {"MaxSizeAllowed", fmt::format("{}", schema::put_bytes_max)}}};
        return std::unexpected(std::move(error));
    }
    return {};
}

void Body::compute(std::string_view algorithm) {
    if (stated_ && stated_->algorithm->name == algorithm) return;
    const auto* known = find_checksum_algorithm(algorithm);
    ONPUT_CHECK(known != nullptr);
    hashes_.checksums.push_back(
        {.algorithm = std::string(algorithm), .digest = Digest(known->digest)});
}

Result<Body> Body::open_form(const S3Request& request, FormFile form) {
    ONPUT_TRY(auto body, open(request, Length::optional));
    body.form_ = std::move(form);
    return body;
}

// The next bytes of the object that `piece` holds.
Result<void> Body::decode(std::string_view piece, std::string& decoded) {
    if (decoder_) return decoder_->feed(piece, decoded);
    if (!form_) {
        decoded += piece;
        return {};
    }
    ONPUT_TRY_VOID(form_->reader.feed(piece, decoded));
    return check_length_range({.max = form_->range.max}, bytes_ + decoded.size());
}

http::Task<Result<std::string>> Body::read(std::size_t bytes_max) {
    std::string decoded = form_ ? std::exchange(form_->begun, {}) : std::string();
    decoded.reserve(std::min<std::uint64_t>(bytes_max, decoded_length_.value_or(0)));
    const auto began = std::chrono::steady_clock::now();
    while (decoded.size() < bytes_max) {
        if (form_ && form_->reader.is_at_end()) break;
        const bool is_late = std::chrono::steady_clock::now() - began >= piece_wait_max;
        if (is_late && !decoded.empty()) break;
        const auto piece = co_await exchange_->read_body(bytes_max - decoded.size());
        if (!piece) co_return std::unexpected(piece.error());
        if (piece->empty()) break;
        const auto taken = decode(*piece, decoded);
        if (!taken) co_return std::unexpected(taken.error());
        if (bytes_ + decoded.size() > schema::put_bytes_max) {
            co_return onput::fail(ErrorCode::invalid_argument, "upload is too large",
                                  "entity_too_large");
        }
    }
    bytes_ += decoded.size();
    co_return decoded;
}

Result<void> Body::check_trailers(const auth::ChunkedDecoder::Trailers& trailers) {
    if (!stated_ || !stated_->value.empty()) return {};
    const ChecksumAlgorithm& algorithm = *stated_->algorithm;
    const auto found = trailers.find(std::string(algorithm.header));
    if (found == trailers.end()) return invalid_checksum(algorithm.header);
    ONPUT_TRY_VOID(check_checksum_value(algorithm, found->second));
    stated_->value = found->second;
    return {};
}

Result<BodyDigests> Body::finish() {
    if (decoder_) {
        ONPUT_TRY(const auto trailers, decoder_->finish());
        ONPUT_TRY_VOID(check_trailers(trailers));
    }
    if (form_) {
        ONPUT_TRY_VOID(form_->reader.finish());
        ONPUT_TRY_VOID(check_length_range(form_->range, bytes_));
    }
    if (decoded_length_ && bytes_ != *decoded_length_) {
        return onput::fail(ErrorCode::invalid_argument,
                           "the body is shorter than it was said to be", "incomplete_body");
    }
    const std::string md5 = hashes_.md5.finish();
    if (!content_md5_.empty() && md5 != content_md5_) {
        return onput::fail(ErrorCode::invalid_argument,
                           "The Content-MD5 you specified did not match what we received.",
                           "bad_digest");
    }
    if (hashes_.payload) {
        const std::string computed = to_hex(hashes_.payload->finish());
        if (!http::equal_ignoring_case(computed, identity_->payload.token)) {
            Error error{.code = ErrorCode::invalid_argument,
                        .message = "the payload's hash differs",
                        .reason = "x_amz_content_sha256_mismatch",
                        .details = {{"ClientComputedContentSHA256", identity_->payload.token},
                                    {"S3ComputedContentSHA256", computed}}};
            return std::unexpected(std::move(error));
        }
    }
    BodyDigests digests{
        .md5_hex = to_hex(md5), .checksums = hashes_.take_checksums(), .bytes = bytes_};
    if (stated_ && digests.checksums.front().value != stated_->value) {
        return onput::fail(
            ErrorCode::invalid_argument,
            fmt::format("The {} you specified did not match the calculated checksum.",
                        stated_->algorithm->name),
            "bad_digest");
    }
    return digests;
}

http::Task<Result<std::string>> read_small_body(S3Request& request, std::size_t bytes_max,
                                                Body::Checksums checksums) {
    auto body = Body::open(request, Body::Length::optional, checksums);
    if (!body) co_return std::unexpected(std::move(body).error());
    const auto expected = std::min<std::uint64_t>(body->length().value_or(bytes_max), bytes_max);
    const auto memory =
        co_await reserve(request.context.exchange, request.context.shared.body_memory,
                         static_cast<std::size_t>(expected), MemoryBudget::Use::whole);
    if (!memory) co_return std::unexpected(memory.error());
    std::string bytes;
    while (true) {
        auto piece = co_await body->read(bytes_max + 1);
        if (!piece) co_return std::unexpected(std::move(piece).error());
        if (piece->empty()) break;
        body->hashes().update(*piece);
        bytes += *piece;
        if (bytes.size() > bytes_max) {
            co_return onput::fail(ErrorCode::invalid_argument, "the document is too large",
                                  "body_too_large");
        }
    }
    const auto digests = body->finish();
    if (!digests) co_return std::unexpected(digests.error());
    co_return bytes;
}

}  // namespace onput::gateway::s3
