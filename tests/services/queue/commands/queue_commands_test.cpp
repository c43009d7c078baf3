#include <gtest/gtest.h>

#include "tests/services/queue/station.hpp"

namespace onput::queue {
namespace {

using namespace std::chrono_literals;

class QueueCommandsTest : public testing::Test {
protected:
    Station station;

    auto create(const std::string& name, Attributes attributes = {}) {
        return station.ask(schema::CreateQueue{.name = name, .attributes = std::move(attributes)});
    }
    auto set(const std::string& name, Attributes attributes) {
        return station.ask(
            schema::SetQueueAttributes{.name = name, .attributes = std::move(attributes)});
    }
    auto purge(const std::string& name) { return station.ask(schema::PurgeQueue{.name = name}); }
    static std::string redrive_to(const std::string& name, int receives_max = 3) {
        return R"({"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:)" + name +
               R"(","maxReceiveCount":)" + std::to_string(receives_max) + "}";
    }
};

TEST_F(QueueCommandsTest, a_new_queue_shows_all_its_attributes) {
    const auto info = create("q", {{"DelaySeconds", "5"}});
    ASSERT_TRUE(info);
    EXPECT_EQ(info->arn, "arn:aws:sqs:us-east-1:000000000000:q");
    EXPECT_EQ(info->attributes, (Attributes{{"ApproximateNumberOfMessages", "0"},
                                            {"ApproximateNumberOfMessagesNotVisible", "0"},
                                            {"ApproximateNumberOfMessagesDelayed", "0"},
                                            {"CreatedTimestamp", "1800000000"},
                                            {"LastModifiedTimestamp", "1800000000"},
                                            {"DelaySeconds", "5"},
                                            {"MaximumMessageSize", "1048576"},
                                            {"MessageRetentionPeriod", "345600"},
                                            {"QueueArn", "arn:aws:sqs:us-east-1:000000000000:q"},
                                            {"ReceiveMessageWaitTimeSeconds", "0"},
                                            {"SqsManagedSseEnabled", "true"},
                                            {"VisibilityTimeout", "30"}}));
}

TEST_F(QueueCommandsTest, creating_a_queue_again_with_the_same_values_succeeds) {
    EXPECT_TRUE(create("q", {{"DelaySeconds", "5"}}));
    EXPECT_TRUE(create("q", {{"DelaySeconds", "5"}}));
    EXPECT_TRUE(create("q"));
    EXPECT_TRUE(create("q", {{"VisibilityTimeout", "30"}}));
}

TEST_F(QueueCommandsTest, creating_a_queue_again_with_another_value_names_the_attribute) {
    create("q");
    const auto again = create("q", {{"VisibilityTimeout", "31"}});
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().reason, "QueueNameExists");
    EXPECT_EQ(again.error().message,
              "A queue already exists with the same name and a different value for attribute "
              "VisibilityTimeout");
}

TEST_F(QueueCommandsTest, a_fifo_queue_is_refused_and_nothing_is_stored) {
    EXPECT_EQ(create("q.fifo").error().reason, "UnsupportedOperation");
    EXPECT_EQ(create("q", {{"FifoQueue", "true"}}).error().reason, "UnsupportedOperation");
    EXPECT_EQ(station.store().row_count("queue"), 1U);  // The age clock.
}

TEST_F(QueueCommandsTest, a_dead_letter_queue_must_exist) {
    EXPECT_FALSE(create("q", {{"RedrivePolicy", redrive_to("dead")}}));
    station.create_queue("dead");
    EXPECT_TRUE(create("q", {{"RedrivePolicy", redrive_to("dead")}}));
    EXPECT_FALSE(create("self", {{"RedrivePolicy", redrive_to("self")}}));
}

TEST_F(QueueCommandsTest, a_dead_letter_queue_is_of_the_same_account) {
    station.create_queue("dead");
    const std::string stranger = "111111111111";
    const std::string reason =
        " for parameter RedrivePolicy is invalid. Reason: Dead-letter target owner should be same "
        "as the source.";
    // The same answer for a queue that there is and one that there is not.
    for (const std::string& target : {redrive_to("dead"), redrive_to("none")}) {
        const auto created = station.ask(
            schema::CreateQueue{.name = "q", .attributes = {{"RedrivePolicy", target}}}, stranger);
        ASSERT_FALSE(created);
        EXPECT_EQ(created.error().message, "Value " + target + reason);
    }
    ASSERT_TRUE(station.ask(schema::CreateQueue{.name = "q"}, stranger));
    const auto changed = station.ask(
        schema::SetQueueAttributes{.name = "q",
                                   .attributes = {{"RedrivePolicy", redrive_to("dead")}}},
        stranger);
    ASSERT_FALSE(changed);
    EXPECT_EQ(changed.error().message, "Value " + redrive_to("dead") + reason);
}

TEST_F(QueueCommandsTest, a_dead_letter_queue_is_of_the_same_region) {
    station.create_queue("dead");
    const std::string elsewhere =
        R"({"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:000000000000:dead","maxReceiveCount":3})";
    EXPECT_EQ(create("q", {{"RedrivePolicy", elsewhere}}).error().message,
              "Value " + elsewhere +
                  " for parameter RedrivePolicy is invalid. Reason: Dead letter target does not "
                  "exist.");
}

