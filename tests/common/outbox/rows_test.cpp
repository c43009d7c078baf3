#include "common/outbox/rows.hpp"

#include <gtest/gtest.h>

#include "tests/support/memory_store.hpp"

namespace onput::outbox {
namespace {

const Rows rows{.partition = "p", .prefix = "e/"};

TEST(OutboxRows, a_key_is_the_prefix_and_eight_bytes) {
    EXPECT_EQ(rows.key(0x0102), std::string("e/\0\0\0\0\0\0\1\2", 10));
    EXPECT_LT(rows.key(255), rows.key(256));
}

TEST(OutboxRows, a_number_comes_back_from_its_key) {
    for (const std::uint64_t number : {0ULL, 1ULL, 255ULL, 0x8000'0000'0000'0001ULL}) {
        EXPECT_EQ(rows.number_of(rows.key(number)), number);
    }
}

TEST(OutboxRows, other_keys_are_corruption) {
    for (const char* key : {"", "e/1234567", "e/123456789", "f/12345678"}) {
        EXPECT_EQ(rows.number_of(key).error().code, ErrorCode::corruption) << key;
    }
}

TEST(OutboxRows, the_newest_row_is_found) {
    for (const std::uint64_t last : {7U, 8U, 9U, 100U, 777U}) {
        support::MemoryStore store;
        store::Batch batch{rows.partition};
        for (std::uint64_t number = 8; number <= last; ++number) batch.put(rows.key(number), "x");
        batch.put("f", "another table");
        ASSERT_TRUE(store.commit(std::move(batch)));
        EXPECT_EQ(find_last(store, rows, 7), last);
    }
}

}  // namespace
}  // namespace onput::outbox
