#include "common/store/blob_format.hpp"

#include <gtest/gtest.h>

#include "common/base/digest.hpp"
#include "common/store/store.hpp"

namespace onput::store {
namespace {

RecordHeader record() {
    return {.salt = 1,
            .segment = 2,
            .offset = 4096,
            .data_bytes = 5,
            .partition_bytes = 6,
            .key_bytes = 7,
            .data_crc = 0xfffffffe,
            .owner_crc = 9};
}

TEST(BlobFormat, plates_are_read_back) {
    EXPECT_EQ(decode_record_header(encode(record())), record());
    const SegmentHeader segment{.number = 1, .salt = ~std::uint64_t{0}};
    EXPECT_EQ(decode_segment_header(encode(segment)), segment);
    const BlobFooter footer{
        .id = 1, .data_bytes = 1ULL << 40, .partition_bytes = 2, .key_bytes = 3, .owner_crc = 4};
    EXPECT_EQ(decode_footer(encode(footer)), footer);
    BlobFooter first_version = footer;
    first_version.has_sums = false;
    EXPECT_EQ(decode_footer(encode(first_version)), first_version);
}

TEST(BlobFormat, a_plate_is_not_one_of_another_kind) {
    EXPECT_FALSE(decode_segment_header(encode(record())));
    EXPECT_FALSE(decode_footer(encode(record())));
    EXPECT_FALSE(decode_record_header(encode(SegmentHeader{.number = 1, .salt = 2})));
}

TEST(BlobFormat, any_changed_bit_is_seen) {
    const std::string good = encode(record());
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
        std::string bad = good;
        bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
        EXPECT_FALSE(decode_record_header(bad)) << bit;
    }
}

TEST(BlobFormat, zeros_and_short_bytes_are_no_plate) {
    EXPECT_FALSE(decode_record_header(std::string(header_bytes, '\0')));
    EXPECT_FALSE(decode_record_header(encode(record()).substr(0, header_bytes - 1)));
    EXPECT_FALSE(decode_record_header(""));
}

TEST(BlobFormat, lengths_beyond_our_limits_are_no_plate) {
    RecordHeader header = record();
    header.data_bytes = segment_blob_bytes_max + 1;
    EXPECT_FALSE(decode_record_header(encode(header)));
    header = record();
    header.partition_bytes = partition_bytes_max + 1;
    EXPECT_FALSE(decode_record_header(encode(header)));
    header = record();
    header.key_bytes = key_bytes_max + 1;
    EXPECT_FALSE(decode_record_header(encode(header)));
}

TEST(BlobFormat, an_owner_is_read_back_when_its_checksum_fits) {
    const Owner owner{.partition = "p", .key = "key"};
    const std::string bytes = encode_owner(owner);
    EXPECT_EQ(decode_owner(bytes, 1, crc32c(bytes)), owner);
    EXPECT_FALSE(decode_owner(bytes, 1, crc32c(bytes) + 1));
    EXPECT_FALSE(decode_owner(bytes, 5, crc32c(bytes)));
}

TEST(BlobFormat, a_record_takes_whole_blocks) {
    EXPECT_EQ(record_bytes(0, 0), block_bytes);
    EXPECT_EQ(record_bytes(block_bytes - header_bytes - 10, 10), block_bytes);
    EXPECT_EQ(record_bytes(block_bytes - header_bytes - 10, 11), 2 * block_bytes);
}

}  // namespace
}  // namespace onput::store
