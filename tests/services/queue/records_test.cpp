#include "services/queue/records.hpp"

#include <gtest/gtest.h>

namespace onput::queue {
namespace {

TEST(Records, the_key_of_a_message_says_its_queue_number_and_time) {
    const MessageKey key{.queue = QueueNumber(7),
                         .message = MessageNumber(1'000'000'007),
                         .sent_at = from_micros(1'800'000'000'123'456)};
    EXPECT_EQ(parse_message_key(message_key(key)), key);
}

TEST(Records, keys_sort_by_number) {
    const auto key = [](std::uint64_t number) {
        return message_key({QueueNumber(1), MessageNumber(number), from_seconds(1)});
    };
    EXPECT_LT(key(255), key(256));
    EXPECT_LT(lease_key(QueueNumber(1), MessageNumber(255)),
              lease_key(QueueNumber(1), MessageNumber(256)));
    EXPECT_LT(job_key(255), job_key(256));
}

TEST(Records, foreign_keys_are_no_message_keys) {
    EXPECT_FALSE(parse_message_key("m"));
    EXPECT_FALSE(parse_message_key(lease_key(QueueNumber(1), MessageNumber(1))));
    EXPECT_FALSE(parse_lease_key(job_key(1)));
    EXPECT_FALSE(parse_job_key("j"));
}

TEST(Records, the_rows_of_a_queue_are_those_of_no_other) {
    const store::Range range = message_rows(QueueNumber(7), MessageNumber(0));
    const auto is_inside = [&](std::uint32_t queue) {
        const auto key = message_key({QueueNumber(queue), MessageNumber(5), from_seconds(1)});
        return range.from <= key && key < range.to;
    };
    EXPECT_FALSE(is_inside(6));
    EXPECT_TRUE(is_inside(7));
    EXPECT_FALSE(is_inside(8));
    EXPECT_EQ(message_rows(QueueNumber(UINT32_MAX), MessageNumber(0)).to, "n");
    EXPECT_EQ(lease_rows(QueueNumber(UINT32_MAX)).to, "m");
}

TEST(Records, every_record_survives_its_row) {
    MessageRecord message;
    message.message_id = "id";
    message.body = "body";
    message.attributes["a"] = {.data_type = "Binary", .value = std::string("\0\1", 2)};
    message.trace = {.trace_id = "t", .cause_event_id = "e", .depth = 3};
    message.is_logged = true;
    EXPECT_EQ(schema::decode<MessageRecord>(schema::encode(message)), message);

    const LeaseRecord lease{.visible_at = from_seconds(9),
                            .receive_count = 2,
                            .first_received_at = from_seconds(7),
                            .lease = 11,
                            .worker = "w",
                            .epoch = 3,
                            .is_logged = true,
                            .leased_at = from_seconds(8)};
    EXPECT_EQ(schema::decode<LeaseRecord>(schema::encode(lease)), lease);

    QueueRecord queue;
    queue.number = 4;
    queue.attributes["DelaySeconds"] = "3";
    EXPECT_EQ(schema::decode<QueueRecord>(schema::encode(queue)), queue);

    FunctionRecord function;
    function.number = 5;
    function.function.name = "speech";
    function.dead_lettered = 2;
    EXPECT_EQ(schema::decode<FunctionRecord>(schema::encode(function)), function);
}

}  // namespace
}  // namespace onput::queue
