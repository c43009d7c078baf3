// ChunkedDecoder: takes the aws-chunked framing off a request body, a piece at a time, and checks
// every signature, the declared length and the shape of the trailer.
//
//     400;chunk-signature=<64 hex>\r\n                 the signature in the signed modes only
//     <1024 bytes>\r\n
//     0;chunk-signature=<64 hex>\r\n
//     x-amz-checksum-crc32c:sOO8/Q==\r\n               in the trailer modes only
//     x-amz-trailer-signature:<64 hex>\r\n             with a signed trailer only
//     \r\n
//
//     size line ──> data ──> line end ──┐              any error ──> failed, for good
//       │  ^────────────────────────────┘
//       └── size 0 ──> trailer lines ──> done
//
// Data comes out before its chunk's signature is known, because a chunk is not buffered: nothing of
// the body may become visible before `finish` has succeeded. Memory is one line, whatever arrives.
// One decoder per body; not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/auth/chunk_signer.hpp"
#include "common/base/digest.hpp"
#include "common/base/result.hpp"

namespace onput::auth {

// A chunk may be as large as the largest single upload: some SDKs send the whole body as one.
constexpr std::uint64_t chunk_bytes_max = 5ULL << 30;
constexpr std::size_t chunk_line_bytes_max = 128;
constexpr std::size_t trailer_line_bytes_max = 1024;
constexpr std::size_t trailers_max = 8;

enum class ChunkMode { signed_chunks, signed_chunks_trailer, unsigned_chunks_trailer };

struct ChunkedBody {
    ChunkMode mode = ChunkMode::signed_chunks;
    ChunkSeed seed = {};  // For the signed modes.
    // x-amz-decoded-content-length, when it was sent.
    std::optional<std::uint64_t> decoded_bytes = {};
    // x-amz-trailer: names separated by commas; may be empty.
    std::string_view announced_trailers = {};
};

class ChunkedDecoder {
public:
    // Borrows a piece of the fed bytes for the time of the call.
    using Take = std::function<void(std::string_view)>;
    using Trailers = std::map<std::string, std::string>;  // Lower-case name, trimmed value.

    explicit ChunkedDecoder(const ChunkedBody& body);

    // Decodes what has arrived. Errors, after which every call repeats them:
    //   permission_denied  signature_does_not_match (details: SignatureProvided)
    //   invalid_argument   malformed_chunk, chunk_too_large, malformed_trailer,
    //                      incomplete_body (more data than declared)
    Result<void> feed(std::string_view bytes, const Take& take);
    Result<void> feed(std::string_view bytes, std::string& out);

    // Call when the request body has ended. Fails with invalid_argument `incomplete_body` when it
    // ended too early or is shorter than declared, `malformed_trailer` when an announced header is
    // missing. Otherwise everything taken is what the signer sent.
    Result<Trailers> finish();

    [[nodiscard]] std::uint64_t decoded_bytes() const { return decoded_; }

private:
    enum class State { size_line, data, line_end, trailer, last_line, done, failed };

    // True when `line_` holds a whole line, its end taken off.
    Result<bool> take_line(std::string_view& bytes, std::size_t bytes_max);
    Result<void> step(std::string_view& bytes, const Take& take);
    Result<void> on_size_line();
    Result<void> on_data(std::string_view& bytes, const Take& take);
    Result<void> on_chunk_end();
    Result<void> on_trailer_line();
    Result<void> on_trailer_signature(std::string_view signature);
    [[nodiscard]] bool is_signed() const { return mode_ != ChunkMode::unsigned_chunks_trailer; }
    [[nodiscard]] bool is_announced(std::string_view name) const;
    std::unexpected<Error> failed(std::unexpected<Error> error);

    ChunkMode mode_;
    ChunkSigner signer_;
    std::optional<std::uint64_t> declared_;
    std::vector<std::string> announced_;

    State state_ = State::size_line;
    std::string line_;
    bool line_ended_ = false;     // The next byte starts a new line.
    std::string signature_;       // Of the chunk being read.
    std::optional<Digest> hash_;  // Of the chunk being read, in the signed modes.
    std::uint64_t chunk_left_ = 0;
    std::uint64_t decoded_ = 0;
    std::string trailer_text_;  // What the trailer's signature covers.
    Trailers trailers_;
    bool trailer_is_proven_ = false;
    Error error_;
};

}  // namespace onput::auth
