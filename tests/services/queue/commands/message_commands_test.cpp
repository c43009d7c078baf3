#include <gtest/gtest.h>

#include "tests/services/queue/station.hpp"

namespace onput::queue {
namespace {

using namespace std::chrono_literals;

class MessageCommandsTest : public testing::Test {
protected:
    void SetUp() override { station.create_queue("q"); }

    schema::EntryResult send_entry(schema::SendEntry entry) {
        schema::SendMessages request{.name = "q"};
        request.entries.push_back(std::move(entry));
        return station.ask(request)->entries.at(0);
    }
    static schema::SendEntry entry(const std::string& body) {
        schema::SendEntry made;
        made.id = "1";
        made.body = body;
        return made;
    }
    void make_dead_letter_queue(int receives_max) {
        station.create_queue("dead");
        station.ask(schema::SetQueueAttributes{
            .name = "q",
            .attributes = {{"RedrivePolicy",
                            R"({"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead",)"
                            R"("maxReceiveCount":)" +
                                std::to_string(receives_max) + "}"}}});
    }

    Station station;
};

TEST_F(MessageCommandsTest, a_message_is_received_as_it_was_sent) {
    schema::SendEntry sent = entry("hello");
    sent.attributes["colour"] = {.data_type = "String", .value = "red"};
    sent.trace_header = "Root=1-2-3";
    sent.group_id = "g";
    const auto result = send_entry(sent);
    station.pass(5s);
    const auto received = station.receive("q");
    ASSERT_EQ(received.size(), 1U);
    EXPECT_EQ(received[0].message_id, result.message_id);
    EXPECT_EQ(received[0].body, "hello");
    EXPECT_EQ(received[0].attributes, sent.attributes);
    EXPECT_EQ(received[0].trace_header, "Root=1-2-3");
    EXPECT_EQ(received[0].group_id, "g");
    EXPECT_EQ(received[0].sender_id, "tester");
    EXPECT_EQ(received[0].receive_count, 1U);
    EXPECT_EQ(received[0].sent_at, station.now - 5s);
    EXPECT_EQ(received[0].first_received_at, station.now);
}

TEST_F(MessageCommandsTest, one_bad_entry_does_not_fail_the_others) {
    schema::SendMessages request{.name = "q"};
    request.entries = {entry("good"), entry(std::string(1, '\x01')), entry("fine")};
    const auto sent = station.ask(request);
    ASSERT_EQ(sent->entries.size(), 3U);
    EXPECT_EQ(sent->entries[0].error_reason, "");
    EXPECT_EQ(sent->entries[1].error_reason, "InvalidMessageContents");
    EXPECT_EQ(sent->entries[2].error_reason, "");
    EXPECT_EQ(station.receive("q", 10).size(), 2U);
}

TEST_F(MessageCommandsTest, a_message_has_at_most_ten_attributes) {
    schema::SendEntry sent = entry("hello");
    for (int i = 0; i < 11; ++i) {
        sent.attributes["a" + std::to_string(i)] = {.data_type = "String", .value = "x"};
    }
    EXPECT_EQ(send_entry(sent).error_reason, "InvalidParameterValue");
    sent.attributes.erase("a10");
    EXPECT_EQ(send_entry(sent).error_reason, "");
}

TEST_F(MessageCommandsTest, attributes_count_towards_the_size) {
    station.ask(
        schema::SetQueueAttributes{.name = "q", .attributes = {{"MaximumMessageSize", "1024"}}});
    EXPECT_EQ(send_entry(entry(std::string(1024, 'x'))).error_reason, "");
    schema::SendEntry sent = entry(std::string(1020, 'x'));
    sent.attributes["a"] = {.data_type = "String", .value = "x"};
    EXPECT_EQ(send_entry(sent).error_message,
              "One or more parameters are invalid. Reason: Message must be shorter than 1024 "
              "bytes.");
}

TEST_F(MessageCommandsTest, a_received_message_is_hidden_until_its_visibility_ends) {
    station.send("q", "a");
    const auto first = station.receive("q");
    EXPECT_TRUE(station.receive("q").empty());
    station.pass(29s);
    EXPECT_TRUE(station.receive("q").empty());
    station.pass(1s);
    const auto second = station.receive("q");
    ASSERT_EQ(second.size(), 1U);
    EXPECT_EQ(second[0].receive_count, 2U);
    EXPECT_NE(second[0].receipt_handle, first[0].receipt_handle);
    EXPECT_EQ(second[0].first_received_at, first[0].first_received_at);
}

TEST_F(MessageCommandsTest, a_delayed_message_is_received_after_its_delay) {
    schema::SendEntry sent = entry("later");
    sent.delay_s = 10;
    send_entry(sent);
    EXPECT_EQ(station.attribute("q", "ApproximateNumberOfMessagesDelayed"), "1");
    station.pass(9s);
    EXPECT_TRUE(station.receive("q").empty());
    station.pass(1s);
    EXPECT_EQ(station.receive("q").size(), 1U);
    sent.delay_s = 901;
    EXPECT_EQ(send_entry(sent).error_reason, "InvalidParameterValue");
}

TEST_F(MessageCommandsTest, a_delay_survives_a_restart) {
    schema::SendEntry sent = entry("later");
    sent.delay_s = 10;
    send_entry(sent);
    station.restart();
    EXPECT_TRUE(station.receive("q").empty());
    station.pass(10s);
    EXPECT_EQ(station.receive("q").size(), 1U);
}

TEST_F(MessageCommandsTest, a_deleted_message_never_comes_back) {
    station.send("q", "a");
    const auto received = station.receive("q");
    EXPECT_EQ(station.remove("q", received[0].receipt_handle).error_reason, "");
    station.restart();
    station.pass(60s);
    EXPECT_TRUE(station.receive("q").empty());
    EXPECT_EQ(station.remove("q", received[0].receipt_handle).error_reason, "");
}

TEST_F(MessageCommandsTest, an_old_receipt_still_deletes) {
    station.send("q", "a");
    const auto first = station.receive("q");
    station.pass(30s);
    ASSERT_EQ(station.receive("q").size(), 1U);
    EXPECT_EQ(station.remove("q", first[0].receipt_handle).error_reason, "");
    station.pass(60s);
    EXPECT_TRUE(station.receive("q").empty());
}

TEST_F(MessageCommandsTest, garbage_and_receipts_of_other_queues_are_invalid) {
    EXPECT_EQ(station.remove("q", "garbage").error_reason, "ReceiptHandleIsInvalid");
    EXPECT_EQ(station.change_visibility("q", "garbage", 1).error_reason, "ReceiptHandleIsInvalid");
    station.create_queue("other");
    station.send("other", "a");
    const auto received = station.receive("other");
    EXPECT_EQ(station.remove("q", received[0].receipt_handle).error_reason,
              "ReceiptHandleIsInvalid");
}

TEST_F(MessageCommandsTest, receive_counts_and_leases_survive_a_restart) {
    station.send("q", "a");
    const auto first = station.receive("q");
    station.restart();
    EXPECT_TRUE(station.receive("q").empty());
    station.pass(30s);
    const auto second = station.receive("q");
    ASSERT_EQ(second.size(), 1U);
    EXPECT_EQ(second[0].receive_count, 2U);
    EXPECT_EQ(second[0].first_received_at, first[0].first_received_at);
    EXPECT_EQ(station.remove("q", second[0].receipt_handle).error_reason, "");
}

TEST_F(MessageCommandsTest, visibility_zero_gives_a_message_back_at_once) {
    station.send("q", "a");
    const auto received = station.receive("q");
    EXPECT_EQ(station.change_visibility("q", received[0].receipt_handle, 0).error_reason, "");
    EXPECT_EQ(station.receive("q").size(), 1U);
}

TEST_F(MessageCommandsTest, an_older_receipt_can_only_give_a_message_back) {
    station.send("q", "a");
    const auto first = station.receive("q");
    station.pass(30s);
    ASSERT_EQ(station.receive("q").size(), 1U);
    // It does not lengthen what another receiver has.
    EXPECT_EQ(station.change_visibility("q", first[0].receipt_handle, 600).error_reason, "");
    EXPECT_EQ(station.change_visibility("q", first[0].receipt_handle, 0).error_reason, "");
    EXPECT_EQ(station.receive("q").size(), 1U);
}

TEST_F(MessageCommandsTest, an_older_receipt_takes_nothing_from_a_worker) {
    station.send("q", "a");
    const auto received = station.receive("q");
    TestWorker worker(station, "w", 1);
    worker.queues = {"q"};
    station.pass(30s);
    worker.hello();
    ASSERT_EQ(worker.look().size(), 1U);
    EXPECT_EQ(station.change_visibility("q", received[0].receipt_handle, 0).error_reason, "");
    EXPECT_EQ(station.attribute("q", "ApproximateNumberOfMessagesNotVisible"), "1");
}

TEST_F(MessageCommandsTest, a_receipt_that_was_never_given_is_invalid) {
    station.send("q", "a");
    const auto received = station.receive("q");
    const auto given = parse_receipt(received[0].receipt_handle, station.core().receipt_key());
    ASSERT_TRUE(given);
    EXPECT_EQ(station.remove("q", format_receipt(*given, "guessed")).error_reason,
              "ReceiptHandleIsInvalid");
    // One that was given is good after a restart, whatever the new process drew.
    station.restart();
    EXPECT_EQ(station.remove("q", received[0].receipt_handle).error_reason, "");
    station.pass(60s);
    EXPECT_TRUE(station.receive("q").empty());
}

TEST_F(MessageCommandsTest, a_longer_visibility_counts_from_the_change) {
    station.send("q", "a");
    const auto received = station.receive("q");
    station.pass(20s);
    EXPECT_EQ(station.change_visibility("q", received[0].receipt_handle, 60).error_reason, "");
    station.pass(59s);
    EXPECT_TRUE(station.receive("q").empty());
    station.pass(1s);
    EXPECT_EQ(station.receive("q").size(), 1U);
}

TEST_F(MessageCommandsTest, a_message_is_hidden_for_twelve_hours_at_most) {
    station.send("q", "a");
    const auto received = station.receive("q");
    const std::string& handle = received[0].receipt_handle;
    EXPECT_EQ(station.change_visibility("q", handle, 43'201).error_reason, "InvalidParameterValue");
    EXPECT_EQ(station.change_visibility("q", handle, 43'200).error_reason, "");
    station.pass(1s);
    EXPECT_EQ(station.change_visibility("q", handle, 43'200).error_reason, "InvalidParameterValue");
    EXPECT_EQ(station.change_visibility("q", handle, 43'199).error_reason, "");
}

TEST_F(MessageCommandsTest, an_ended_lease_changes_nothing_and_that_is_no_error) {
    station.send("q", "a");
    const auto received = station.receive("q");
    station.pass(30s);
    EXPECT_EQ(station.change_visibility("q", received[0].receipt_handle, 60).error_reason, "");
    EXPECT_EQ(station.receive("q").size(), 1U);
}

TEST_F(MessageCommandsTest, the_visibility_of_a_deleted_message_cannot_be_changed) {
    station.send("q", "a");
    const auto received = station.receive("q");
    station.remove("q", received[0].receipt_handle);
    EXPECT_EQ(station.change_visibility("q", received[0].receipt_handle, 1).error_reason,
              "InvalidParameterValue");
}

TEST_F(MessageCommandsTest, a_message_received_too_often_moves_to_the_dead_letters) {
    make_dead_letter_queue(2);
    const std::string message_id = station.send("q", "poison");
    const Timestamp sent_at = station.now;
    for (int i = 0; i < 2; ++i) {
        ASSERT_EQ(station.receive("q").size(), 1U);
        station.pass(30s);
    }
    EXPECT_TRUE(station.receive("q").empty());
    station.restart();
    EXPECT_TRUE(station.receive("q").empty());
    const auto dead = station.receive("dead");
    ASSERT_EQ(dead.size(), 1U);
    EXPECT_EQ(dead[0].message_id, message_id);
    EXPECT_EQ(dead[0].body, "poison");
    EXPECT_EQ(dead[0].sent_at, sent_at);
    EXPECT_EQ(dead[0].receive_count, 3U);
    EXPECT_EQ(dead[0].dead_letter_source_arn, "arn:aws:sqs:us-east-1:000000000000:q");
}

TEST_F(MessageCommandsTest, each_queue_of_a_dead_letter_chain_hands_a_message_out) {
    make_dead_letter_queue(2);
    station.create_queue("last");
    station.ask(schema::SetQueueAttributes{
        .name = "dead",
        .attributes = {{"RedrivePolicy",
                        R"({"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:last",)"
                        R"("maxReceiveCount":2})"}}});
    station.send("q", "poison");
    for (const char* queue : {"q", "dead"}) {
        for (int i = 0; i < 2; ++i) {
            ASSERT_EQ(station.receive(queue).size(), 1U) << queue << " " << i;
            station.pass(30s);
            // What its status says of the queue it is in survives a restart.
            station.restart();
        }
        EXPECT_TRUE(station.receive(queue).empty()) << queue;
    }
    const auto last = station.receive("last");
    ASSERT_EQ(last.size(), 1U);
    EXPECT_EQ(last[0].receive_count, 5U);
}

TEST_F(MessageCommandsTest, queues_that_are_each_other_s_dead_letter_queue_both_hand_out) {
    make_dead_letter_queue(1);
    station.ask(schema::SetQueueAttributes{
        .name = "dead",
        .attributes = {{"RedrivePolicy",
                        R"({"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:q",)"
                        R"("maxReceiveCount":1})"}}});
    station.send("q", "poison");
    for (int round = 0; round < 3; ++round) {
        for (const char* queue : {"q", "dead"}) {
            ASSERT_EQ(station.receive(queue).size(), 1U) << queue << " " << round;
            station.pass(30s);
            EXPECT_TRUE(station.receive(queue).empty()) << queue << " " << round;
        }
    }
    EXPECT_EQ(station.metric("onput_queue_all_messages"), 1);
}

TEST_F(MessageCommandsTest, a_lost_dead_letter_queue_keeps_messages_where_they_are) {
    make_dead_letter_queue(1);
    station.send("q", "poison");
    ASSERT_EQ(station.receive("q").size(), 1U);
    station.ask(schema::DeleteQueue{.name = "dead"});
    station.pass(30s);
    EXPECT_EQ(station.receive("q").size(), 1U);
}

TEST_F(MessageCommandsTest, a_message_outlives_its_retention_by_nothing) {
    station.ask(
        schema::SetQueueAttributes{.name = "q", .attributes = {{"MessageRetentionPeriod", "60"}}});
    station.send("q", "old");
    station.stop(60s);
    EXPECT_TRUE(station.receive("q").empty());
    station.send("q", "older");
    station.pass(200s);
    EXPECT_EQ(station.attribute("q", "ApproximateNumberOfMessages"), "0");
}

// What outlived its retention lies before what did not.
TEST_F(MessageCommandsTest, a_receive_gets_past_more_expired_messages_than_are_removed_at_once) {
    station.stop_checking();
    station.ask(
        schema::SetQueueAttributes{.name = "q", .attributes = {{"MessageRetentionPeriod", "60"}}});
    for (const std::uint32_t wait_ms : {0U, 20'000U}) {
        schema::SendMessages old{.name = "q"};
        for (std::size_t i = 0; i < 4 * expired_removed_at_once; ++i) {
            old.entries.emplace_back().body = "old";
        }
        ASSERT_TRUE(station.ask(old));
        station.stop(61s);
        station.send("q", "new");
        const WaitId wait = station.wait_for("q", wait_ms);
        station.pass(100ms);
        ASSERT_TRUE(station.answers.contains(wait)) << wait_ms;
        ASSERT_EQ(station.answers[wait].messages.size(), 1U) << wait_ms;
        EXPECT_EQ(station.answers[wait].messages[0].body, "new");
    }
}

TEST_F(MessageCommandsTest, a_long_poll_is_answered_by_the_first_message) {
    const WaitId first = station.wait_for("q", 20'000, "a", 10);
    const WaitId second = station.wait_for("q", 20'000, "b", 10);
    EXPECT_TRUE(station.answers.empty());
    station.send("q", "hello");
    ASSERT_TRUE(station.answers.contains(first));
    EXPECT_EQ(station.answers[first].messages.size(), 1U);
    EXPECT_FALSE(station.answers.contains(second));
    station.send("q", "again");
    EXPECT_EQ(station.answers[second].messages.size(), 1U);
}

TEST_F(MessageCommandsTest, a_long_poll_ends_empty_handed_at_its_time) {
    const WaitId wait = station.wait_for("q", 2'000);
    station.pass(1999ms);
    EXPECT_FALSE(station.answers.contains(wait));
    station.pass(1ms);
    ASSERT_TRUE(station.answers.contains(wait));
    EXPECT_TRUE(station.answers[wait].messages.empty());
}

TEST_F(MessageCommandsTest, a_long_poll_is_answered_when_a_lease_ends) {
    station.send("q", "a");
    ASSERT_EQ(station.receive("q").size(), 1U);
    station.pass(15s);
    const WaitId wait = station.wait_for("q", 20'000);
    station.pass(15s);
    ASSERT_TRUE(station.answers.contains(wait));
    EXPECT_EQ(station.answers[wait].messages[0].receive_count, 2U);
}

TEST_F(MessageCommandsTest, the_queues_own_wait_applies_when_none_is_asked_for) {
    station.ask(schema::SetQueueAttributes{.name = "q",
                                           .attributes = {{"ReceiveMessageWaitTimeSeconds", "3"}}});
    schema::ReceiveMessages request;
    request.name = "q";
    const auto wait = station.ask(request);
    EXPECT_FALSE(station.answers.contains(*wait));
    station.pass(3s);
    EXPECT_TRUE(station.answers.contains(*wait));
}

TEST_F(MessageCommandsTest, a_cancelled_receive_takes_no_message) {
    const WaitId wait = station.wait_for("q", 20'000, "gone");
    station.ask(schema::CancelReceive{.wait_id = "gone"});
    ASSERT_TRUE(station.answers.contains(wait));
    EXPECT_TRUE(station.answers[wait].messages.empty());
    station.send("q", "a");
    EXPECT_EQ(station.attribute("q", "ApproximateNumberOfMessages"), "1");
}

TEST_F(MessageCommandsTest, limits_of_a_receive_are_told_in_the_words_of_sqs) {
    schema::ReceiveMessages request;
    request.name = "q";
    request.messages_max = 11;
    EXPECT_EQ(station.ask(request).error().message,
              "Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 "
              "and 10, if provided.");
    request.messages_max = 10;
    request.wait_ms = 21'000;
    EXPECT_EQ(station.ask(request).error().message,
              "Value 21 for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, "
              "if provided.");
    request.wait_ms = 0;
    request.visibility_s = 43'201;
    EXPECT_EQ(station.ask(request).error().reason, "InvalidParameterValue");
}

TEST_F(MessageCommandsTest, one_receive_does_not_return_a_message_twice_though_it_is_not_hidden) {
    station.send("q", "a");
    schema::ReceiveMessages request;
    request.name = "q";
    request.messages_max = 10;
    request.wait_ms = 0;
    request.visibility_s = 0;
    const auto wait = station.ask(request);
    EXPECT_EQ(station.answers[*wait].messages.size(), 1U);
    EXPECT_EQ(station.receive("q").size(), 1U);
}

TEST_F(MessageCommandsTest, peeking_changes_nothing) {
    station.send("q", "a");
    const auto seen = station.ask(schema::PeekMessages{.name = "q"});
    ASSERT_EQ(seen->messages.size(), 1U);
    EXPECT_EQ(seen->messages[0].body, "a");
    EXPECT_EQ(seen->messages[0].receipt_handle, "");
    EXPECT_EQ(station.receive("q")[0].receive_count, 1U);
}

TEST_F(MessageCommandsTest, a_backlog_is_read_back_from_its_rows) {
    for (int i = 0; i < 200; ++i) station.send("q", "body " + std::to_string(i));
    station.restart();
    for (int i = 0; i < 200; i += 10) {
        const auto received = station.receive("q", 10);
        ASSERT_EQ(received.size(), 10U);
        EXPECT_EQ(received[0].body, "body " + std::to_string(i));
    }
}

}  // namespace
}  // namespace onput::queue
