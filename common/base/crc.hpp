// The three CRCs of S3: by carry-less multiplication where the processor has it (crc_fold.hpp),
// else, and for short input, sliced by eight. Internal to base: use Digest.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

#include "common/base/crc_fold.hpp"

namespace onput::detail {

// Reflected CRC of width T with the given reversed polynomial.
template <typename T, T polynomial>
class Crc {
public:
    // `crc`: of the bytes before, 0 when there are none.
    static T update(T crc, std::string_view bytes) {
        T state = static_cast<T>(~crc);
        if (bytes.size() >= crc_fold_min && CrcFold<T, polynomial>::is_here()) {
            const auto folded = CrcFold<T, polynomial>::fold(state, bytes);
            state = by_tables(0, {folded.data(), folded.size()});
        }
        return static_cast<T>(~by_tables(state, bytes));
    }
    // The same without multiplication.
    static T update_by_tables(T crc, std::string_view bytes) {
        return static_cast<T>(~by_tables(static_cast<T>(~crc), bytes));
    }

private:
    static T by_tables(T state, std::string_view bytes) {
        const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
        std::size_t size = bytes.size();
        for (; size >= 8; size -= 8, data += 8) {
            state = sliced(load(data) ^ state, std::make_index_sequence<8>());
        }
        for (; size > 0; --size, ++data) {
            state = static_cast<T>(tables[0][(state ^ *data) & 255] ^ (state >> 8));
        }
        return state;
    }

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
