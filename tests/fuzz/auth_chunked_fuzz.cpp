// Hostile aws-chunked bodies: feeding them whole and byte by byte gives the same answer, and what
// comes out never exceeds what was declared. The first two bytes choose mode and declared length.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/auth/chunked_decoder.hpp"
#include "common/base/check.hpp"

namespace {

using namespace onput;

struct Outcome {
    std::string data;
    std::string reason;
    auth::ChunkedDecoder::Trailers trailers;

    friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome decode(const auth::ChunkedBody& body, std::string_view wire, std::size_t piece) {
    auth::ChunkedDecoder decoder(body);
    Outcome outcome;
    for (std::size_t at = 0; at < wire.size(); at += piece) {
        if (const auto fed = decoder.feed(wire.substr(at, piece), outcome.data); !fed) {
            outcome.reason = fed.error().reason;
            break;
        }
    }
    auto end = decoder.finish();
    if (end) {
        outcome.trailers = *std::move(end);
    } else {
        ONPUT_CHECK(outcome.reason.empty() || outcome.reason == end.error().reason);
        outcome.reason = end.error().reason;
    }
    return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    auth::ChunkedBody body{.mode = static_cast<auth::ChunkMode>(data[0] % 3),
                           .seed = {.signing_key = std::string(32, 'k'),
                                    .amz_date = "20130524T000000Z",
                                    .scope = "20130524/us-east-1/s3/aws4_request",
                                    .signature = std::string(64, '0')},
                           .announced_trailers = "x-amz-checksum-crc32, x-amz-checksum-sha256"};
    if (data[1] < 128) body.decoded_bytes = data[1];
    const std::string_view wire(reinterpret_cast<const char*>(data) + 2, size - 2);
    const Outcome whole = decode(body, wire, wire.size() + 1);
    ONPUT_CHECK(whole == decode(body, wire, 1));
    ONPUT_CHECK(!body.decoded_bytes || whole.data.size() <= *body.decoded_bytes);
    ONPUT_CHECK(!whole.reason.empty() || !body.decoded_bytes ||
                whole.data.size() == *body.decoded_bytes);
    return 0;
}
