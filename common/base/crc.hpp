// The three CRCs of S3, sliced by eight. Internal to base: use Digest.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

namespace onput::detail {

// Reflected CRC of width T with the given reversed polynomial.
template <typename T, T polynomial>
class Crc {
public:
    static T update(T crc, std::string_view bytes) {
        const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
        std::size_t size = bytes.size();
        T state = static_cast<T>(~crc);
        for (; size >= 8; size -= 8, data += 8) {
            state = sliced(load(data) ^ state, std::make_index_sequence<8>());
        }
        for (; size > 0; --size, ++data) {
            state = static_cast<T>(tables[0][(state ^ *data) & 255] ^ (state >> 8));
        }
        return static_cast<T>(~state);
    }

private:
    static std::uint64_t load(const std::uint8_t* data) {
        std::uint64_t word = 0;
        std::memcpy(&word, data, sizeof(word));
        return std::endian::native == std::endian::little ? word : __builtin_bswap64(word);
    }

    // Written out, because compilers do not unroll a loop of eight by themselves.
    template <std::size_t... i>
    static T sliced(std::uint64_t word, std::index_sequence<i...> /*of the bytes*/) {
        return static_cast<T>((... ^ tables[7 - i][(word >> (8 * i)) & 255]));
    }

    static constexpr std::array<std::array<T, 256>, 8> make_tables() {
        std::array<std::array<T, 256>, 8> result{};
        for (unsigned i = 0; i < 256; ++i) {
            T value = i;
            for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) ? polynomial : 0);
            result[0][i] = value;
        }
        for (unsigned i = 0; i < 256; ++i) {
            for (unsigned slice = 1; slice < 8; ++slice) {
                const T before = result[slice - 1][i];
                result[slice][i] = (before >> 8) ^ result[0][before & 255];
            }
        }
        return result;
    }
    static constexpr std::array<std::array<T, 256>, 8> tables = make_tables();
};

using Crc32 = Crc<std::uint32_t, 0xedb88320U>;
using Crc32c = Crc<std::uint32_t, 0x82f63b78U>;
using Crc64Nvme = Crc<std::uint64_t, 0x9a6c9329ac4bc9b5ULL>;

}  // namespace onput::detail
