#include "common/auth/chunked_decoder.hpp"

#include <algorithm>
#include <charconv>

#include "common/auth/request_view.hpp"
#include "common/base/encoding.hpp"
#include "common/base/text.hpp"

namespace onput::auth {
namespace {

constexpr std::string_view signature_extension = ";chunk-signature=";
constexpr std::string_view trailer_signature_name = "x-amz-trailer-signature";
constexpr std::size_t size_digits_max = 16;

std::unexpected<Error> malformed_chunk(std::string_view what) {
    return fail(ErrorCode::invalid_argument,
                "the aws-chunked body is malformed: " + std::string(what), "malformed_chunk");
}

std::unexpected<Error> malformed_trailer() {
    return fail(
        ErrorCode::invalid_argument,
        "The request contained trailing data that was not well-formed or did not conform to "
        "our published schema.",
        "malformed_trailer");
}

std::unexpected<Error> incomplete_body() {
    return fail(
        ErrorCode::invalid_argument,
        "You did not provide the number of bytes specified by the Content-Length HTTP header",
        "incomplete_body");
}

std::unexpected<Error> signature_mismatch(std::string_view provided) {
    Error error{.code = ErrorCode::permission_denied,
                .message =
                    "The request signature we calculated does not match the signature you "
                    "provided. Check your key and signing method.",
                .reason = "signature_does_not_match"};
    error.details.emplace_back("SignatureProvided", std::string(provided));
    return std::unexpected(std::move(error));
}

bool is_header_name(std::string_view name) {
    return !name.empty() && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    });
}

bool is_header_value(std::string_view value) {
    return std::ranges::all_of(value, [](char c) { return c >= ' ' && c < 0x7f; });
}

}  // namespace

