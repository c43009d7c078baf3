#include "services/gateway/sqs/operation.hpp"

#include <gtest/gtest.h>

#include "services/gateway/aws/json.hpp"
#include "services/gateway/sqs/service.hpp"

namespace onput::gateway::sqs {
namespace {

Result<aws::Found> find_operation(std::string_view name) {
    return aws::find_operation(service(), name);
}

TEST(SqsOperation, every_operation_of_sqs_is_run_or_refused_by_name) {
    for (const std::string_view name :
         {"CreateQueue", "DeleteQueue", "GetQueueUrl", "ListQueues", "GetQueueAttributes",
          "SetQueueAttributes", "PurgeQueue", "SendMessage", "SendMessageBatch", "ReceiveMessage",
          "DeleteMessage", "DeleteMessageBatch", "ChangeMessageVisibility",
          "ChangeMessageVisibilityBatch", "StartMessageMoveTask", "ListMessageMoveTasks",
          "CancelMessageMoveTask", "ListDeadLetterSourceQueues"}) {
        EXPECT_TRUE(find_operation(name)) << name;
    }
    for (const std::string_view name :
         {"AddPermission", "RemovePermission", "TagQueue", "UntagQueue", "ListQueueTags"}) {
        const auto operation = find_operation(name);
        ASSERT_FALSE(operation) << name;
        EXPECT_EQ(operation.error().reason, "UnsupportedOperation") << name;
    }
}

TEST(SqsOperation, another_name_or_none_is_no_action) {
    EXPECT_EQ(find_operation("Foo").error().reason, "InvalidAction");
    EXPECT_EQ(find_operation("sendmessage").error().reason, "InvalidAction");
    EXPECT_EQ(find_operation("").error().reason, "MissingAction");
}

class BatchTest : public testing::Test {
protected:
    static std::string refusal(const std::vector<std::string>& ids) {
        Value parameters;
        for (const auto& id : ids) {
            Value entry;
            entry["Id"] = Value(id);
            parameters["Entries"].push_back(std::move(entry));
        }
        const auto batch = batch_of(parameters, "SendMessageBatch");
        return batch ? "" : batch.error().reason + ": " + batch.error().message;
    }
};

TEST_F(BatchTest, has_one_to_ten_entries) {
    EXPECT_EQ(refusal({}),
              "EmptyBatchRequest: There should be at least one SendMessageBatchRequestEntry in the "
              "request.");
    std::vector<std::string> ids;
    for (int i = 0; i < 10; ++i) ids.push_back("id" + std::to_string(i));
    EXPECT_EQ(refusal(ids), "");
    for (int i = 10; i < 20; ++i) ids.push_back("id" + std::to_string(i));
    EXPECT_EQ(
        refusal(ids),
        "TooManyEntriesInBatchRequest: Maximum number of entries per request are 10. You have "
        "sent 20.");
}

TEST_F(BatchTest, has_distinct_and_well_formed_ids) {
    EXPECT_EQ(refusal({"a", "b", "a"}), "BatchEntryIdsNotDistinct: Id a repeated.");
    EXPECT_EQ(refusal({"A-z_9", std::string(80, 'a')}), "");
    const std::vector<std::string> bad{"", "a b", "a.b", "\xC3\xA4", std::string(81, 'a')};
    for (const auto& id : bad) EXPECT_TRUE(refusal({id}).starts_with("InvalidBatchEntryId")) << id;
}

TEST_F(BatchTest, an_entry_without_an_id_is_named_by_its_number) {
    Value parameters;
    parameters["Entries"].push_back(Value(Value::Map{{"Id", Value("1")}}));
    parameters["Entries"].push_back(Value(Value::Map{{"MessageBody", Value("b")}}));
    const auto refused = batch_of(parameters, "SendMessageBatch");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().reason, "MissingParameter");
    EXPECT_EQ(refused.error().message,
              "The request must contain the parameter SendMessageBatchRequestEntry.2.Id.");
}

TEST_F(BatchTest, entries_that_are_no_list_are_none) {
    Value parameters;
    parameters["Entries"] = Value("text");
    EXPECT_FALSE(batch_of(parameters, "SendMessageBatch"));
    EXPECT_FALSE(batch_of(Value(), "SendMessageBatch"));
}

TEST_F(BatchTest, a_failed_entry_has_the_protocols_own_code_and_a_flag) {
    const auto failed = failed_entry({.id = "a",
                                      .message_id = {},
                                      .error_reason = "InvalidParameterValue",
                                      .error_message = "too long"},
                                     Wire::json);
    EXPECT_EQ(aws::write_json(failed),
              R"({"Code":"InvalidParameterValue","Id":"a","Message":"too long",)"
              R"("SenderFault":true})");
}

}  // namespace
}  // namespace onput::gateway::sqs
