#include "common/store/blob_format.hpp"

#include <gtest/gtest.h>

#include "common/base/digest.hpp"
#include "common/store/store.hpp"

namespace onput::store {
namespace {

RecordPlate record() {
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
    EXPECT_EQ(decode_record_plate(encode_plate(record())), record());
    const SegmentPlate segment{.number = 1, .salt = ~std::uint64_t{0}};
    EXPECT_EQ(decode_segment_plate(encode_plate(segment)), segment);
    const FooterPlate footer{
        .id = 1, .data_bytes = 1ULL << 40, .partition_bytes = 2, .key_bytes = 3, .owner_crc = 4};
    EXPECT_EQ(decode_footer_plate(encode_plate(footer)), footer);
}

TEST(BlobFormat, a_plate_is_not_one_of_another_kind) {
    EXPECT_FALSE(decode_segment_plate(encode_plate(record())));
    EXPECT_FALSE(decode_footer_plate(encode_plate(record())));
    EXPECT_FALSE(decode_record_plate(encode_plate(SegmentPlate{.number = 1, .salt = 2})));
}

TEST(BlobFormat, any_changed_bit_is_seen) {
    const std::string good = encode_plate(record());
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
        std::string bad = good;
        bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
        EXPECT_FALSE(decode_record_plate(bad)) << bit;
    }
}

TEST(BlobFormat, zeros_and_short_bytes_are_no_plate) {
    EXPECT_FALSE(decode_record_plate(std::string(plate_bytes, '\0')));
    EXPECT_FALSE(decode_record_plate(encode_plate(record()).substr(0, plate_bytes - 1)));
    EXPECT_FALSE(decode_record_plate(""));
}

TEST(BlobFormat, lengths_beyond_our_limits_are_no_plate) {
    RecordPlate plate = record();
    plate.data_bytes = segment_blob_bytes_max + 1;
    EXPECT_FALSE(decode_record_plate(encode_plate(plate)));
    plate = record();
    plate.partition_bytes = partition_bytes_max + 1;
    EXPECT_FALSE(decode_record_plate(encode_plate(plate)));
    plate = record();
    plate.key_bytes = key_bytes_max + 1;
    EXPECT_FALSE(decode_record_plate(encode_plate(plate)));
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
    EXPECT_EQ(record_bytes(block_bytes - plate_bytes - 10, 10), block_bytes);
    EXPECT_EQ(record_bytes(block_bytes - plate_bytes - 10, 11), 2 * block_bytes);
}

}  // namespace
}  // namespace onput::store
