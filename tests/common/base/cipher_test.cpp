#include "common/base/cipher.hpp"

#include <gtest/gtest.h>

#include "common/base/encoding.hpp"

namespace onput {
namespace {

std::string bytes_of(std::string_view hex) {
    return from_hex(hex).value();
}

const std::string key =
    bytes_of("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");

// NIST SP 800-38A, F.5.5: CTR-AES256.Encrypt. The counter's first 12 bytes are the nonce, and the
// example's begins at block 0xfcfdfeff.
TEST(Cipher, the_keystream_is_the_standards) {
    const std::string nonce = bytes_of("f0f1f2f3f4f5f6f7f8f9fafb");
    const std::uint64_t offset = 0xfcfdfeffULL * 16;
    std::string text = bytes_of(
        "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
        "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710");
    apply_keystream(key, nonce, offset, text);
    EXPECT_EQ(to_hex(text),
              "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5"
              "2b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6");
}

TEST(Cipher, a_range_is_the_same_as_in_the_whole) {
    const std::string nonce(cipher_nonce_bytes, 'n');
    std::string plain;
    for (int i = 0; i < 100; ++i) plain += static_cast<char>(i * 7);
    std::string whole = plain;
    apply_keystream(key, nonce, 0, whole);
    EXPECT_NE(whole, plain);
    for (std::size_t from = 0; from <= plain.size(); ++from) {
        std::string range = whole.substr(from, 33);
        apply_keystream(key, nonce, from, range);
        EXPECT_EQ(range, plain.substr(from, 33)) << from;
    }
    std::string last = "!";
    apply_keystream(key, nonce, keystream_bytes_max - 1, last);
    EXPECT_NE(last, "!");
}

// As of an empty object, which has nothing that a nonce was drawn for.
TEST(Cipher, no_bytes_need_no_nonce) {
    std::string nothing;
    apply_keystream("", "", 0, nothing);
    EXPECT_EQ(nothing, "");
}

TEST(Cipher, what_is_sealed_opens_with_its_key_and_context_alone) {
    const std::string nonce(cipher_nonce_bytes, 'n');
    const std::string sealed = seal(key, nonce, "photos/cat.jpg", "a secret");
    EXPECT_EQ(sealed.size(), nonce.size() + 8 + 16);
    EXPECT_EQ(unseal(key, "photos/cat.jpg", sealed), "a secret");
    EXPECT_EQ(unseal(key, "photos/dog.jpg", sealed), std::nullopt);
    EXPECT_EQ(unseal(std::string(cipher_key_bytes, 'x'), "photos/cat.jpg", sealed), std::nullopt);
    for (std::size_t i = 0; i < sealed.size(); ++i) {
        std::string damaged = sealed;
        damaged[i] ^= 1;
        EXPECT_EQ(unseal(key, "photos/cat.jpg", damaged), std::nullopt) << i;
        EXPECT_EQ(unseal(key, "photos/cat.jpg", sealed.substr(0, i)), std::nullopt) << i;
    }
    EXPECT_EQ(unseal(key, "", seal(key, nonce, "", "")), "");
}

}  // namespace
}  // namespace onput
