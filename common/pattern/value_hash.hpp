// Hashes by which EventMatcher finds candidates. Two values with one hash cost time and nothing
// else: every candidate is tested as a whole. Not for what crosses a process.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace onput::pattern {

constexpr std::uint64_t mix_hash(std::uint64_t hash) {
    hash ^= hash >> 32;
    hash *= 0x9e3779b97f4a7c15;
    return hash ^ (hash >> 29);
}

template <typename Word>
std::uint64_t load(const char* at) {
    Word word = 0;
    std::memcpy(&word, at, sizeof word);
    return word;
}

// All of at most eight bytes, in loads that overlap.
inline std::uint64_t load_short(const char* at, std::size_t bytes) {
    if (bytes >= 4) {
        return load<std::uint32_t>(at) | (load<std::uint32_t>(at + bytes - 4) << 32);
    }
    if (bytes >= 2) {
        return load<std::uint16_t>(at) | (load<std::uint16_t>(at + bytes - 2) << 16);
    }
    return bytes == 1 ? load<std::uint8_t>(at) : 0;
}

// Eight bytes at a time.
inline std::uint64_t hash_bytes(std::uint64_t seed, std::string_view bytes) {
    std::uint64_t hash = seed ^ (bytes.size() * 0xff51afd7ed558ccd);
    const char* at = bytes.data();
    std::size_t left = bytes.size();
    for (; left > 8; at += 8, left -= 8) hash = mix_hash(hash ^ load<std::uint64_t>(at));
    return mix_hash(hash ^ load_short(at, left));
}

// Byte by byte, so that every prefix has its own on the way.
constexpr std::uint64_t hash_byte(std::uint64_t hash, char byte) {
    return (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
}

}  // namespace onput::pattern
