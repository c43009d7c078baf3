// The documented uploads are those of AWS's "Signature Calculations ... Transferring Payload in
// Multiple Chunks", with and without a trailing checksum: 65 KiB of 'a' in chunks of 64 KiB.
#include "common/auth/chunked_decoder.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "common/auth/signer.hpp"
#include "common/base/encoding.hpp"
#include "tests/common/auth/request_builder.hpp"

namespace onput::auth {
namespace {

using testing::Gate;
using testing::TestRequest;

const Timestamp documented_time = parse_iso8601_basic("20130524T000000Z").value();
const std::string documented_scope = "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request";
constexpr std::uint64_t documented_bytes = 66'560;

std::string chunk(const std::string& data, const std::string& signature) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string size;
    for (std::size_t rest = data.size(); rest > 0; rest /= 16) {
        size.insert(size.begin(), digits[rest % 16]);
    }
    if (size.empty()) size = "0";
    const std::string extension = signature.empty() ? "" : ";chunk-signature=" + signature;
    const std::string end = data.empty() ? "" : "\r\n";
    return size + extension + "\r\n" + data + end;
}

TestRequest documented_put() {
    return {.method = "PUT",
            .path = "/examplebucket/chunkObject.txt",
            .headers = {{"Host", "s3.amazonaws.com"},
                        {"x-amz-date", "20130524T000000Z"},
                        {"x-amz-storage-class", "REDUCED_REDUNDANCY"},
                        {"Content-Encoding", "aws-chunked"},
                        {"x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"},
                        {"x-amz-decoded-content-length", "66560"},
                        {"Content-Length", "66824"},
                        {"Authorization",
                         "AWS4-HMAC-SHA256 Credential=" + documented_scope +
                             ",SignedHeaders=content-encoding;content-length;host;x-amz-content-"
                             "sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class,"
                             "Signature=4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa"
                             "80a0a9"}}};
}

const std::string documented_body =
    chunk(std::string(65'536, 'a'),
          "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648") +
    chunk(std::string(1024, 'a'),
          "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497") +
    chunk("", "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9") + "\r\n";

TestRequest documented_trailer_put() {
    return {.method = "PUT",
            .path = "/examplebucket/chunkObject.txt",
            .headers = {{"Host", "s3.amazonaws.com"},
                        {"x-amz-date", "20130524T000000Z"},
                        {"x-amz-storage-class", "REDUCED_REDUNDANCY"},
                        {"Content-Encoding", "aws-chunked"},
                        {"x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"},
                        {"x-amz-decoded-content-length", "66560"},
                        {"x-amz-trailer", "x-amz-checksum-crc32c"},
                        {"Authorization",
                         "AWS4-HMAC-SHA256 Credential=" + documented_scope +
                             ",SignedHeaders=content-encoding;host;x-amz-content-sha256;x-amz-date;"
                             "x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer,"
                             "Signature=106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544"
                             "bfeb8e"}}};
}

const std::string documented_trailer_chunks =
    chunk(std::string(65'536, 'a'),
          "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2") +
    chunk(std::string(1024, 'a'),
          "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7") +
    chunk("", "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992");
const std::string documented_trailer_signature =
    "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435";
const std::string documented_trailer =
    "x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:" + documented_trailer_signature +
    "\r\n\r\n";

ChunkedBody documented_upload() {
    TestRequest request = documented_put();
    return {.mode = ChunkMode::signed_chunks,
            .seed = Gate(documented_time).admit(request).value().chunk_seed,
            .decoded_bytes = documented_bytes};
}

ChunkedBody documented_trailer_upload() {
    TestRequest request = documented_trailer_put();
    return {.mode = ChunkMode::signed_chunks_trailer,
            .seed = Gate(documented_time).admit(request).value().chunk_seed,
            .decoded_bytes = documented_bytes,
            .announced_trailers = "x-amz-checksum-crc32c"};
}

ChunkedBody unsigned_upload(std::optional<std::uint64_t> decoded_bytes) {
    return {.mode = ChunkMode::unsigned_chunks_trailer,
            .decoded_bytes = decoded_bytes,
            .announced_trailers = "x-amz-checksum-crc32"};
}

struct Decoded {
    Result<ChunkedDecoder::Trailers> end;
    std::string data;

    [[nodiscard]] std::string reason() const { return end ? "none" : end.error().reason; }
};

// Feeds `wire` in pieces of `piece` bytes.
Decoded decode(const ChunkedBody& body, std::string_view wire, std::size_t piece = 1 << 20) {
    ChunkedDecoder decoder(body);
    Decoded out{};
    for (std::size_t at = 0; at < wire.size(); at += piece) {
        const auto fed = decoder.feed(wire.substr(at, piece), out.data);
        if (!fed) {
            out.end = std::unexpected(fed.error());
            return out;
        }
    }
    EXPECT_EQ(decoder.decoded_bytes(), out.data.size());
    out.end = decoder.finish();
    return out;
}

const std::string unsigned_wire =
    "5\r\nhello\r\n6\r\n world\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n";

TEST(ChunkedDocumented, the_signed_upload_is_decoded) {
    const Decoded decoded = decode(documented_upload(), documented_body);
    ASSERT_TRUE(decoded.end) << decoded.end.error().message;
    EXPECT_EQ(decoded.data, std::string(documented_bytes, 'a'));
    EXPECT_TRUE(decoded.end->empty());
}

TEST(ChunkedDocumented, the_signed_upload_with_a_trailer_is_decoded) {
    const Decoded decoded =
        decode(documented_trailer_upload(), documented_trailer_chunks + documented_trailer);
    ASSERT_TRUE(decoded.end) << decoded.end.error().message;
    EXPECT_EQ(decoded.data, std::string(documented_bytes, 'a'));
    EXPECT_EQ(decoded.end->at("x-amz-checksum-crc32c"), "sOO8/Q==");
    EXPECT_EQ(decoded.end->size(), 1U);
}

TEST(Chunked, it_makes_no_difference_how_the_bytes_arrive) {
    for (const std::size_t piece : {1UL, 2UL, 3UL, 7UL, 1000UL, 65'536UL}) {
        const Decoded decoded = decode(documented_trailer_upload(),
                                       documented_trailer_chunks + documented_trailer, piece);
        ASSERT_TRUE(decoded.end) << piece;
        EXPECT_EQ(decoded.data.size(), documented_bytes);
    }
}

TEST(Chunked, an_unsigned_body_with_a_trailer_is_decoded) {
    const Decoded decoded = decode(unsigned_upload(11), unsigned_wire);
    ASSERT_TRUE(decoded.end);
    EXPECT_EQ(decoded.data, "hello world");
    EXPECT_EQ(decoded.end->at("x-amz-checksum-crc32"), "DUoRhQ==");
}

TEST(Chunked, an_empty_body_is_one_empty_chunk) {
    EXPECT_EQ(decode(unsigned_upload(0), "0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n").reason(),
              "none");
}

TEST(Chunked, without_a_declared_length_any_length_will_do) {
    EXPECT_EQ(decode(unsigned_upload({}), unsigned_wire).data, "hello world");
}

TEST(Chunked, trailer_lines_may_end_in_a_bare_newline_and_an_empty_line) {
    const std::string wire = documented_trailer_chunks +
                             "X-Amz-Checksum-Crc32c: sOO8/Q== \n\r\nx-amz-trailer-signature:" +
                             documented_trailer_signature + "\r\n\r\n";
    EXPECT_EQ(decode(documented_trailer_upload(), wire).reason(), "none");
}

TEST(Chunked, a_changed_byte_is_noticed_at_the_end_of_its_chunk) {
    std::string wire = documented_body;
    wire[wire.find("aaaa") + 100] = 'b';
    const Decoded decoded = decode(documented_upload(), wire);
    ASSERT_FALSE(decoded.end);
    EXPECT_EQ(decoded.end.error().code, ErrorCode::permission_denied);
    EXPECT_EQ(decoded.end.error().reason, "signature_does_not_match");
    EXPECT_EQ(decoded.end.error().details.front().second,
              "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648");
}

TEST(Chunked, a_wrong_signature_on_the_empty_chunk_is_noticed) {
    std::string wire = documented_body;
    wire[wire.rfind("b6c6ea8a")] = 'c';
    EXPECT_EQ(decode(documented_upload(), wire).reason(), "signature_does_not_match");
}

TEST(Chunked, a_changed_trailer_is_noticed) {
    std::string wire = documented_trailer_chunks + documented_trailer;
    wire[wire.find("sOO8")] = 't';
    EXPECT_EQ(decode(documented_trailer_upload(), wire).reason(), "signature_does_not_match");
}

TEST(Chunked, a_signed_trailer_needs_its_signature) {
    EXPECT_EQ(decode(documented_trailer_upload(),
                     documented_trailer_chunks + "x-amz-checksum-crc32c:sOO8/Q==\r\n\r\n")
                  .reason(),
              "incomplete_body");
}

TEST(Chunked, nothing_may_follow_the_trailers_signature) {
    std::string wire = documented_trailer_chunks + documented_trailer;
    wire.insert(wire.size() - 2, "x-amz-checksum-crc32c:AAAAAA==\r\n");
    EXPECT_EQ(decode(documented_trailer_upload(), wire).reason(), "malformed_trailer");
}

TEST(Chunked, a_body_cut_anywhere_is_incomplete) {
    // The last two bytes of a signed body are an empty line, which proves nothing.
    for (const std::size_t missing : {3UL, 50UL, 90UL, 1200UL, 60'000UL, 66'800UL}) {
        const std::string cut = documented_body.substr(0, documented_body.size() - missing);
        EXPECT_EQ(decode(documented_upload(), cut).reason(), "incomplete_body") << missing;
    }
    for (std::size_t length = 0; length < unsigned_wire.size(); ++length) {
        EXPECT_EQ(decode(unsigned_upload(11), unsigned_wire.substr(0, length)).reason(),
                  "incomplete_body")
            << length;
    }
}

TEST(Chunked, dropped_and_swapped_chunks_are_noticed) {
    const std::size_t second = documented_body.find("\r\n400;") + 2;
    const std::size_t last = documented_body.find("\r\n0;") + 2;
    const std::string one = documented_body.substr(0, second);
    const std::string two = documented_body.substr(second, last - second);
    const std::string end = documented_body.substr(last);
    EXPECT_EQ(decode(documented_upload(), one + two + end).reason(), "none");
    EXPECT_EQ(decode(documented_upload(), two + one + end).reason(), "signature_does_not_match");
    ChunkedBody undeclared = documented_upload();
    undeclared.decoded_bytes.reset();
    EXPECT_EQ(decode(undeclared, one + end).reason(), "signature_does_not_match");
}

TEST(Chunked, more_or_less_data_than_declared_is_refused) {
    EXPECT_EQ(decode(unsigned_upload(10), unsigned_wire).reason(), "incomplete_body");
    EXPECT_EQ(decode(unsigned_upload(12), unsigned_wire).reason(), "incomplete_body");
    EXPECT_EQ(decode(unsigned_upload(10), unsigned_wire).data, "hello");
}

TEST(Chunked, an_announced_trailer_must_come_and_no_other_may) {
    EXPECT_EQ(decode(unsigned_upload(5), "5\r\nhello\r\n0\r\n\r\n").reason(), "malformed_trailer");
    EXPECT_EQ(
        decode(unsigned_upload(5), "5\r\nhello\r\n0\r\nx-amz-checksum-sha1:a\r\n\r\n").reason(),
        "malformed_trailer");
    ChunkedBody none = unsigned_upload(5);
    none.announced_trailers = "";
    EXPECT_EQ(decode(none, "5\r\nhello\r\n0\r\n\r\n").reason(), "none");
    EXPECT_EQ(decode(none, "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:a\r\n\r\n").reason(),
              "malformed_trailer");
}

TEST(Chunked, malformed_framing_is_refused) {
    for (const std::string& wire :
         {std::string("\r\n"), std::string("x\r\n"), std::string("-1\r\n"),
          std::string("+5\r\nhello"), std::string("0x5\r\nhello"), std::string(" 5\r\nhello"),
          std::string("5 \r\nhello"), std::string("5\nhello"), std::string("5;a=b\r\nhello"),
          std::string("00000000000000005\r\nhello"), std::string("fffffffffffffffff\r\n"),
          std::string("5\r\nhello5\r\n"), std::string("5\r\nhello\n\n"), std::string(129, '1'),
          unsigned_wire + "x"}) {
        EXPECT_EQ(decode(unsigned_upload({}), wire).reason(), "malformed_chunk") << wire;
    }
}

TEST(Chunked, a_signed_body_must_have_signatures) {
    EXPECT_EQ(decode(documented_upload(), "5\r\nhello\r\n").reason(), "malformed_chunk");
    EXPECT_EQ(decode(documented_upload(), "5;chunk-signature=\r\nhello\r\n").reason(),
              "signature_does_not_match");
}

TEST(Chunked, malformed_trailers_are_refused) {
    for (const std::string& trailer :
         {std::string("no colon\r\n\r\n"), std::string(":x\r\n\r\n"), std::string("a b:x\r\n\r\n"),
          std::string("x-amz-checksum-crc32:\x01\r\n\r\n"),
          std::string("x-amz-checksum-crc32:a\r\nx-amz-checksum-crc32:b\r\n\r\n"),
          "x-amz-checksum-crc32:" + std::string(1100, 'a') + "\r\n\r\n"}) {
        EXPECT_EQ(decode(unsigned_upload(0), "0\r\n" + trailer).reason(), "malformed_trailer")
            << trailer;
    }
}

TEST(Chunked, eight_trailers_are_the_most) {
    std::string announced;
    std::string lines;
    for (std::size_t i = 0; i < trailers_max + 1; ++i) {
        announced += "x-amz-meta-" + std::to_string(i) + ",";
        lines += "x-amz-meta-" + std::to_string(i) + ":v\r\n";
    }
    ChunkedBody body = unsigned_upload(0);
    body.announced_trailers = announced;
    EXPECT_EQ(decode(body, "0\r\n" + lines + "\r\n").reason(), "malformed_trailer");
}

TEST(Chunked, a_chunk_of_more_than_five_gibibytes_is_refused_before_its_data) {
    EXPECT_EQ(decode(unsigned_upload({}), "140000001\r\n").reason(), "chunk_too_large");
    EXPECT_EQ(decode(unsigned_upload({}), "140000000\r\n").reason(), "incomplete_body");
}

TEST(Chunked, an_error_is_final) {
    ChunkedDecoder decoder(unsigned_upload(11));
    std::string out;
    ASSERT_FALSE(decoder.feed("x\r\n", out));
    EXPECT_EQ(decoder.feed(unsigned_wire, out).error().reason, "malformed_chunk");
    EXPECT_EQ(decoder.finish().error().reason, "malformed_chunk");
    EXPECT_TRUE(out.empty());
}

TEST(Chunked, the_senders_chain_is_the_receivers) {
    Signer signer({.access_key = testing::example_key, .secret = testing::example_secret});
    TestRequest request{.method = "PUT", .path = "/b/k", .headers = {{"Host", "localhost"}}};
    const SignedRequest signed_request =
        signer.sign(request.view(), "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", documented_time).value();
    ChunkSigner chain(signed_request.chunk_seed);
    std::string wire;
    for (const std::string data : {"one", "two", ""}) {
        wire += chunk(data, chain.next_chunk(to_hex(Digest::of(DigestAlgorithm::sha256, data))));
    }
    request.set("x-amz-date", signed_request.amz_date);
    request.set("x-amz-content-sha256", signed_request.content_sha256);
    request.set("Authorization", signed_request.authorization);
    Gate gate(documented_time);
    const Decoded decoded =
        decode({.seed = gate.admit(request).value().chunk_seed, .decoded_bytes = 6}, wire + "\r\n");
    ASSERT_TRUE(decoded.end);
    EXPECT_EQ(decoded.data, "onetwo");
}

}  // namespace
}  // namespace onput::auth
