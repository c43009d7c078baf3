// AES-256, in the two ways in which bytes at rest need it. Only the .cpp files of common/base know
// OpenSSL.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace onput {

inline constexpr std::size_t cipher_key_bytes = 32;
inline constexpr std::size_t cipher_nonce_bytes = 12;

// What a key encrypts under one nonce ends here: the counter of blocks has 32 bits.
inline constexpr std::uint64_t keystream_bytes_max = (1ULL << 32) * 16;

// AES-256-GCM: "nonce, ciphertext, tag". `context` is authenticated with it: what was sealed for
// one place does not open at another. A key must not see a nonce twice.
std::string seal(std::string_view key, std::string_view nonce, std::string_view context,
                 std::string_view plain);
// Nothing when the key or the context is another one, or the bytes are damaged.
std::optional<std::string> unseal(std::string_view key, std::string_view context,
                                  std::string_view sealed);

// AES-256-CTR over `bytes`, which lie at `offset` of all that the key encrypts under this nonce;
// once more gives them back. It keeps the length and says nothing of damage.
void apply_keystream(std::string_view key, std::string_view nonce, std::uint64_t offset,
                     std::string& bytes);

}  // namespace onput