TEST_F(QueueCommandsTest, a_stored_dead_letter_queue_of_another_account_gets_nothing) {
    station.create_queue("dead");
    const std::string stranger = "111111111111";
    const QueueRecord stored{
        .number = 77,
        .account = stranger,
        .name = "q",
        .attributes = {{"VisibilityTimeout", "1"}, {"RedrivePolicy", redrive_to("dead", 1)}}};
    store::Batch batch{std::string(partition)};
    batch.put(queue_key(stranger, "q"), schema::encode(stored));
    ASSERT_TRUE(station.store().commit(std::move(batch)));
    station.store().sync();
    station.restart();
    const std::string url = stranger;
    ASSERT_TRUE(station.ask(
        schema::SendMessages{.account = url, .name = "q", .entries = {{.id = "1", .body = "x"}}},
        stranger));
    for (int receives = 0; receives < 3; ++receives) {
        ASSERT_TRUE(station.ask(
            schema::ReceiveMessages{.account = url, .name = "q", .messages_max = 1}, stranger));
        station.pass(2s);
    }
    EXPECT_EQ(station.attribute("dead", "ApproximateNumberOfMessages"), "0");
}

TEST(Catalogue, an_account_has_its_own_count) {
    Catalogue catalogue("us-east-1");
    catalogue.add(QueueRecord{.number = 1, .account = "a", .name = "q"}, Settings());
    catalogue.add(QueueRecord{.number = 2, .account = "a", .name = "r"}, Settings());
    catalogue.add(FunctionRecord{.number = 3, .function = {.account = "a", .name = "f"}});
    EXPECT_EQ(catalogue.count_queues("a"), 2U);
    EXPECT_EQ(catalogue.count_functions("a"), 1U);
    EXPECT_EQ(catalogue.count_queues("b"), 0U);
    catalogue.remove(*catalogue.find_queue("a", "q"));
    EXPECT_EQ(catalogue.count_queues("a"), 1U);
}

TEST_F(QueueCommandsTest, a_dead_letter_queue_may_refuse_a_source) {
    station.create_queue("dead", {{"RedriveAllowPolicy", R"({"redrivePermission":"denyAll"})"}});
    const auto refused = create("q", {{"RedrivePolicy", redrive_to("dead")}});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().reason, "InvalidParameterValue");
}

TEST_F(QueueCommandsTest, changed_attributes_survive_a_restart) {
    station.create_queue("q");
    station.pass(10s);
    ASSERT_TRUE(set("q", {{"VisibilityTimeout", "7"}}));
    station.restart();
    EXPECT_EQ(station.attribute("q", "VisibilityTimeout"), "7");
    EXPECT_EQ(station.attribute("q", "LastModifiedTimestamp"), "1800000010");
    EXPECT_EQ(station.attribute("q", "CreatedTimestamp"), "1800000000");
}

TEST_F(QueueCommandsTest, a_refused_change_changes_nothing) {
    station.create_queue("q");
    EXPECT_EQ(set("q", {{"DelaySeconds", "901"}, {"VisibilityTimeout", "7"}}).error().reason,
              "InvalidAttributeValue");
    EXPECT_EQ(station.attribute("q", "VisibilityTimeout"), "30");
}

TEST_F(QueueCommandsTest, an_attribute_can_be_taken_away) {
    station.create_queue("dead");
    station.create_queue("q", {{"RedrivePolicy", redrive_to("dead")}});
    ASSERT_TRUE(set("q", {{"RedrivePolicy", ""}}));
    EXPECT_EQ(station.attribute("q", "RedrivePolicy"), "(none)");
}

TEST_F(QueueCommandsTest, a_queue_that_does_not_exist_is_named_so) {
    const auto missing = station.ask(schema::DescribeQueue{.name = "none"});
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().reason, "QueueDoesNotExist");
    EXPECT_EQ(missing.error().message, "The specified queue does not exist.");
}

TEST_F(QueueCommandsTest, a_deleted_queue_is_gone_with_its_messages) {
    station.create_queue("q");
    station.send("q", "a");
    ASSERT_TRUE(station.ask(schema::DeleteQueue{.name = "q"}));
    EXPECT_FALSE(station.ask(schema::DescribeQueue{.name = "q"}));
    station.create_queue("q");
    EXPECT_TRUE(station.receive("q").empty());
    station.restart();
    EXPECT_TRUE(station.receive("q").empty());
}