ChunkedDecoder::ChunkedDecoder(const ChunkedBody& body)
    : mode_(body.mode), signer_(body.seed), declared_(body.decoded_bytes) {
    std::string_view rest = body.announced_trailers;
    while (!rest.empty() && announced_.size() < trailers_max) {
        const std::size_t end = std::min(rest.find(','), rest.size());
        const std::string_view name = trimmed(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (!name.empty()) announced_.push_back(lower_case(name));
    }
}

std::unexpected<Error> ChunkedDecoder::failed(std::unexpected<Error> error) {
    state_ = State::failed;
    error_ = error.error();
    return error;
}

Result<void> ChunkedDecoder::feed(std::string_view bytes, std::string& out) {
    return feed(bytes, [&out](std::string_view piece) { out += piece; });
}

Result<void> ChunkedDecoder::feed(std::string_view bytes, const Take& take) {
    while (!bytes.empty()) {
        if (state_ == State::failed) return std::unexpected(error_);
        if (auto stepped = step(bytes, take); !stepped) {
            return failed(std::unexpected(std::move(stepped).error()));
        }
    }
    return {};
}

Result<void> ChunkedDecoder::step(std::string_view& bytes, const Take& take) {
    switch (state_) {
        case State::size_line: {
            ONPUT_TRY(const bool whole, take_line(bytes, chunk_line_bytes_max));
            return whole ? on_size_line() : Result<void>();
        }
        case State::data: return on_data(bytes, take);
        case State::line_end: {
            ONPUT_TRY(const bool whole, take_line(bytes, 2));
            if (!whole) return {};
            if (!line_.empty()) return malformed_chunk("data does not end where its size says");
            state_ = State::size_line;
            return {};
        }
        case State::trailer: {
            ONPUT_TRY(const bool whole, take_line(bytes, trailer_line_bytes_max));
            return whole ? on_trailer_line() : Result<void>();
        }
        case State::last_line: {
            ONPUT_TRY(const bool whole, take_line(bytes, 2));
            if (!whole) return {};
            if (!line_.empty()) return malformed_chunk("bytes after the end");
            state_ = State::done;
            return {};
        }
        default: return malformed_chunk("bytes after the end");
    }
}

Result<bool> ChunkedDecoder::take_line(std::string_view& bytes, std::size_t bytes_max) {
    if (line_ended_) {
        line_.clear();
        line_ended_ = false;
    }
    const std::size_t newline = bytes.find('\n');
    const std::size_t length = newline == std::string_view::npos ? bytes.size() : newline + 1;
    if (line_.size() + length > bytes_max) {
        if (state_ == State::trailer) return malformed_trailer();
        return malformed_chunk("a line is too long or not ended");
    }
    line_ += bytes.substr(0, length);
    bytes.remove_prefix(length);
    if (newline == std::string_view::npos) return false;
    line_.pop_back();
    line_ended_ = true;
    if (line_.ends_with('\r')) {
        line_.pop_back();
    } else if (state_ != State::trailer) {
        // Some senders end trailer lines with a bare newline, as the signed text does.
        return malformed_chunk("a line does not end in CR LF");
    }
    return true;
}

Result<void> ChunkedDecoder::on_size_line() {
    const std::string_view line = line_;
    std::uint64_t size = 0;
    const auto [stop, error] = std::from_chars(line.data(), line.data() + line.size(), size, 16);
    const auto digits = static_cast<std::size_t>(stop - line.data());
    if (error != std::errc() || digits > size_digits_max) {
        return malformed_chunk("a chunk's size is not hexadecimal");
    }
    std::string_view extension = line.substr(digits);
    if (is_signed()) {
        if (!extension.starts_with(signature_extension)) {
            return malformed_chunk("a chunk has no signature");
        }
        extension.remove_prefix(signature_extension.size());
        signature_ = extension;
    } else if (!extension.empty()) {
        return malformed_chunk("an unsigned chunk's size line holds more than the size");
    }
    if (size > chunk_bytes_max) {
        return fail(ErrorCode::invalid_argument, "a chunk is larger than 5 GiB", "chunk_too_large");
    }
    if (declared_ && size > *declared_ - decoded_) return incomplete_body();
    chunk_left_ = size;
    if (is_signed()) hash_.emplace(DigestAlgorithm::sha256);
    if (size > 0) {
        state_ = State::data;
        return {};
    }
    if (declared_ && decoded_ != *declared_) return incomplete_body();
    ONPUT_TRY_VOID(on_chunk_end());
    state_ = mode_ == ChunkMode::signed_chunks ? State::last_line : State::trailer;
    return {};
}

Result<void> ChunkedDecoder::on_data(std::string_view& bytes, const Take& take) {
    const std::size_t length =
        static_cast<std::size_t>(std::min<std::uint64_t>(chunk_left_, bytes.size()));
    const std::string_view piece = bytes.substr(0, length);
    bytes.remove_prefix(length);
    chunk_left_ -= length;
    decoded_ += length;
    if (hash_) hash_->update(piece);
    take(piece);
    if (chunk_left_ > 0) return {};
    state_ = State::line_end;
    return on_chunk_end();
}

Result<void> ChunkedDecoder::on_chunk_end() {
    if (!hash_) return {};  // An unsigned mode.
    if (!equal_constant_time(signer_.next_chunk(to_hex(hash_->finish())), signature_)) {
        return signature_mismatch(signature_);
    }
    return {};
}

Result<void> ChunkedDecoder::on_trailer_line() {
    if (line_.empty()) {
        // Some senders write an empty line before the trailer's signature.
        const bool signature_is_due =
            mode_ == ChunkMode::signed_chunks_trailer && !trailer_is_proven_;
        if (!signature_is_due) state_ = State::done;
        return {};
    }
    const std::string_view line = line_;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || trailer_is_proven_) return malformed_trailer();
    const std::string name = lower_case(line.substr(0, colon));
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (!is_header_name(name) || !is_header_value(value)) return malformed_trailer();
    if (mode_ == ChunkMode::signed_chunks_trailer && name == trailer_signature_name) {
        return on_trailer_signature(value);
    }
    if (trailers_.size() == trailers_max || !is_announced(name)) return malformed_trailer();
    if (!trailers_.emplace(name, value).second) return malformed_trailer();
    trailer_text_ += name;
    trailer_text_ += ':';
    trailer_text_ += value;
    trailer_text_ += '\n';
    return {};
}

Result<void> ChunkedDecoder::on_trailer_signature(std::string_view signature) {
    const std::string hash = to_hex(Digest::of(DigestAlgorithm::sha256, trailer_text_));
    if (!equal_constant_time(signer_.next_trailer(hash), signature)) {
        return signature_mismatch(signature);
    }
    trailer_is_proven_ = true;
    return {};
}

bool ChunkedDecoder::is_announced(std::string_view name) const {
    return std::ranges::find(announced_, name) != announced_.end();
}

Result<ChunkedDecoder::Trailers> ChunkedDecoder::finish() {
    if (state_ == State::failed) return std::unexpected(error_);
    // In the signed modes the last signature has covered the end: only line ends can be missing.
    const bool is_complete = state_ == State::done || state_ == State::last_line ||
                             (state_ == State::trailer && trailer_is_proven_);
    if (!is_complete) return failed(incomplete_body());
    for (const std::string& name : announced_) {
        if (!trailers_.contains(name)) return failed(malformed_trailer());
    }
    return std::move(trailers_);
}

}  // namespace onput::auth
