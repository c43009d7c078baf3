#include <gtest/gtest.h>

#include "tests/services/queue/station.hpp"

namespace onput::queue {
namespace {

constexpr const char* queue_arn = "arn:aws:sqs:us-east-1:000000000000:q";
constexpr const char* bucket_arn = "arn:aws:s3:::photos";
constexpr const char* policy_of_photos =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow",)"
    R"("Principal":{"Service":"s3.amazonaws.com"},"Action":"sqs:SendMessage",)"
    R"("Resource":"arn:aws:sqs:us-east-1:000000000000:q",)"
    R"("Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:s3:::photos"}}}]})";

class DeliveriesTest : public testing::Test {
protected:
    void SetUp() override { station.create_queue("q", {{"Policy", policy_of_photos}}); }

    static schema::DeliverItem item(std::uint64_t number, const std::string& body = "event") {
        schema::DeliverItem made;
        made.number = number;
        made.message_id = "m" + std::to_string(number);
        made.event_id = "e" + std::to_string(number);
        made.body = body;
        made.source_arn = bucket_arn;
        made.source_account = test_account;
        made.trace = {.trace_id = "t1", .cause_event_id = "e0", .depth = 2};
        return made;
    }
    static schema::Deliver delivery(std::vector<schema::DeliverItem> items) {
        return {.source = "journal-1",
                .service = "s3.amazonaws.com",
                .destination_arn = queue_arn,
                .items = std::move(items)};
    }
    std::string authorize(const std::string& arn, const std::string& source_arn = bucket_arn,
                          const std::string& account = test_account) {
        const auto answer = station.ask(schema::AuthorizeDelivery{.destination_arn = arn,
                                                                  .service = "s3.amazonaws.com",
                                                                  .source_arn = source_arn,
                                                                  .source_account = account});
        return answer ? "yes" : answer.error().reason;
    }

