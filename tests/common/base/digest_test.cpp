#include "common/base/digest.hpp"

#include <gtest/gtest.h>

#include "common/base/encoding.hpp"

namespace onput {
namespace {

std::string hex_of(DigestAlgorithm algorithm, std::string_view bytes) {
    return to_hex(Digest::of(algorithm, bytes));
}

// The check values of each algorithm's own definition.
TEST(Digest, known_answers) {
    EXPECT_EQ(hex_of(DigestAlgorithm::md5, "abc"), "900150983cd24fb0d6963f7d28e17f72");
    EXPECT_EQ(hex_of(DigestAlgorithm::sha1, "abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
    EXPECT_EQ(hex_of(DigestAlgorithm::sha256, "abc"),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(hex_of(DigestAlgorithm::crc32, "123456789"), "cbf43926");
    EXPECT_EQ(hex_of(DigestAlgorithm::crc32c, "123456789"), "e3069283");
    EXPECT_EQ(hex_of(DigestAlgorithm::crc64nvme, "123456789"), "ae8b14860a799888");
}

TEST(Digest, of_nothing) {
    EXPECT_EQ(hex_of(DigestAlgorithm::md5, ""), "d41d8cd98f00b204e9800998ecf8427e");
    EXPECT_EQ(hex_of(DigestAlgorithm::sha256, ""),
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(hex_of(DigestAlgorithm::crc32, ""), "00000000");
    EXPECT_EQ(hex_of(DigestAlgorithm::crc64nvme, ""), "0000000000000000");
}

TEST(Digest, pieces_of_any_size_give_the_same_as_the_whole) {
    std::string bytes;
    for (int i = 0; i < 1000; ++i) bytes += static_cast<char>(i * 7);
    for (const DigestAlgorithm algorithm :
         {DigestAlgorithm::md5, DigestAlgorithm::sha1, DigestAlgorithm::sha256,
          DigestAlgorithm::crc32, DigestAlgorithm::crc32c, DigestAlgorithm::crc64nvme}) {
        for (const std::size_t piece : {1UL, 3UL, 8UL, 13UL, 999UL}) {
            Digest digest(algorithm);
            for (std::size_t at = 0; at < bytes.size(); at += piece) {
                digest.update(std::string_view(bytes).substr(at, piece));
            }
            EXPECT_EQ(digest.finish(), Digest::of(algorithm, bytes)) << piece;
        }
    }
}

TEST(Digest, a_moved_digest_goes_on_where_it_was) {
    Digest first(DigestAlgorithm::sha256);
    first.update("a");
    Digest second(std::move(first));
    second.update("bc");
    EXPECT_EQ(second.finish(), Digest::of(DigestAlgorithm::sha256, "abc"));
}

// RFC 4231 and RFC 2202, test case 2.
TEST(Hmac, known_answers) {
    EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(to_hex(hmac_sha1("Jefe", "what do ya want for nothing?")),
              "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
}

TEST(Hmac, a_key_longer_than_a_block_is_hashed_first) {
    EXPECT_EQ(to_hex(hmac_sha256(std::string(131, '\xaa'),
                                 "Test Using Larger Than Block-Size Key - Hash Key First")),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Hmac, an_empty_key_and_message_are_fine) {
    EXPECT_EQ(to_hex(hmac_sha256({}, {})),
              "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(Compare, equal_only_when_length_and_bytes_are) {
    EXPECT_TRUE(equal_constant_time("", ""));
    EXPECT_TRUE(equal_constant_time("abc", "abc"));
    EXPECT_FALSE(equal_constant_time("abc", "abd"));
    EXPECT_FALSE(equal_constant_time("abc", "ab"));
    EXPECT_FALSE(equal_constant_time("", "a"));
}

TEST(SecureRandom, gives_as_many_bytes_as_asked_and_not_the_same_twice) {
    EXPECT_EQ(secure_random_bytes(0).size(), 0U);
    EXPECT_EQ(secure_random_bytes(33).size(), 33U);
    EXPECT_NE(secure_random_bytes(32), secure_random_bytes(32));
}

TEST(Crc32c, can_be_continued_from_a_seed) {
    EXPECT_EQ(crc32c("123456789"), 0xe3069283U);
    EXPECT_EQ(crc32c("6789", crc32c("12345")), 0xe3069283U);
}

}  // namespace
}  // namespace onput
