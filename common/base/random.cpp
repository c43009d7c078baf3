#include "common/base/random.hpp"

#include <bit>
#include <sys/random.h>

#include "common/base/check.hpp"

namespace onput {
namespace {

std::uint64_t split_mix(std::uint64_t& state) {
    state += 0x9e3779b97f4a7c15;
    std::uint64_t z = state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

}  // namespace

Random::Random(std::uint64_t seed) : state_{} {
    for (auto& word : state_) word = split_mix(seed);
}

Random Random::from_system() {
    std::uint64_t seed = 0;
    ONPUT_CHECK(getrandom(&seed, sizeof seed, 0) == static_cast<ssize_t>(sizeof seed));
    return Random(seed);
}

// xoshiro256** by Blackman and Vigna (public domain).
std::uint64_t Random::next() {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
}

std::uint64_t Random::below(std::uint64_t bound) {
    ONPUT_CHECK(bound > 0);
    // The bias of a 64-bit remainder is below 2^-32 for every bound used here.
    return next() % bound;
}

std::string Random::hex(std::size_t digits) {
    static constexpr char alphabet[] = "0123456789abcdef";
    std::string text(digits, '0');
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < digits; ++i) {
        if (i % 16 == 0) bits = next();
        text[i] = alphabet[bits & 15];
        bits >>= 4;
    }
    return text;
}

std::string Random::uuid() {
    std::string text = hex(32);
    text[12] = '4';
    text[16] = "89ab"[next() & 3];
    return text.substr(0, 8) + '-' + text.substr(8, 4) + '-' + text.substr(12, 4) + '-' +
           text.substr(16, 4) + '-' + text.substr(20);
}

}  // namespace onput
