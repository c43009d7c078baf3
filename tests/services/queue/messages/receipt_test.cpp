#include "services/queue/messages/receipt.hpp"

#include <gtest/gtest.h>

namespace onput::queue {
namespace {

const Receipt receipt{
    .queue = QueueNumber(3), .message = MessageNumber(1'000'001), .lease = LeaseId(77)};

TEST(Receipt, a_handle_says_what_it_was_made_of) {
    EXPECT_EQ(parse_receipt(format_receipt(receipt)), receipt);
}

TEST(Receipt, every_changed_character_is_noticed) {
    const std::string handle = format_receipt(receipt);
    for (std::size_t i = 0; i < handle.size(); ++i) {
        std::string damaged = handle;
        damaged[i] = damaged[i] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(parse_receipt(damaged)) << i;
    }
}

TEST(Receipt, garbage_is_no_receipt) {
    EXPECT_FALSE(parse_receipt(""));
    EXPECT_FALSE(parse_receipt("garbage"));
    EXPECT_FALSE(parse_receipt(std::string(32, '!')));
    EXPECT_FALSE(parse_receipt(std::string(32, 'A')));
    EXPECT_FALSE(parse_receipt(std::string(10'000, 'A')));
}

}  // namespace
}  // namespace onput::queue
