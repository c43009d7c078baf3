// What the blob files contain. Internal to store. Numbers are little-endian.
//
//     segment:  | block 0: segment header, zeros | record | record | ... preallocated zeros |
//     record:   | record header | data | partition | key | zeros up to the next 4 KiB |
//     file:     | data | sums | partition | key | footer |
//
// A record has one checksum of its data. A file has one of each block of its data (block_sums.hpp),
// at a place that follows from the length of the data alone, so that a damaged footer does not make
// the data unreadable. Files of version 1 have no sums; they are still read.
//
// A header or footer is 64 bytes: magic, CRC-32C of the rest, seven numbers. Records start on 4
// KiB, so that a removed one can be punched out whole, no write touches a block that holds an
// older record, and the scan at start finds the next record behind a damaged one. The salt,
// random per segment and repeated in each of its records, keeps bytes that a client uploads from
// passing for a record.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/store/blobs.hpp"

namespace onput::store {

inline constexpr std::uint64_t block_bytes = 4096;
inline constexpr std::uint64_t header_bytes = 64;

struct SegmentHeader {
    std::uint64_t number = 0;
    std::uint64_t salt = 0;
    friend bool operator==(const SegmentHeader&, const SegmentHeader&) = default;
};

struct RecordHeader {
    std::uint64_t salt = 0;
    std::uint64_t segment = 0;
    std::uint64_t offset = 0;  // Of this header in the segment.
    std::uint64_t data_bytes = 0;
    std::uint32_t partition_bytes = 0;
    std::uint32_t key_bytes = 0;
    std::uint32_t data_crc = 0;
    std::uint32_t owner_crc = 0;
    friend bool operator==(const RecordHeader&, const RecordHeader&) = default;

    [[nodiscard]] std::uint64_t owner_offset() const { return offset + header_bytes + data_bytes; }
    [[nodiscard]] std::uint64_t owner_bytes() const {
        return std::uint64_t{partition_bytes} + key_bytes;
    }
};

struct BlobFooter {
    std::uint64_t id = 0;
    std::uint64_t data_bytes = 0;
    std::uint32_t partition_bytes = 0;
    std::uint32_t key_bytes = 0;
    std::uint32_t owner_crc = 0;
    bool has_sums = true;  // False: version 1.
    friend bool operator==(const BlobFooter&, const BlobFooter&) = default;

    [[nodiscard]] std::uint64_t owner_bytes() const {
        return std::uint64_t{partition_bytes} + key_bytes;
    }
    // Of the owner in the file.
    [[nodiscard]] std::uint64_t owner_offset() const;
};

std::string encode(const SegmentHeader& header);
std::string encode(const RecordHeader& header);
std::string encode(const BlobFooter& footer);

// Nothing when the first 64 bytes are not such a header, undamaged, with lengths within our limits.
std::optional<SegmentHeader> decode_segment_header(std::string_view bytes);
std::optional<RecordHeader> decode_record_header(std::string_view bytes);
std::optional<BlobFooter> decode_footer(std::string_view bytes);

// The bytes after the data: partition and key, without a separator.
std::string encode_owner(const Owner& owner);
// Nothing when the checksum differs.
std::optional<Owner> decode_owner(std::string_view bytes, std::uint64_t partition_bytes,
                                  std::uint32_t owner_crc);

// The bytes that a record of such a blob takes in its segment.
std::uint64_t record_bytes(std::uint64_t data_bytes, std::uint64_t owner_bytes);

}  // namespace onput::store
