#include "services/queue/messages/receipt.hpp"

#include <gtest/gtest.h>

namespace onput::queue {
namespace {

const Receipt receipt{
    .queue = QueueNumber(3), .message = MessageNumber(1'000'001), .lease = LeaseId(77)};

const std::string key(receipt_key_bytes, 'k');

TEST(Receipt, a_handle_says_what_it_was_made_of) {
    EXPECT_EQ(parse_receipt(format_receipt(receipt, key), key), receipt);
}

TEST(Receipt, every_changed_character_is_noticed) {
    const std::string handle = format_receipt(receipt, key);
    for (std::size_t i = 0; i < handle.size(); ++i) {
        std::string damaged = handle;
        damaged[i] = damaged[i] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(parse_receipt(damaged, key)) << i;
    }
}

// Whoever knows the format and all numbers can still not make one.
TEST(Receipt, a_handle_made_with_another_key_is_no_receipt) {
    std::string other = key;
    other.back() = 'x';
    EXPECT_FALSE(parse_receipt(format_receipt(receipt, other), key));
    EXPECT_FALSE(parse_receipt(format_receipt(receipt, ""), key));
}

TEST(Receipt, garbage_is_no_receipt) {
    EXPECT_FALSE(parse_receipt("", key));
    EXPECT_FALSE(parse_receipt("garbage", key));
    EXPECT_FALSE(parse_receipt(std::string(64, '!'), key));
    EXPECT_FALSE(parse_receipt(std::string(64, 'A'), key));
    EXPECT_FALSE(parse_receipt(std::string(10'000, 'A'), key));
}

}  // namespace
}  // namespace onput::queue
