#include "services/queue/messages/record_cache.hpp"

#include <gtest/gtest.h>

namespace onput::queue {
namespace {

MessageRecord record_of(std::size_t body_bytes) {
    MessageRecord record;
    record.body = std::string(body_bytes, 'x');
    return record;
}

TEST(RecordCache, a_record_is_taken_once) {
    RecordCache cache(1 << 20);
    cache.put(MessageNumber(1), record_of(10));
    EXPECT_EQ(cache.take(MessageNumber(1))->body.size(), 10U);
    EXPECT_FALSE(cache.take(MessageNumber(1)));
    EXPECT_EQ(cache.bytes(), 0U);
}

TEST(RecordCache, the_oldest_go_first_when_it_is_full) {
    RecordCache cache(10'000);
    for (std::uint64_t n = 1; n <= 20; ++n) cache.put(MessageNumber(n), record_of(1000));
    cache.trim();
    EXPECT_LE(cache.bytes(), 10'000U);
    EXPECT_FALSE(cache.contains(MessageNumber(1)));
    EXPECT_TRUE(cache.contains(MessageNumber(20)));
}

TEST(RecordCache, nothing_goes_before_trim) {
    RecordCache cache(100);
    cache.put(MessageNumber(1), record_of(1000));
    EXPECT_TRUE(cache.contains(MessageNumber(1)));
    cache.trim();
    EXPECT_FALSE(cache.contains(MessageNumber(1)));
}

TEST(RecordCache, one_that_nobody_takes_does_not_keep_the_order_of_others_growing) {
    RecordCache cache(1 << 20);
    cache.put(MessageNumber(1), record_of(10));
    for (std::uint64_t n = 2; n < 10'000; ++n) {
        cache.put(MessageNumber(n), record_of(10));
        EXPECT_TRUE(cache.take(MessageNumber(n)));
    }
    EXPECT_TRUE(cache.contains(MessageNumber(1)));
}

}  // namespace
}  // namespace onput::queue
