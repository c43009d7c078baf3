// ChunkSigner: the chain of signatures over the chunks of an aws-chunked body. Each covers the one
// before it, so that chunks cannot be dropped, repeated or put in another order.
//
//     request's signature ──> chunk 1 ──> chunk 2 ──> ... ──> empty chunk ──> trailer
//
// Both sides walk the same chain: the sender to write signatures, the receiver to compare them.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace onput::auth {

// Where a chain starts: a verified or freshly signed request.
struct ChunkSeed {
    std::string signing_key;  // A secret: never logged, never sent.
    std::string amz_date;     // "20130524T000000Z"
    std::string scope;        // "20130524/us-east-1/s3/aws4_request"
    std::string signature;    // Hexadecimal.
};

class ChunkSigner {
public:
    explicit ChunkSigner(ChunkSeed seed) : seed_(std::move(seed)) {}

    // The hexadecimal signature of the next chunk, given the hexadecimal SHA-256 of its data; the
    // chain moves on to it. Valid until the next call.
    const std::string& next_chunk(std::string_view data_sha256);

    // Likewise for the trailer, given the hash of its canonical text: "name:value\n" for each
    // header.
    const std::string& next_trailer(std::string_view trailer_sha256);

private:
    ChunkSeed seed_;  // `signature` is the chain's last.
};

}  // namespace onput::auth
