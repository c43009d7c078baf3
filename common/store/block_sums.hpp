// Checksums of a large blob: one CRC-32C, four bytes little-endian, of each 64 KiB of its data, the
// last block being what is left. A piece is verified by reading the blocks that it touches. Pure.
// Internal to store.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/store/blobs.hpp"

namespace onput::store {

inline constexpr std::uint64_t sum_block_bytes = 64ULL * 1024;
inline constexpr std::uint64_t sum_bytes = 4;

// The bytes that the sums of so much data take.
constexpr std::uint64_t sums_bytes(std::uint64_t data_bytes) {
    return (data_bytes / sum_block_bytes + (data_bytes % sum_block_bytes == 0 ? 0 : 1)) * sum_bytes;
}

// Collects the sums of data that comes in pieces.
class BlockSums {
public:
    void add(std::string_view data);
    // Of everything added, the unfinished last block included.
    [[nodiscard]] std::string encode() const;

private:
    std::string finished_;
    std::uint32_t sum_ = 0;     // Of the block that is being filled.
    std::uint64_t filled_ = 0;  // Bytes of it.
};

// The whole blocks around a piece, and where their sums are.
struct SummedPiece {
    BlobStore::Piece data;
    BlobStore::Piece sums;
};
SummedPiece blocks_around(BlobStore::Piece piece, std::uint64_t data_bytes);

// The first block, counted in `data`, that does not have its sum; nothing when all have.
std::optional<std::uint64_t> find_bad_block(std::string_view data, std::string_view sums);

}  // namespace onput::store
