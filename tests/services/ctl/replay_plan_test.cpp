#include "services/ctl/replay_plan.hpp"

#include <gtest/gtest.h>

namespace onput::ctl {
namespace {

const NameScope scope{.region = "us-east-1", .account = "000000000000"};

TEST(ResolveDestination, short_names_are_arns_of_the_instance) {
    const auto expect = [](const char* text, const char* arn) {
        const auto resolved = resolve_destination(text, scope);
        ASSERT_TRUE(resolved) << text;
        EXPECT_EQ(*resolved, arn);
    };
    expect("sqs:jobs", "arn:aws:sqs:us-east-1:000000000000:jobs");
    expect("queue:jobs", "arn:aws:sqs:us-east-1:000000000000:jobs");
    expect("topic:media", "arn:aws:sns:us-east-1:000000000000:media");
    expect("function:speech", "arn:aws:lambda:us-east-1:000000000000:function:speech");
    expect("rule:r/t", "arn:aws:events:us-east-1:000000000000:rule/r#t");
    expect("rule:default/r/t", "arn:aws:events:us-east-1:000000000000:rule/r#t");
    expect("rule:orders/r/t", "arn:aws:events:us-east-1:000000000000:rule/orders/r#t");
    expect("arn:aws:sqs:eu-west-1:111111111111:x", "arn:aws:sqs:eu-west-1:111111111111:x");
}

TEST(ResolveDestination, anything_else_is_refused) {
    for (const char* text : {"", "jobs", "sqs:", "mail:a@example.com", "rule:r", "rule:a/b/c/d"}) {
        const auto resolved = resolve_destination(text, scope);
        ASSERT_FALSE(resolved) << text;
        EXPECT_EQ(resolved.error().code, ErrorCode::invalid_argument);
    }
}

TEST(Takes, each_destination_takes_its_own_kinds) {
    schema::JournalRecord record;
    record.type = "s3.ObjectCreated.Put";
    schema::ObjectEvent event;
    event.event_name = "ObjectCreated:Put";
    schema::TopicMessage message;
    message.topic_arn = "arn:aws:sns:us-east-1:000000000000:media";
    const std::string subscription = message.topic_arn + ":4f0b";
    const std::string target = "arn:aws:events:us-east-1:000000000000:rule/r#t";
    const std::string queue = "arn:aws:sqs:us-east-1:000000000000:jobs";
    EXPECT_TRUE(takes(queue, record, event));
    EXPECT_TRUE(takes(message.topic_arn, record, event));
    EXPECT_TRUE(takes(target, record, event));
    EXPECT_TRUE(takes(target, record, schema::BusEvent()));
    EXPECT_TRUE(takes(subscription, record, message));
    EXPECT_FALSE(takes(queue, record, schema::BusEvent()));
    EXPECT_FALSE(takes(queue, record, message));
    EXPECT_FALSE(takes(subscription, record, event));
    EXPECT_FALSE(takes("arn:aws:sns:us-east-1:000000000000:other:4f0b", record, message));
    event.event_name = "Replication:OperationFailedReplication";
    EXPECT_FALSE(takes(target, record, event));
}

TEST(Takes, what_a_replay_sent_is_not_replayed) {
    schema::JournalRecord record;
    record.type = "replay.ObjectCreated.Put";
    EXPECT_FALSE(takes("arn:aws:sqs:us-east-1:000000000000:jobs", record, schema::ObjectEvent()));
}

TEST(ReplayName, follows_from_source_and_destination) {
    EXPECT_EQ(default_replay_name("a", "b"), default_replay_name("a", "b"));
    EXPECT_NE(default_replay_name("a", "b"), default_replay_name("a", "c"));
    EXPECT_EQ(default_replay_name("a", "b").size(), 12U);
}

TEST(ReplaySpan, is_read_back_as_it_was_written) {
    const ReplaySpan span{.epoch = "abc", .done = 7, .last = 18'446'744'073'709'551'615U};
    const auto read = parse_span(format_span(span));
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, span);
    for (const char* text : {"", "abc", "abc 7", " 7 8", "abc 7 8 9", "abc x 8", "abc -1 8"}) {
        EXPECT_FALSE(parse_span(text)) << text;
    }
}

}  // namespace
}  // namespace onput::ctl