    Station station;
};

TEST_F(DeliveriesTest, a_queue_takes_from_whom_its_policy_allows) {
    EXPECT_EQ(authorize(queue_arn), "yes");
    EXPECT_EQ(authorize(queue_arn, "arn:aws:s3:::other"), "AccessDenied");
    EXPECT_EQ(authorize("arn:aws:sqs:us-east-1:000000000000:none"), "QueueDoesNotExist");
    EXPECT_EQ(authorize("arn:aws:sqs:eu-west-1:000000000000:q"), "QueueDoesNotExist");
    EXPECT_EQ(authorize("nonsense"), "QueueDoesNotExist");
}

TEST_F(DeliveriesTest, a_queue_without_a_policy_takes_from_no_service) {
    station.create_queue("closed");
    EXPECT_EQ(authorize("arn:aws:sqs:us-east-1:000000000000:closed"), "AccessDenied");
}

TEST_F(DeliveriesTest, a_function_takes_from_its_own_account) {
    schema::FunctionInfo function;
    function.name = "speech";
    function.worker = "tts";
    const std::string arn = station.put_function(function).arn;
    EXPECT_EQ(authorize(arn), "yes");
    EXPECT_EQ(authorize(arn + ":$LATEST"), "yes");
    EXPECT_EQ(authorize(arn, bucket_arn, "111111111111"), "AccessDenied");
    EXPECT_EQ(authorize(arn + "s"), "ResourceNotFound");
}

TEST_F(DeliveriesTest, an_event_arrives_with_its_own_message_id) {
    auto traced = item(1);
    traced.trace_header = "Root=1-67891233-abcdef012345678912345678";
    const auto delivered = station.ask(delivery({traced, item(2)}));
    ASSERT_TRUE(delivered);
    EXPECT_EQ(delivered->through, 2U);
    const auto received = station.receive("q", 10);
    ASSERT_EQ(received.size(), 2U);
    EXPECT_EQ(received[0].message_id, "m1");
    EXPECT_EQ(received[1].message_id, "m2");
    EXPECT_EQ(received[0].trace_header, traced.trace_header);
    EXPECT_EQ(received[1].trace_header, "");
}

TEST_F(DeliveriesTest, a_repeated_delivery_adds_nothing) {
    station.ask(delivery({item(1), item(2)}));
    const auto again = station.ask(delivery({item(2), item(3)}));
    EXPECT_EQ(again->through, 3U);
    EXPECT_EQ(station.receive("q", 10).size(), 3U);
    station.restart();
    EXPECT_EQ(station.ask(delivery({item(1), item(2), item(3)}))->through, 3U);
    EXPECT_EQ(station.attribute("q", "ApproximateNumberOfMessages"), "0");
}

TEST_F(DeliveriesTest, of_a_batch_that_does_not_fit_the_first_ones_are_taken) {
    Station small({.messages_max = 2});
    small.create_queue("q", {{"Policy", policy_of_photos}});
    EXPECT_EQ(small.ask(delivery({item(1), item(2), item(3)}))->through, 2U);
    EXPECT_EQ(small.ask(delivery({item(3)})).error().reason, "OverLimit");
    // What was taken needs no room to be said again.
    EXPECT_EQ(small.ask(delivery({item(1), item(2)}))->through, 2U);
    for (const auto& message : small.receive("q", 10)) small.remove("q", message.receipt_handle);
    EXPECT_EQ(small.ask(delivery({item(3)}))->through, 3U);
}

TEST_F(DeliveriesTest, another_source_has_numbers_of_its_own) {
    station.ask(delivery({item(5)}));
    schema::Deliver other = delivery({item(1)});
    other.source = "journal-2";
    EXPECT_EQ(station.ask(other)->through, 1U);
    EXPECT_EQ(station.receive("q", 10).size(), 2U);
}

TEST_F(DeliveriesTest, what_the_policy_refuses_is_refused_for_good) {
    schema::DeliverItem foreign = item(2);
    foreign.source_arn = "arn:aws:s3:::other";
    const auto delivered = station.ask(delivery({item(1), foreign, item(3)}));
    EXPECT_EQ(delivered->through, 3U);
    ASSERT_EQ(delivered->refused.size(), 1U);
    EXPECT_EQ(delivered->refused[0].id, "e2");
    EXPECT_EQ(delivered->refused[0].error_reason, "AccessDenied");
    EXPECT_EQ(station.receive("q", 10).size(), 2U);
}

TEST_F(DeliveriesTest, a_refusal_whose_answer_was_lost_is_told_again) {
    schema::DeliverItem foreign = item(2);
    foreign.source_arn = "arn:aws:s3:::other";
    station.ask(delivery({item(1), foreign, item(3)}));
    station.restart();
    const auto again = station.ask(delivery({item(1), foreign, item(3), item(4)}));
    ASSERT_EQ(again->refused.size(), 1U);
    EXPECT_EQ(again->refused[0].id, "e2");
    EXPECT_EQ(again->refused[0].error_reason, "AccessDenied");
    // Whoever goes on has heard it.
    EXPECT_TRUE(station.ask(delivery({item(5)}))->refused.empty());
}

TEST_F(DeliveriesTest, a_queue_that_is_gone_takes_none) {
    station.ask(schema::DeleteQueue{.name = "q"});
    EXPECT_EQ(station.ask(delivery({item(1)})).error().reason, "QueueDoesNotExist");
}

TEST_F(DeliveriesTest, an_unsynced_delivery_is_taken_again_after_a_crash) {
    station.stop_syncing();
    station.ask(delivery({item(1)}));
    station.restart();
    station.ask(delivery({item(1)}));
    EXPECT_EQ(station.receive("q", 10).size(), 1U);
}

TEST_F(DeliveriesTest, the_story_of_a_delivered_event_is_told) {
    station.ask(delivery({item(1)}));
    const auto received = station.receive("q");
    station.remove("q", received[0].receipt_handle);
    EXPECT_EQ(
        station.story("t1"),
        "queued(message m1) leased(attempt 1 by a receive) removed(deleted by its receiver) ");
}

TEST_F(DeliveriesTest, a_source_name_has_a_bound) {
    schema::Deliver long_name = delivery({item(1)});
    long_name.source = std::string(store::key_bytes_max, 'x');
    EXPECT_EQ(station.ask(long_name).error().code, ErrorCode::invalid_argument);
}

TEST_F(DeliveriesTest, attributes_of_a_raw_message_are_the_messages_own) {
    auto raw = item(1);
    raw.attributes = {{"kind", {.data_type = "String", .value = "photo"}}};
    ASSERT_TRUE(station.ask(delivery({raw})));
    const auto received = station.receive("q");
    ASSERT_EQ(received.size(), 1U);
    EXPECT_EQ(received[0].attributes, raw.attributes);
}

TEST_F(DeliveriesTest, more_attributes_than_a_message_may_have_are_refused_for_good) {
    auto full = item(1);
    for (std::size_t i = 0; i < schema::message_attributes_max; ++i) {
        full.attributes["a" + std::to_string(i)] = {.data_type = "Number", .value = "1"};
    }
    auto overfull = full;
    overfull.number = 2;
    overfull.event_id = "e2";
    overfull.attributes["more"] = {.data_type = "Number", .value = "1"};
    const auto delivered = station.ask(delivery({full, overfull}));
    ASSERT_TRUE(delivered);
    EXPECT_EQ(delivered->through, 2U);
    ASSERT_EQ(delivered->refused.size(), 1U);
    EXPECT_EQ(delivered->refused[0].id, "e2");
    EXPECT_EQ(delivered->refused[0].error_reason, "InvalidParameterValue");
}

}  // namespace
}  // namespace onput::queue
