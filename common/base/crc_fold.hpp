// A CRC by carry-less multiplication: sixty-four bytes a step instead of eight, on processors of
// x86-64 that have PCLMULQDQ. Internal to crc.hpp.
//
// Four lanes of 128 bits walk over the input. What a lane holds is, as a polynomial, moved by the
// distance to its next input (multiplied by x^512) and added to it; only the remainder matters, so
// each 64-bit half is multiplied by x^n mod P instead, 63 bits long at most:
//
//     lane = [ first 8 bytes | last 8 bytes ]          P of degree 32 or 64
//     next = first * (x^(512+64) mod P) + last * (x^512 mod P) + input
//
// At the end the lanes are folded into one, whose sixteen bytes have the CRC of all that was read.
// The CRCs of S3 are reflected: bit i of a word is the coefficient of x^(63-i). A product of two
// such words stands one bit too low, hence the exponents less one below.
// Method: V. Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ", Intel
// 2009.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace onput::detail {

// x^exponent mod P, reflected, in the word's upper bits. T and polynomial: as Crc has them.
template <typename T, T polynomial>
consteval std::uint64_t power_of_x(unsigned exponent) {
    constexpr unsigned width = 8 * sizeof(T);
    T value = T{1} << (width - 1);
    for (unsigned i = 0; i < exponent; ++i) {
        value = static_cast<T>((value >> 1) ^ ((value & 1) != 0 ? polynomial : 0));
    }
    return static_cast<std::uint64_t>(value) << (64 - width);
}

inline constexpr std::size_t crc_fold_bytes = 16;  // What CrcFold::fold leaves.
inline constexpr std::size_t crc_fold_min = 128;   // Shorter input is not worth it.

template <typename T, T polynomial>
class CrcFold {
public:
#if defined(__x86_64__)
    static bool is_here() {
        static const bool is =
            __builtin_cpu_supports("pclmul") != 0 && __builtin_cpu_supports("sse4.1") != 0;
        return is;
    }

    // Takes all whole sixteens of `bytes` (crc_fold_min at least) off them. The CRC of the result,
    // begun with 0, is that of what was taken, begun with `state`; both states without inversion.
    __attribute__((target("pclmul,sse4.1"))) static std::array<char, crc_fold_bytes> fold(
        T state, std::string_view& bytes) {
        const char* data = bytes.data();
        std::size_t size = bytes.size();
        __m128i a = load(data);
        __m128i b = load(data + 16);
        __m128i c = load(data + 32);
        __m128i d = load(data + 48);
        a = _mm_xor_si128(a, _mm_cvtsi64_si128(static_cast<long long>(std::uint64_t{state})));
        const __m128i by_512 = multipliers<512>();
        for (data += 64, size -= 64; size >= 64; data += 64, size -= 64) {
            a = _mm_xor_si128(moved(a, by_512), load(data));
            b = _mm_xor_si128(moved(b, by_512), load(data + 16));
            c = _mm_xor_si128(moved(c, by_512), load(data + 32));
            d = _mm_xor_si128(moved(d, by_512), load(data + 48));
        }
        const __m128i by_128 = multipliers<128>();
        b = _mm_xor_si128(moved(a, by_128), b);
        c = _mm_xor_si128(moved(b, by_128), c);
        d = _mm_xor_si128(moved(c, by_128), d);
        for (; size >= 16; data += 16, size -= 16) {
            d = _mm_xor_si128(moved(d, by_128), load(data));
        }
        bytes = {data, size};
        std::array<char, crc_fold_bytes> rest;
        std::memcpy(rest.data(), &d, sizeof(d));
        return rest;
    }

private:
    __attribute__((target("pclmul,sse4.1"))) static __m128i load(const char* data) {
        __m128i value;
        std::memcpy(&value, data, sizeof(value));
        return value;
    }
    template <unsigned bits>
    __attribute__((target("pclmul,sse4.1"))) static __m128i multipliers() {
        constexpr std::uint64_t first = power_of_x<T, polynomial>(bits + 64 - 1);
        constexpr std::uint64_t last = power_of_x<T, polynomial>(bits - 1);
        return _mm_set_epi64x(static_cast<long long>(last), static_cast<long long>(first));
    }
    __attribute__((target("pclmul,sse4.1"))) static __m128i moved(__m128i lane, __m128i by) {
        return _mm_xor_si128(_mm_clmulepi64_si128(lane, by, 0x00),
                             _mm_clmulepi64_si128(lane, by, 0x11));
    }
#else
    static constexpr bool is_here() { return false; }
    static std::array<char, crc_fold_bytes> fold(T, std::string_view&) { return {}; }
#endif
};

}  // namespace onput::detail
