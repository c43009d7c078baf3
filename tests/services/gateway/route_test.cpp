#include "services/gateway/route.hpp"

#include <gtest/gtest.h>

namespace onput::gateway {
namespace {

struct Sent {
    std::string_view method = "GET";
    std::string_view query = {};
    std::vector<http::Header> headers = {};
};

Protocol route(const Sent& sent) {
    http::RequestHead head;
    head.method = sent.method;
    head.path = "/";
    head.query = sent.query;
    head.headers = sent.headers;
    return protocol_of(head, *http::parse_query(sent.query));
}

const http::Header form{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"};

std::string credential(std::string_view service) {
    return "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/" + std::string(service) +
           "/aws4_request, SignedHeaders=host, Signature=00";
}

TEST(Route, a_signature_says_whom_it_is_for) {
    const std::vector<std::pair<std::string, Protocol>> services{
        {"sqs", Protocol::sqs}, {"sns", Protocol::sns}, {"s3", Protocol::s3}};
    for (const auto& [service, protocol] : services) {
        const std::string header = credential(service);
        EXPECT_EQ(route({.method = "POST", .headers = {form, {"Authorization", header}}}),
                  protocol);
        const std::string query = "Action=Publish&X-Amz-Credential=test%2F20260101%2Fus-east-1%2F" +
                                  service + "%2Faws4_request";
        EXPECT_EQ(route({.query = query}), protocol) << query;
    }
}

TEST(Route, a_service_is_named_in_full) {
    const std::string header = credential("xsns");
    EXPECT_EQ(route({.headers = {{"Authorization", header}}}), Protocol::s3);
}

TEST(Route, a_target_of_sqs_is_sqss) {
    EXPECT_EQ(route({.method = "POST", .headers = {{"X-Amz-Target", "AmazonSQS.SendMessage"}}}),
              Protocol::sqs);
}

TEST(Route, an_action_in_the_url_goes_by_its_version_and_else_by_its_name) {
    EXPECT_EQ(route({.query = "Action=ConfirmSubscription&TopicArn=a&Token=t"}), Protocol::sns);
    EXPECT_EQ(route({.query = "Action=Unsubscribe&SubscriptionArn=a"}), Protocol::sns);
    EXPECT_EQ(route({.query = "Action=GetSMSAttributes"}), Protocol::sns);
    EXPECT_EQ(route({.query = "Action=SendMessage"}), Protocol::sqs);
    EXPECT_EQ(route({.query = "Action=Foo"}), Protocol::sqs);
    EXPECT_EQ(route({.query = "Action=Foo&Version=2010-03-31"}), Protocol::sns);
    EXPECT_EQ(route({.query = "Action=Publish&Version=2012-11-05"}), Protocol::sqs);
    EXPECT_EQ(route({.query = "Action=AddPermission"}), Protocol::sqs);
    EXPECT_EQ(route({.query = "Action=AddPermission&Version=2010-03-31"}), Protocol::sns);
}

TEST(Route, the_body_of_a_form_tells) {
    EXPECT_EQ(route({.method = "POST", .headers = {form}}), Protocol::form);
    EXPECT_EQ(protocol_of_form("&Action=Publish"), Protocol::sns);
    EXPECT_EQ(protocol_of_form("&Action=ListTopics&Version=2010-03-31"), Protocol::sns);
    EXPECT_EQ(protocol_of_form("&Action=SendMessage"), Protocol::sqs);
    EXPECT_EQ(protocol_of_form("&Action=AddPermission&Version=2010-03-31"), Protocol::sns);
    EXPECT_EQ(protocol_of_form(""), Protocol::sqs);
    EXPECT_EQ(protocol_of_form("%zz"), Protocol::sqs);
}

TEST(Route, everything_else_is_s3s) {
    EXPECT_EQ(route({}), Protocol::s3);
    EXPECT_EQ(route({.query = "Version=2010-03-31"}), Protocol::s3);
    EXPECT_EQ(route({.method = "PUT", .headers = {form}}), Protocol::s3);
    EXPECT_EQ(route({.method = "POST", .headers = {{"Content-Type", "multipart/form-data"}}}),
              Protocol::s3);
}

}  // namespace
}  // namespace onput::gateway
