#include "services/storage/objects/records.hpp"

#include <gtest/gtest.h>

namespace onput::storage {
namespace {

TEST(Rows, numbers_order_as_their_rows_do) {
    EXPECT_LT(outbox_row(1), outbox_row(2));
    EXPECT_LT(outbox_row(255), outbox_row(256));
    EXPECT_LT(trash_row(0xffff'ffff), trash_row(0x1'0000'0000));
}

TEST(Rows, a_number_comes_back_from_its_row) {
    for (const std::uint64_t number : {0ULL, 1ULL, 255ULL, 0x8000'0000'0000'0001ULL}) {
        EXPECT_EQ(number_of(outbox_row(number)), number);
        EXPECT_EQ(outbox_rows().key(number), outbox_row(number));
        EXPECT_EQ(number_of(trash_row(number)), number);
    }
}

TEST(Rows, other_rows_have_no_number) {
    EXPECT_FALSE(number_of("o/bucket/k"));
    EXPECT_FALSE(number_of("e/1234567"));
    EXPECT_FALSE(number_of(""));
}

TEST(Sequencer, is_sixteen_upper_case_digits_and_comes_back) {
    EXPECT_EQ(sequencer_text(0xabcdef), "0000000000ABCDEF");
    EXPECT_EQ(sequencer_text(0), "0000000000000000");
    EXPECT_EQ(parse_sequencer(sequencer_text(0x0657A3C2B41F9001)), 0x0657A3C2B41F9001U);
    EXPECT_EQ(sequencer_text(~0ULL), "FFFFFFFFFFFFFFFF");
    EXPECT_FALSE(parse_sequencer("12"));
    EXPECT_FALSE(parse_sequencer("000000000000000G"));
}

}  // namespace
}  // namespace onput::storage
