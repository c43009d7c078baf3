// Checksums, hashes and HMACs. Only the .cpp files of common/base know OpenSSL.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace onput {

enum class DigestAlgorithm { md5, sha1, sha256, crc32, crc32c, crc64nvme };

// One running digest. Not thread-safe; movable, so a pool job may carry it.
class Digest {
public:
    explicit Digest(DigestAlgorithm algorithm);
    ~Digest();
    Digest(Digest&&) noexcept;
    Digest& operator=(Digest&&) noexcept;

    void update(std::string_view bytes);
    // The raw bytes (CRCs big-endian, as S3 sends them). Call once, last.
    std::string finish();

    // In one go.
    static std::string of(DigestAlgorithm algorithm, std::string_view bytes);

private:
    struct State;
    std::unique_ptr<State> state_;
};

std::string hmac_sha256(std::string_view key, std::string_view message);  // 32 raw bytes.
std::string hmac_sha1(std::string_view key, std::string_view message);    // 20 raw bytes.

// Compares in a time that depends on the lengths only.
bool equal_constant_time(std::string_view a, std::string_view b);

// `count` bytes from the cryptographic generator.
std::string secure_random_bytes(std::size_t count);

// CRC-32C (Castagnoli), also what store files use for their own records.
std::uint32_t crc32c(std::string_view bytes, std::uint32_t seed = 0);

}  // namespace onput