TEST_F(QueueCommandsTest, deleting_a_queue_answers_those_who_wait_at_it) {
    station.create_queue("q");
    const WaitId wait = station.wait_for("q", 20'000);
    station.ask(schema::DeleteQueue{.name = "q"});
    ASSERT_TRUE(station.answers.contains(wait));
    EXPECT_TRUE(station.answers[wait].messages.empty());
}

TEST_F(QueueCommandsTest, queues_are_listed_by_prefix_and_page) {
    for (const char* name : {"a1", "b1", "b2", "b3", "c1"}) station.create_queue(name);
    schema::ListQueues request{.name_prefix = "b", .queues_max = 2};
    const auto first = station.ask(request);
    ASSERT_EQ(first->queues.size(), 2U);
    EXPECT_EQ(first->queues[0].name, "b1");
    EXPECT_EQ(first->next_after, "b2");
    request.after = first->next_after;
    const auto second = station.ask(request);
    ASSERT_EQ(second->queues.size(), 1U);
    EXPECT_EQ(second->queues[0].name, "b3");
    EXPECT_EQ(second->next_after, "");
}

TEST_F(QueueCommandsTest, only_the_own_queues_are_listed) {
    station.create_queue("a");
    const auto list = station.ask(schema::ListQueues{}, "111111111111");
    EXPECT_TRUE(list->queues.empty());
}

class SourcesTest : public testing::Test {
protected:
    SourcesTest() {
        station.create_queue("dead");
        for (const char* name : {"s3", "s1", "dead2", "s2"})
            station.create_queue(name, {{"RedrivePolicy", policy("dead")}});
        station.create_queue("idle");
    }

    static std::string policy(const std::string& target) {
        return R"({"deadLetterTargetArn": "arn:aws:sqs:us-east-1:000000000000:)" + target +
               R"(", "maxReceiveCount": 3})";
    }
    std::string names(const schema::ListDeadLetterSources& request,
                      const std::string& account = std::string(test_account)) {
        const auto list = station.ask(request, account);
        if (!list) return list.error().reason;
        std::string text;
        for (const auto& queue : list->queues) text += queue.name + " ";
        return text + (list->next_after.empty() ? "" : "..." + list->next_after);
    }

    Station station;
};

TEST_F(SourcesTest, the_queues_that_give_up_messages_into_one_are_listed_by_page) {
    EXPECT_EQ(names({.name = "dead"}), "dead2 s1 s2 s3 ");
    EXPECT_EQ(names({.name = "dead", .queues_max = 2}), "dead2 s1 ...s1");
    EXPECT_EQ(names({.name = "dead", .after = "s1", .queues_max = 2}), "s2 s3 ");
    // The last page may be full: there is no empty one behind it.
    EXPECT_EQ(names({.name = "dead", .queues_max = 4}), "dead2 s1 s2 s3 ");
    EXPECT_EQ(names({.name = "s1"}), "");
    EXPECT_EQ(names({.name = "none"}), "QueueDoesNotExist");
}

TEST_F(SourcesTest, a_queue_is_a_source_while_its_policy_says_so) {
    station.ask(schema::DeleteQueue{.name = "s1"});
    station.ask(schema::SetQueueAttributes{.name = "s2",
                                           .attributes = {{"RedrivePolicy", policy("idle")}}});
    station.ask(schema::SetQueueAttributes{.name = "s3", .attributes = {{"RedrivePolicy", ""}}});
    station.restart();
    EXPECT_EQ(names({.name = "dead"}), "dead2 ");
    EXPECT_EQ(names({.name = "idle"}), "s2 ");
}

TEST_F(SourcesTest, another_account_sees_them_when_the_policy_of_the_queue_lets_it) {
    const schema::ListDeadLetterSources request{.account = std::string(test_account),
                                                .name = "dead"};
    EXPECT_EQ(names(request, "111111111111"), "AccessDenied");
    station.ask(schema::SetQueueAttributes{
        .name = "dead",
        .attributes = {{"Policy", R"({"Statement": {"Effect": "Allow", "Principal": {"AWS":
            "111111111111"}, "Action": "sqs:ListDeadLetterSourceQueues", "Resource": "*"}})"}}});
    EXPECT_EQ(names(request, "111111111111"), "dead2 s1 s2 s3 ");
}

TEST_F(QueueCommandsTest, a_purge_removes_waiting_and_in_flight_messages) {
    station.create_queue("q");
    station.send("q", "a");
    station.send("q", "b");
    ASSERT_EQ(station.receive("q").size(), 1U);
    ASSERT_TRUE(purge("q"));
    EXPECT_EQ(station.attribute("q", "ApproximateNumberOfMessages"), "0");
    EXPECT_EQ(station.attribute("q", "ApproximateNumberOfMessagesNotVisible"), "0");
    station.send("q", "c");
    station.restart();
    station.pass(60s);
    const auto received = station.receive("q", 10);
    ASSERT_EQ(received.size(), 1U);
    EXPECT_EQ(received[0].body, "c");
}

TEST_F(QueueCommandsTest, a_second_purge_within_60_seconds_is_refused) {
    station.create_queue("q");
    ASSERT_TRUE(purge("q"));
    station.pass(59s);
    const auto again = purge("q");
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().reason, "PurgeQueueInProgress");
    EXPECT_EQ(again.error().message,
              "Only one PurgeQueue operation on q is allowed every 60 seconds.");
    station.pass(1s);
    EXPECT_TRUE(purge("q"));
}

}  // namespace
}  // namespace onput::queue
