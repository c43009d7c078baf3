// SQS's table makes of results the XML of its query protocol.
#include <gtest/gtest.h>

#include "services/gateway/aws/directory.hpp"
#include "services/gateway/aws/render.hpp"

namespace onput::gateway::sqs {
namespace {

using aws::Value;

std::string inner(std::string_view operation, const Value& result) {
    const std::string xml =
        aws::render_result({.model = aws::sqs_model(),
                            .operation = *aws::sqs_model().find_operation(operation),
                            .request_id = "ID"},
                           aws::Protocol::query, result)
            .body;
    const std::string begin = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<" +
                              std::string(operation) +
                              "Response xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\">";
    const std::string end = "<ResponseMetadata><RequestId>ID</RequestId></ResponseMetadata></" +
                            std::string(operation) + "Response>";
    EXPECT_TRUE(xml.starts_with(begin)) << xml;
    EXPECT_TRUE(xml.ends_with(end)) << xml;
    return xml.substr(begin.size(), xml.size() - begin.size() - end.size());
}

TEST(SqsXml, an_operation_without_a_result_has_metadata_only) {
    EXPECT_EQ(inner("DeleteMessage", Value()), "");
}

TEST(SqsXml, an_empty_result_is_there) {
    EXPECT_EQ(inner("ReceiveMessage", Value(Value::Map())), "<ReceiveMessageResult/>");
}

TEST(SqsXml, lists_are_flattened_under_their_singular) {
    Value value;
    value["QueueUrls"].push_back(Value("a&b"));
    value["QueueUrls"].push_back(Value("c"));
    EXPECT_EQ(inner("ListQueues", value),
              "<ListQueuesResult><QueueUrl>a&amp;b</QueueUrl><QueueUrl>c</QueueUrl>"
              "</ListQueuesResult>");
}

TEST(SqsXml, maps_are_names_and_values) {
    Value value;
    value["Attributes"]["VisibilityTimeout"] = Value("30");
    EXPECT_EQ(inner("GetQueueAttributes", value),
              "<GetQueueAttributesResult><Attribute><Name>VisibilityTimeout</Name>"
              "<Value>30</Value></Attribute></GetQueueAttributesResult>");
}

TEST(SqsXml, messages_nest_their_attributes) {
    Value message;
    message["MessageAttributes"]["a"]["DataType"] = Value("String");
    message["MessageAttributes"]["a"]["StringValue"] = Value("v");
    Value value;
    value["Messages"].push_back(std::move(message));
    EXPECT_EQ(inner("ReceiveMessage", value),
              "<ReceiveMessageResult><Message><MessageAttribute><Name>a</Name><Value>"
              "<DataType>String</DataType><StringValue>v</StringValue></Value></MessageAttribute>"
              "</Message></ReceiveMessageResult>");
}

TEST(SqsXml, batches_are_named_after_their_operation) {
    Value done;
    done["Id"] = Value("x");
    Value failed;
    failed["SenderFault"] = Value::flag(false);
    Value value;
    value["Successful"].push_back(std::move(done));
    value["Failed"].push_back(std::move(failed));
    EXPECT_EQ(inner("SendMessageBatch", value),
              "<SendMessageBatchResult><BatchResultErrorEntry><SenderFault>false</SenderFault>"
              "</BatchResultErrorEntry><SendMessageBatchResultEntry><Id>x</Id>"
              "</SendMessageBatchResultEntry></SendMessageBatchResult>");
}

}  // namespace
}  // namespace onput::gateway::sqs
