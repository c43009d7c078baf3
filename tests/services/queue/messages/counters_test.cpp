#include "services/queue/messages/counters.hpp"

#include <gtest/gtest.h>

namespace onput::queue {
namespace {

CountersRecord last_reservation(const store::Batch& batch) {
    return *schema::decode<CountersRecord>(*batch.changes().back().value);
}

TEST(Counters, ids_start_at_one_and_rise) {
    Counters counters;
    store::Batch batch("queue");
    EXPECT_EQ(counters.next_message(batch), MessageNumber(1));
    EXPECT_EQ(counters.next_message(batch), MessageNumber(2));
    EXPECT_EQ(counters.next_lease(batch), LeaseId(1));
    EXPECT_EQ(counters.next_queue(batch), QueueNumber(1));
}

TEST(Counters, a_restart_gives_no_id_again) {
    Counters counters;
    store::Batch batch("queue");
    const MessageNumber message = counters.next_message(batch);
    const LeaseId lease = counters.next_lease(batch);
    const QueueNumber queue = counters.next_queue(batch);

    Counters restarted;
    restarted.restore(last_reservation(batch));
    EXPECT_GT(restarted.next_message(batch), message);
    EXPECT_GT(restarted.next_lease(batch), lease);
    EXPECT_GT(restarted.next_queue(batch), queue);
}

TEST(Counters, the_key_of_receipts_is_the_stores_once_it_has_one) {
    Counters counters("first");
    store::Batch batch("queue");
    counters.next_lease(batch);
    Counters restarted("second");
    restarted.restore(last_reservation(batch));
    EXPECT_EQ(restarted.receipt_key(), "first");
}

TEST(Counters, a_store_of_a_version_without_signed_receipts_gets_a_key) {
    Counters counters("fresh");
    counters.restore({.queues = 1, .messages = 2, .leases = 3, .receipt_key = {}});
    EXPECT_EQ(counters.receipt_key(), "fresh");
    store::Batch batch("queue");
    counters.next_lease(batch);
    EXPECT_EQ(last_reservation(batch).receipt_key, "fresh");
}

TEST(Counters, few_ids_write_a_row) {
    Counters counters;
    store::Batch batch("queue");
    for (int i = 0; i < 1000; ++i) counters.next_message(batch);
    EXPECT_EQ(batch.changes().size(), 1U);
}

}  // namespace
}  // namespace onput::queue
