#include "services/queue/messages/records.hpp"

#include <gtest/gtest.h>

namespace onput::queue {
namespace {

TEST(Records, the_key_of_a_message_says_its_queue_number_and_time) {
    const MessageKey key{.queue = QueueNumber(7),
                         .message = MessageNumber(1'000'000'007),
                         .sent_at = from_micros(1'800'000'000'123'456)};
    EXPECT_EQ(parse_message_key(message_key(key)), key);
}

TEST(Records, the_key_of_a_large_job_or_a_part_says_so_and_is_else_the_same) {
    MessageKey key{.queue = QueueNumber(7),
                   .message = MessageNumber(9),
                   .sent_at = from_seconds(5),
                   .size = JobSize::large};
    const std::string large = message_key(key);
    EXPECT_EQ(parse_message_key(large), key);
    key.size = JobSize::part;
    EXPECT_EQ(parse_message_key(message_key(key)), key);
    const std::string part = message_key(key);
    key.size = JobSize::small;
    EXPECT_EQ(large, message_key(key) + '\1');
    EXPECT_EQ(part, message_key(key) + '\2');
    EXPECT_FALSE(parse_message_key(message_key(key) + '\3'));
    EXPECT_FALSE(parse_message_key(large + '\1'));
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

// Records as they were before topics were told: their rows are still in stores.
struct OldFunctionInfo {
    static constexpr schema::MessageInfo info{.kind = schema::Kind::function_info};

    std::string account = "1";
    std::string name = "speech";
    std::string arn = "arn";
    std::string worker = "tts";
    std::map<std::string, std::string> environment{{"VOICE", "vi"}};
    std::uint32_t timeout_s = 7;
    std::uint32_t retries_max = 1;
    std::uint32_t retry_delay_s = 3;
    std::string dead_letter_arn = "dead";

    ONPUT_FIELDS(account, name, arn, worker, environment, timeout_s, retries_max, retry_delay_s,
                 dead_letter_arn)
};
struct OldFunctionRecord {
    static constexpr schema::MessageInfo info{.kind = schema::Kind::function_record};

    std::uint32_t number = 5;
    OldFunctionInfo function;
    std::uint64_t dead_lettered = 2;

    ONPUT_FIELDS(number, function, dead_lettered)
};
struct OldLeaseRecord {
    static constexpr schema::MessageInfo info{.kind = schema::Kind::lease_record};

    Timestamp visible_at = from_seconds(9);
    std::uint32_t receive_count = 2;
    Timestamp first_received_at = from_seconds(7);
    std::uint64_t lease = 11;
    std::string worker = "w";
    std::uint64_t epoch = 3;
    bool is_logged = true;
    Timestamp leased_at = from_seconds(8);
    std::uint32_t losses = 1;

    ONPUT_FIELDS(visible_at, receive_count, first_received_at, lease, worker, epoch, is_logged,
                 leased_at, losses)
};

TEST(Records, a_function_s_row_has_an_end_and_may_shrink_from_beyond_it) {
    const auto with = [](std::size_t bytes) {
        FunctionRecord record;
        record.policies[""].statements["a"] = std::string(bytes, 'x');
        return record;
    };
    const FunctionRecord small = with(0);
    const std::size_t fits = function_record_bytes_max - schema::encode(small).size() - 16;
    EXPECT_TRUE(check_room(with(fits), small));
    EXPECT_EQ(check_room(with(fits + 32), small).error().reason, "OverLimit");
    const FunctionRecord huge = with(2 * function_record_bytes_max);
    EXPECT_TRUE(check_room(huge, huge));
    EXPECT_TRUE(check_room(with(2 * function_record_bytes_max - 1), huge));
    EXPECT_FALSE(check_room(with(2 * function_record_bytes_max + 1), huge));
}

TEST(Records, a_function_of_an_older_store_is_read) {
    const auto record = schema::decode<FunctionRecord>(schema::encode(OldFunctionRecord{}));
    ASSERT_TRUE(record);
    EXPECT_EQ(record->number, 5U);
    EXPECT_EQ(record->dead_lettered, 2U);
    EXPECT_EQ(record->function.dead_letter_arn, "dead");
    EXPECT_EQ(record->function.configuration, "");
    EXPECT_EQ(record->function.success_topic_arn, "");
    EXPECT_EQ(record->function.failure_topic_arn, "");
}

TEST(Records, a_lease_of_an_older_store_is_read) {
    const auto record = schema::decode<LeaseRecord>(schema::encode(OldLeaseRecord{}));
    ASSERT_TRUE(record);
    EXPECT_EQ(record->losses, 1U);
    EXPECT_FALSE(record->has_failure);
}

TEST(Records, the_outbox_is_a_table_of_its_own) {
    EXPECT_EQ(outbox_rows().key(1), std::string("e\0\0\0\0\0\0\0\1", 9));
    EXPECT_EQ(outbox_rows().partition, partition);
    EXPECT_LT(outbox_rows().key(UINT64_MAX), function_rows().from);
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
                            .leased_at = from_seconds(8),
                            .has_failure = true};
    EXPECT_EQ(schema::decode<LeaseRecord>(schema::encode(lease)), lease);

    const Failure failure{.code = "c", .message = "m", .disposition = "kept"};
    EXPECT_EQ(schema::decode<Failure>(schema::encode(failure)), failure);

    const OutboxRecord outbox{.source = "s", .relayed_through = 7};
    EXPECT_EQ(schema::decode<OutboxRecord>(schema::encode(outbox)), outbox);

    QueueRecord queue;
    queue.number = 4;
    queue.attributes["DelaySeconds"] = "3";
    EXPECT_EQ(schema::decode<QueueRecord>(schema::encode(queue)), queue);

    FunctionRecord function;
    function.number = 5;
    function.function.name = "speech";
    function.function.configuration = "{}";
    function.function.success_topic_arn = "good";
    function.function.failure_topic_arn = "bad";
    function.dead_lettered = 2;
    EXPECT_EQ(schema::decode<FunctionRecord>(schema::encode(function)), function);
}

}  // namespace
}  // namespace onput::queue
