#include "services/gateway/http/chunked.hpp"

#include <algorithm>
#include <cstring>

namespace onput::http {
namespace {

int hex_digit(char byte) {
    if (byte >= '0' && byte <= '9') return byte - '0';
    if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
    if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
    return -1;
}

// A bare CR or LF, or a NUL, inside a line is how one request is made to look like two.
bool is_text(char byte) {
    return byte == '\t' || (static_cast<unsigned char>(byte) >= ' ' && byte != 0x7f);
}

}  // namespace

Result<ChunkedDecoder::Decoded> ChunkedDecoder::decode(std::span<char> bytes,
                                                       std::size_t produced_max) {
    Decoded decoded;
    while (decoded.consumed < bytes.size() && state_ != State::ended && state_ != State::failed) {
        if (state_ == State::data) {
            if (decoded.produced == produced_max) break;
            take_data(bytes, produced_max, decoded);
        } else if (!take_framing(bytes[decoded.consumed++])) {
            state_ = State::failed;
        }
    }
    if (state_ == State::failed) {
        return fail(ErrorCode::invalid_argument, "the chunked body is malformed", "malformed_body");
    }
    return decoded;
}

void ChunkedDecoder::take_data(std::span<char> bytes, std::size_t produced_max, Decoded& decoded) {
    const std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(
        chunk_left_, std::min(bytes.size() - decoded.consumed, produced_max - decoded.produced)));
    if (decoded.consumed != decoded.produced) {
        std::memmove(bytes.data() + decoded.produced, bytes.data() + decoded.consumed, size);
    }
    decoded.consumed += size;
    decoded.produced += size;
    chunk_left_ -= size;
    if (chunk_left_ == 0) state_ = State::data_return;
}

bool ChunkedDecoder::expect(char byte, char wanted, State next) {
    state_ = next;
    return byte == wanted;
}

bool ChunkedDecoder::take_framing(char byte) {
    switch (state_) {
        case State::size: return take_size(byte);
        case State::extension:
            if (byte == '\r') return expect(byte, '\r', State::size_line_feed);
            return is_text(byte) && ++line_bytes_ <= chunk_line_bytes_max;
        case State::size_line_feed:
            line_bytes_ = 0;
            size_digits_ = 0;
            return expect(byte, '\n', chunk_left_ == 0 ? State::trailer_start : State::data);
        case State::data_return: return expect(byte, '\r', State::data_line_feed);
        case State::data_line_feed: return expect(byte, '\n', State::size);
        case State::trailer_start:
            if (byte == '\r') return expect(byte, '\r', State::last_line_feed);
            state_ = State::trailer;
            return take_trailer(byte);
        case State::trailer: return take_trailer(byte);
        case State::trailer_line_feed: return expect(byte, '\n', State::trailer_start);
        case State::last_line_feed: return expect(byte, '\n', State::ended);
        default: return false;
    }
}

bool ChunkedDecoder::take_size(char byte) {
    const int digit = hex_digit(byte);
    if (digit >= 0) {
        chunk_left_ = chunk_left_ * 16 + static_cast<std::uint64_t>(digit);
        return ++size_digits_ <= size_digits_max;
    }
    if (size_digits_ == 0) return false;
    if (byte == '\r') return expect(byte, '\r', State::size_line_feed);
    state_ = State::extension;
    return byte == ';' || byte == ' ' || byte == '\t';
}

bool ChunkedDecoder::take_trailer(char byte) {
    if (byte == '\r') return expect(byte, '\r', State::trailer_line_feed);
    return is_text(byte) && ++trailer_bytes_ <= trailer_bytes_max;
}

}  // namespace onput::http
