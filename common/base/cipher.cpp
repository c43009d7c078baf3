#include "common/base/cipher.hpp"

#include <algorithm>
#include <array>
#include <memory>

#include <openssl/evp.h>

#include "common/base/check.hpp"

namespace onput {
namespace {

constexpr std::size_t block_bytes = 16;
constexpr std::size_t tag_bytes = 16;

struct FreeContext {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

// Fetched once: OpenSSL 3 looks an algorithm up by name at each implicit use.
const EVP_CIPHER* gcm() {
    static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
    return cipher;
}
const EVP_CIPHER* ctr() {
    static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-CTR", nullptr);
    return cipher;
}

const unsigned char* raw(std::string_view bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}
unsigned char* raw(std::string& bytes) {
    return reinterpret_cast<unsigned char*>(bytes.data());
}

}  // namespace

std::string seal(std::string_view key, std::string_view nonce, std::string_view context,
                 std::string_view plain) {
    ONPUT_CHECK(key.size() == cipher_key_bytes && nonce.size() == cipher_nonce_bytes);
    const Context cipher(EVP_CIPHER_CTX_new());
    std::string text(plain.size(), '\0');
    std::string tag(tag_bytes, '\0');
    int length = 0;
    const bool is_done =
        EVP_EncryptInit_ex2(cipher.get(), gcm(), raw(key), raw(nonce), nullptr) == 1 &&
        EVP_EncryptUpdate(cipher.get(), nullptr, &length, raw(context),
                          static_cast<int>(context.size())) == 1 &&
        EVP_EncryptUpdate(cipher.get(), raw(text), &length, raw(plain),
                          static_cast<int>(plain.size())) == 1 &&
        EVP_EncryptFinal_ex(cipher.get(), raw(text) + length, &length) == 1 &&
        EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_GET_TAG, tag_bytes, tag.data()) == 1;
    ONPUT_CHECK(is_done);
    return std::string(nonce) + text + tag;
}

std::optional<std::string> unseal(std::string_view key, std::string_view context,
                                  std::string_view sealed) {
    ONPUT_CHECK(key.size() == cipher_key_bytes);
    if (sealed.size() < cipher_nonce_bytes + tag_bytes) return {};
    const std::string_view nonce = sealed.substr(0, cipher_nonce_bytes);
    std::string tag(sealed.substr(sealed.size() - tag_bytes));
    const std::string_view text =
        sealed.substr(cipher_nonce_bytes, sealed.size() - cipher_nonce_bytes - tag_bytes);
    const Context cipher(EVP_CIPHER_CTX_new());
    std::string plain(text.size(), '\0');
    int length = 0;
    const bool is_read =
        EVP_DecryptInit_ex2(cipher.get(), gcm(), raw(key), raw(nonce), nullptr) == 1 &&
        EVP_DecryptUpdate(cipher.get(), nullptr, &length, raw(context),
                          static_cast<int>(context.size())) == 1 &&
        EVP_DecryptUpdate(cipher.get(), raw(plain), &length, raw(text),
                          static_cast<int>(text.size())) == 1 &&
        EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_SET_TAG, tag_bytes, tag.data()) == 1;
    ONPUT_CHECK(is_read);
    if (EVP_DecryptFinal_ex(cipher.get(), raw(plain) + length, &length) != 1) return {};
    return plain;
}

void apply_keystream(std::string_view key, std::string_view nonce, std::uint64_t offset,
                     std::string& bytes) {
    if (bytes.empty()) return;
    ONPUT_CHECK(key.size() == cipher_key_bytes && nonce.size() == cipher_nonce_bytes);
    ONPUT_CHECK(offset <= keystream_bytes_max && bytes.size() <= keystream_bytes_max - offset);
    // The counter that the block of the first byte has.
    std::array<unsigned char, block_bytes> counter{};
    nonce.copy(reinterpret_cast<char*>(counter.data()), cipher_nonce_bytes);
    const std::uint64_t block = offset / block_bytes;
    for (std::size_t i = 0; i < block_bytes - cipher_nonce_bytes; ++i)
        counter[block_bytes - 1 - i] = static_cast<unsigned char>((block >> (8 * i)) & 255);
    const Context cipher(EVP_CIPHER_CTX_new());
    ONPUT_CHECK(EVP_EncryptInit_ex2(cipher.get(), ctr(), raw(key), counter.data(), nullptr) == 1);
    // What the block has before it.
    std::array<unsigned char, block_bytes> skipped{};
    int length = 0;
    ONPUT_CHECK(EVP_EncryptUpdate(cipher.get(), skipped.data(), &length, skipped.data(),
                                  static_cast<int>(offset % block_bytes)) == 1);
    // OpenSSL counts in int.
    constexpr std::size_t step = 1U << 30;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
        const auto count = static_cast<int>(std::min(step, bytes.size() - at));
        ONPUT_CHECK(
            EVP_EncryptUpdate(cipher.get(), raw(bytes) + at, &length, raw(bytes) + at, count) == 1);
    }
}

}  // namespace onput
