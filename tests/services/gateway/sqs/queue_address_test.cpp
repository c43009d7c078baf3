#include "services/gateway/sqs/queue_address.hpp"

#include <gtest/gtest.h>

namespace onput::gateway::sqs {
namespace {

QueueName queue(std::string account, std::string name) {
    return {.account = std::move(account), .name = std::move(name)};
}

TEST(SqsQueueAddress, is_the_end_of_the_path_on_whatever_host) {
    for (const std::string_view url : {"http://127.0.0.1:4566/000000000000/jobs",
                                       "https://sqs.us-east-1.amazonaws.com/"
                                       "000000000000/jobs",
                                       "http://h/queue/us-east-1/000000000000/jobs",
                                       "/000000000000/jobs", "000000000000/jobs"}) {
        EXPECT_EQ(parse_queue_url(url), queue("000000000000", "jobs")) << url;
    }
}

TEST(SqsQueueAddress, a_bare_name_is_a_queue_of_the_caller) {
    EXPECT_EQ(parse_queue_url("jobs"), queue("", "jobs"));
}

TEST(SqsQueueAddress, without_an_account_there_is_no_such_queue) {
    for (const std::string_view url : {"http://h/jobs", "http://h/0/jobs", "http://h/000000000000/",
                                       "/", "//", "http://h/00000000000x/jobs"}) {
        const auto parsed = parse_queue_url(url);
        ASSERT_FALSE(parsed) << url;
        EXPECT_EQ(parsed.error().reason, "QueueDoesNotExist") << url;
    }
}

TEST(SqsQueueUrl, leads_where_the_client_reached_us) {
    EXPECT_EQ(queue_url({.scheme = "https", .host = "h:1"}, queue("000000000000", "jobs")),
              "https://h:1/000000000000/jobs");
}

}  // namespace
}  // namespace onput::gateway::sqs
