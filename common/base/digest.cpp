#include "common/base/digest.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "common/base/check.hpp"
#include "common/base/crc.hpp"

namespace onput {
namespace {

// Fetched once: OpenSSL 3 looks an algorithm up by name at each implicit use.
const EVP_MD* fetch(DigestAlgorithm algorithm) {
    static EVP_MD* const md5 = EVP_MD_fetch(nullptr, "MD5", nullptr);
    static EVP_MD* const sha1 = EVP_MD_fetch(nullptr, "SHA1", nullptr);
    static EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    switch (algorithm) {
        case DigestAlgorithm::md5: return md5;
        case DigestAlgorithm::sha1: return sha1;
        case DigestAlgorithm::sha256: return sha256;
        default: return nullptr;
    }
}

template <typename T>
std::string big_endian(T value) {
    std::string out(sizeof(T), '\0');
    for (std::size_t i = 0; i < sizeof(T); ++i) {
        out[sizeof(T) - 1 - i] = static_cast<char>((value >> (8 * i)) & 255);
    }
    return out;
}

std::string hmac(const EVP_MD* digest, std::string_view key, std::string_view message) {
    // OpenSSL takes a null key for a missing one, and an empty view may point nowhere.
    if (key.empty()) key = "";
    std::string out(EVP_MAX_MD_SIZE, '\0');
    unsigned length = 0;
    const auto* result =
        HMAC(digest, key.data(), static_cast<int>(key.size()),
             reinterpret_cast<const unsigned char*>(message.data()), message.size(),
             reinterpret_cast<unsigned char*>(out.data()), &length);
    ONPUT_CHECK(result != nullptr);
    out.resize(length);
    return out;
}

}  // namespace

struct Digest::State {
    DigestAlgorithm algorithm;
    EVP_MD_CTX* context = nullptr;  // For the hashes; null for the CRCs.
    std::uint64_t crc = 0;
    ~State() { EVP_MD_CTX_free(context); }
};

Digest::Digest(DigestAlgorithm algorithm)
    : state_(std::make_unique<State>(State{.algorithm = algorithm})) {
    if (const EVP_MD* digest = fetch(algorithm)) {
        state_->context = EVP_MD_CTX_new();
        ONPUT_CHECK(EVP_DigestInit_ex2(state_->context, digest, nullptr) == 1);
    }
}
Digest::~Digest() = default;
Digest::Digest(Digest&&) noexcept = default;
Digest& Digest::operator=(Digest&&) noexcept = default;

void Digest::update(std::string_view bytes) {
    switch (state_->algorithm) {
        case DigestAlgorithm::crc32:
            state_->crc = detail::Crc32::update(static_cast<std::uint32_t>(state_->crc), bytes);
            return;
        case DigestAlgorithm::crc32c:
            state_->crc = detail::Crc32c::update(static_cast<std::uint32_t>(state_->crc), bytes);
            return;
        case DigestAlgorithm::crc64nvme:
            state_->crc = detail::Crc64Nvme::update(state_->crc, bytes);
            return;
        default: ONPUT_CHECK(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1);
    }
}

std::string Digest::finish() {
    switch (state_->algorithm) {
        case DigestAlgorithm::crc32:
        case DigestAlgorithm::crc32c: return big_endian(static_cast<std::uint32_t>(state_->crc));
        case DigestAlgorithm::crc64nvme: return big_endian(state_->crc);
        default: break;
    }
    std::string out(EVP_MAX_MD_SIZE, '\0');
    unsigned length = 0;
    ONPUT_CHECK(EVP_DigestFinal_ex(state_->context, reinterpret_cast<unsigned char*>(out.data()),
                                   &length) == 1);
    out.resize(length);
    return out;
}

std::string Digest::of(DigestAlgorithm algorithm, std::string_view bytes) {
    Digest digest(algorithm);
    digest.update(bytes);
    return digest.finish();
}

std::string hmac_sha256(std::string_view key, std::string_view message) {
    return hmac(EVP_sha256(), key, message);
}

std::string hmac_sha1(std::string_view key, std::string_view message) {
    return hmac(EVP_sha1(), key, message);
}

bool equal_constant_time(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string secure_random_bytes(std::size_t count) {
    std::string out(count, '\0');
    ONPUT_CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(count)) ==
                1);
    return out;
}

std::uint32_t crc32c(std::string_view bytes, std::uint32_t seed) {
    return detail::Crc32c::update(seed, bytes);
}

}  // namespace onput
