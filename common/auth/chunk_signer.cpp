#include "common/auth/chunk_signer.hpp"

#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"

namespace onput::auth {

const std::string& ChunkSigner::next_chunk(std::string_view data_sha256) {
    // The SHA-256 of nothing stands where a later version of the protocol could sign chunk headers.
    static constexpr std::string_view empty_sha256 =
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n";
    std::string text;
    text.reserve(320);
    text += "AWS4-HMAC-SHA256-PAYLOAD\n";
    text += seed_.amz_date;
    text += '\n';
    text += seed_.scope;
    text += '\n';
    text += seed_.signature;
    text += '\n';
    text += empty_sha256;
    text += data_sha256;
    seed_.signature = to_hex(hmac_sha256(seed_.signing_key, text));
    return seed_.signature;
}

const std::string& ChunkSigner::next_trailer(std::string_view trailer_sha256) {
    std::string text;
    text.reserve(256);
    text += "AWS4-HMAC-SHA256-TRAILER\n";
    text += seed_.amz_date;
    text += '\n';
    text += seed_.scope;
    text += '\n';
    text += seed_.signature;
    text += '\n';
    text += trailer_sha256;
    seed_.signature = to_hex(hmac_sha256(seed_.signing_key, text));
    return seed_.signature;
}

}  // namespace onput::auth
