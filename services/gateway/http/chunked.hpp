// ChunkedDecoder: HTTP/1.1's chunked transfer coding, taken off piece by piece as bytes arrive.
//
//     size-in-hex [;extension] CRLF  data CRLF  ...  0 CRLF  [trailer CRLF]*  CRLF
//
// Pure. Decodes in place: what it yields is moved to the front of the bytes it was given, so that
// many small chunks become one run of data. Extensions and trailers are checked and dropped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "common/base/result.hpp"

namespace onput::http {

class ChunkedDecoder {
public:
    static constexpr std::size_t chunk_line_bytes_max = 1024;  // Size and extensions.
    static constexpr std::size_t trailer_bytes_max = 8 * 1024;
    static constexpr int size_digits_max = 15;

    struct Decoded {
        std::size_t consumed = 0;  // Bytes of input that are done with.
        std::size_t produced = 0;  // Bytes of data, now at the front of the input.
    };

    // Takes from `bytes` until they are used up, `produced_max` is reached or the body has ended;
    // what comes after the body is not consumed. Call again with the rest and what arrived since.
    // Anything but this coding is invalid_argument, reason `malformed_body`, then and ever after.
    Result<Decoded> decode(std::span<char> bytes, std::size_t produced_max);

    [[nodiscard]] bool ended() const { return state_ == State::ended; }

private:
    enum class State {
        size,
        extension,
        size_line_feed,
        data,
        data_return,
        data_line_feed,
        trailer_start,
        trailer,
        trailer_line_feed,
        last_line_feed,
        ended,
        failed,
    };

    void take_data(std::span<char> bytes, std::size_t produced_max, Decoded& decoded);
    bool take_framing(char byte);
    bool take_size(char byte);
    bool take_trailer(char byte);
    bool expect(char byte, char wanted, State next);

    State state_ = State::size;
    int size_digits_ = 0;
    std::size_t line_bytes_ = 0;
    std::size_t trailer_bytes_ = 0;
    std::uint64_t chunk_left_ = 0;
};

}  // namespace onput::http
