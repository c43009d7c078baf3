#include "common/store/block_sums.hpp"

#include <gtest/gtest.h>

namespace onput::store {
namespace {

std::string data_of(std::size_t bytes) {
    std::string data(bytes, '\0');
    for (std::size_t i = 0; i < bytes; ++i) data[i] = static_cast<char>(i * 31 + i / 251);
    return data;
}

TEST(BlockSums, do_not_depend_on_how_the_data_came) {
    const std::string data = data_of(3 * sum_block_bytes + 17);
    BlockSums whole;
    whole.add(data);
    for (const std::size_t piece : {1000UL, sum_block_bytes - 1, sum_block_bytes, data.size()}) {
        BlockSums pieces;
        for (std::size_t at = 0; at < data.size(); at += piece) {
            pieces.add(std::string_view(data).substr(at, piece));
        }
        EXPECT_EQ(pieces.encode(), whole.encode()) << piece;
    }
    EXPECT_EQ(whole.encode().size(), sums_bytes(data.size()));
}

TEST(BlockSums, no_data_has_no_sums) {
    EXPECT_EQ(BlockSums().encode(), "");
    EXPECT_EQ(sums_bytes(0), 0U);
    EXPECT_FALSE(find_bad_block("", ""));
}

TEST(BlockSums, the_first_bad_block_is_found) {
    std::string data = data_of(3 * sum_block_bytes + 17);
    BlockSums sums;
    sums.add(data);
    const std::string good = sums.encode();
    EXPECT_FALSE(find_bad_block(data, good));
    data.back() = static_cast<char>(data.back() ^ 1);
    EXPECT_EQ(find_bad_block(data, good), 3U);
    data[sum_block_bytes] = static_cast<char>(data[sum_block_bytes] ^ 0x80);
    EXPECT_EQ(find_bad_block(data, good), 1U);
}

TEST(BlockSums, missing_sums_are_bad) {
    EXPECT_EQ(find_bad_block("data", ""), 0U);
    EXPECT_EQ(find_bad_block("data", "abc"), 0U);
}

TEST(BlockSums, a_piece_needs_the_blocks_that_it_touches) {
    const std::uint64_t bytes = 3 * sum_block_bytes + 17;
    const auto last = blocks_around({.offset = 3 * sum_block_bytes + 1, .length = 2}, bytes);
    EXPECT_EQ(last.data.offset, 3 * sum_block_bytes);
    EXPECT_EQ(last.data.length, 17U);
    EXPECT_EQ(last.sums.offset, bytes + 3 * sum_bytes);
    EXPECT_EQ(last.sums.length, sum_bytes);
    const auto two = blocks_around({.offset = sum_block_bytes - 1, .length = 2}, bytes);
    EXPECT_EQ(two.data.offset, 0U);
    EXPECT_EQ(two.data.length, 2 * sum_block_bytes);
    EXPECT_EQ(two.sums.length, 2 * sum_bytes);
    const auto none = blocks_around({.offset = bytes, .length = 0}, bytes);
    EXPECT_EQ(none.data.length, 0U);
    EXPECT_EQ(none.sums.length, 0U);
}

}  // namespace
}  // namespace onput::store
