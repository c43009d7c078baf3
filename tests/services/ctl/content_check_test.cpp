// What bytes have to be, by the entity tag and the checksums of their version.
#include "services/ctl/content_check.hpp"

#include <gtest/gtest.h>

#include "common/base/encoding.hpp"

namespace onput::ctl {
namespace {

using Faults = std::vector<std::string>;

std::string md5(std::string_view text) {
    return Digest::of(DigestAlgorithm::md5, text);
}
std::string crc32(std::string_view text) {
    return Digest::of(DigestAlgorithm::crc32, text);
}

schema::ObjectInfo object_of(std::uint64_t size_bytes, std::string etag) {
    schema::ObjectInfo object;
    object.size_bytes = size_bytes;
    object.etag = std::move(etag);
    return object;
}

// In pieces of that size.
Faults check(const schema::ObjectInfo& object, std::string_view bytes,
             std::vector<std::uint64_t> parts = {}, std::size_t piece = 3) {
    ContentCheck check(object, std::move(parts));
    for (std::size_t at = 0; at < bytes.size(); at += piece) check.update(bytes.substr(at, piece));
    return check.finish();
}

TEST(ContentCheck, an_entity_tag_is_the_md5_of_the_bytes) {
    const auto object = object_of(5, to_hex(md5("bytes")));
    EXPECT_EQ(check(object, "bytes"), Faults{});
    EXPECT_EQ(check(object, "bytez"), Faults{"its ETag is " + to_hex(md5("bytes")) +
                                             ", that of its bytes " + to_hex(md5("bytez"))});
    EXPECT_EQ(check(object, "byte").front(), "it has 4 bytes, not 5");
    EXPECT_EQ(check(object_of(0, to_hex(md5(""))), ""), Faults{});
}

TEST(ContentCheck, that_of_an_upload_is_made_of_its_parts) {
    const std::string tag = to_hex(md5(md5("bytes") + md5("") + md5("more"))) + "-3";
    for (const std::size_t piece : {1, 3, 5, 9, 100})
        EXPECT_EQ(check(object_of(9, tag), "bytesmore", {5, 0, 4}, piece), Faults{}) << piece;
    EXPECT_EQ(check(object_of(9, tag), "bytesmoRe", {5, 0, 4}).size(), 1u);
    EXPECT_EQ(check(object_of(9, tag), "bytesmore", {4, 1, 4}).size(), 1u);
    const std::string last_is_empty = to_hex(md5(md5("bytes") + md5(""))) + "-2";
    EXPECT_EQ(check(object_of(5, last_is_empty), "bytes", {5, 0}), Faults{});
}

TEST(ContentCheck, checksums_are_of_the_bytes_or_of_the_parts) {
    auto object = object_of(9, to_hex(md5(md5("bytes") + md5("more"))) + "-2");
    object.checksums = {{.algorithm = "CRC32", .value = to_base64(crc32("bytesmore"))}};
    EXPECT_EQ(check(object, "bytesmore", {5, 4}), Faults{});
    object.checksum_type = "COMPOSITE";
    EXPECT_EQ(check(object, "bytesmore", {5, 4}).size(), 1u);
    object.checksums.front().value = to_base64(crc32(crc32("bytes") + crc32("more"))) + "-2";
    EXPECT_EQ(check(object, "bytesmore", {5, 4}), Faults{});
    object.checksums.front().algorithm = "SHA256";
    EXPECT_EQ(check(object, "bytesmore", {5, 4}).size(), 1u);
    for (const auto& [name, algorithm] : std::vector<std::pair<std::string, DigestAlgorithm>>{
             {"CRC32C", DigestAlgorithm::crc32c},
             {"CRC64NVME", DigestAlgorithm::crc64nvme},
             {"SHA1", DigestAlgorithm::sha1}}) {
        auto one = object_of(5, to_hex(md5("bytes")));
        one.checksums = {{.algorithm = name, .value = to_base64(Digest::of(algorithm, "bytes"))}};
        EXPECT_EQ(check(one, "bytes"), Faults{}) << name;
        EXPECT_EQ(check(one, "bytez").size(), 2u) << name;
    }
}

TEST(ContentCheck, the_tag_of_what_kms_seals_says_nothing) {
    auto object = object_of(5, "0123456789abcdef0123456789abcdef");
    EXPECT_EQ(check(object, "bytes").size(), 1u);
    object.encryption = schema::encrypted_by_kms;
    EXPECT_EQ(check(object, "bytes"), Faults{});
    object.checksums = {{.algorithm = "CRC32", .value = to_base64(crc32("bytez"))}};
    EXPECT_EQ(check(object, "bytes").size(), 1u);
    object.etag = to_hex(md5("bytes"));
    object.encryption = schema::encrypted_by_service;
    object.checksums.clear();
    EXPECT_EQ(check(object, "bytes"), Faults{});
}

}  // namespace
}  // namespace onput::ctl
