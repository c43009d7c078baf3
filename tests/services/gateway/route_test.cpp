#include "services/gateway/route.hpp"

#include <gtest/gtest.h>

#include "services/gateway/aws/form.hpp"
#include "services/gateway/refusal.hpp"

namespace onput::gateway {
namespace {

struct Sent {
    std::string_view method = "GET";
    std::string_view query{};
    std::vector<http::Header> headers{};
    std::string_view path = "/";
};

// "s3", the name of a service that is served, "form", or "absent: " and the title.
std::string name_of(const Route& route) {
    switch (route.kind) {
        case Route::Kind::s3: return "s3";
        case Route::Kind::form: return "form";
        case Route::Kind::served: return std::string(route.service->name);
        case Route::Kind::absent: break;
    }
    return "absent: " + std::string(route.absent->title);
}

http::RequestHead head_of(const Sent& sent) {
    http::RequestHead head;
    head.method = sent.method;
    head.path = sent.path;
    head.query = sent.query;
    head.headers = sent.headers;
    return head;
}

std::string route(const Sent& sent) {
    return name_of(find_route(head_of(sent), *http::parse_query(sent.query)));
}

std::string route_of_form(std::string_view text) {
    const auto fields = aws::read_fields(text);
    if (!fields) return name_of(find_form_route("", ""));
    return name_of(find_form_route(fields->text_of("Version"), fields->text_of("Action")));
}

const http::Header form{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"};

std::string credential(std::string_view service) {
    return "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/" + std::string(service) +
           "/aws4_request, SignedHeaders=host, Signature=00";
}

TEST(Route, a_signature_says_whom_it_is_for) {
    const std::vector<std::pair<std::string, std::string>> services{
        {"sqs", "sqs"}, {"sns", "sns"}, {"s3", "s3"}};
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
    EXPECT_EQ(route({.headers = {{"Authorization", header}}}), "s3");
}

TEST(Route, a_target_of_sqs_is_sqss) {
    EXPECT_EQ(route({.method = "POST", .headers = {{"X-Amz-Target", "AmazonSQS.SendMessage"}}}),
              "sqs");
}

TEST(Route, an_action_in_the_url_goes_by_its_version_and_else_by_its_name) {
    EXPECT_EQ(route({.query = "Action=ConfirmSubscription&TopicArn=a&Token=t"}), "sns");
    EXPECT_EQ(route({.query = "Action=Unsubscribe&SubscriptionArn=a"}), "sns");
    EXPECT_EQ(route({.query = "Action=GetSMSAttributes"}), "sns");
    EXPECT_EQ(route({.query = "Action=SendMessage"}), "sqs");
    EXPECT_EQ(route({.query = "Action=Foo"}), "sqs");
    EXPECT_EQ(route({.query = "Action=Foo&Version=2010-03-31"}), "sns");
    EXPECT_EQ(route({.query = "Action=Publish&Version=2012-11-05"}), "sqs");
    EXPECT_EQ(route({.query = "Action=AddPermission"}), "sqs");
    EXPECT_EQ(route({.query = "Action=AddPermission&Version=2010-03-31"}), "sns");
}

TEST(Route, the_body_of_a_form_tells) {
    EXPECT_EQ(route({.method = "POST", .headers = {form}}), "form");
    EXPECT_EQ(route_of_form("&Action=Publish"), "sns");
    EXPECT_EQ(route_of_form("&Action=ListTopics&Version=2010-03-31"), "sns");
    EXPECT_EQ(route_of_form("&Action=SendMessage"), "sqs");
    EXPECT_EQ(route_of_form("&Action=AddPermission&Version=2010-03-31"), "sns");
    EXPECT_EQ(route_of_form(""), "sqs");
    EXPECT_EQ(route_of_form("%zz"), "sqs");
}

TEST(Route, everything_else_is_s3s) {
    EXPECT_EQ(route({}), "s3");
    EXPECT_EQ(route({.query = "Version=2010-03-31"}), "s3");
    EXPECT_EQ(route({.method = "PUT", .headers = {form}}), "s3");
    EXPECT_EQ(route({.method = "POST", .headers = {{"Content-Type", "multipart/form-data"}}}),
              "s3");
}

TEST(Route, a_service_that_is_not_here_is_found_by_its_signature) {
    for (const auto& [service, title] :
         std::vector<std::pair<std::string, std::string>>{{"dynamodb", "DynamoDB"},
                                                          {"mediaconvert", "MediaConvert"},
                                                          {"cloudformation", "AWS CloudFormation"},
                                                          {"autoscaling", "Auto Scaling"},
                                                          {"ec2", "Amazon EC2"},
                                                          {"monitoring", "CloudWatch"}}) {
        const std::string header = credential(service);
        EXPECT_EQ(route({.method = "POST", .headers = {form, {"Authorization", header}}}),
                  "absent: " + title);
        const std::string query =
            "X-Amz-Credential=t%2F20260101%2Fus-east-1%2F" + service + "%2Faws4_request";
        EXPECT_EQ(route({.query = query}), "absent: " + title);
    }
}

TEST(Route, a_service_that_is_not_here_is_found_by_its_target_and_its_version) {
    EXPECT_EQ(route({.method = "POST", .headers = {{"X-Amz-Target", "DynamoDB_20120810.GetItem"}}}),
              "absent: DynamoDB");
    EXPECT_EQ(route({.method = "POST", .headers = {{"X-Amz-Target", "Nobody.GetItem"}}}), "s3");
    EXPECT_EQ(route({.query = "Action=ListStacks&Version=2010-05-15"}),
              "absent: AWS CloudFormation");
    EXPECT_EQ(route_of_form("Action=DescribeTags&Version=2011-01-01"), "absent: Auto Scaling");
    EXPECT_EQ(route({.query = "Action=GetCallerIdentity&Version=2011-06-15"}), "sts");
    EXPECT_EQ(route_of_form("Action=ListUsers&Version=2010-05-08"), "iam");
}

TEST(Route, of_two_services_with_one_signing_name_the_version_decides) {
    const std::string header = credential("elasticloadbalancing");
    EXPECT_EQ(
        route({.query = "Action=X&Version=2015-12-01", .headers = {{"Authorization", header}}}),
        "absent: Elastic Load Balancing v2");
}

TEST(Route, s3_control_signs_as_s3_and_is_not_s3) {
    const std::string header = credential("s3");
    EXPECT_EQ(route({.headers = {{"Authorization", header}, {"x-amz-account-id", "1"}},
                     .path = "/v20180820/jobs"}),
              "absent: AWS S3 Control");
    EXPECT_EQ(route({.headers = {{"Authorization", header}}, .path = "/v20180820/jobs"}), "s3");
}

TEST(Route, a_service_that_is_not_here_is_refused_as_the_request_speaks) {
    const auto wire = [](const std::string& service, const Sent& sent) {
        auto with = sent;
        const std::string header = credential(service);
        with.headers.push_back({"Authorization", header});
        return find_route(head_of(with), *http::parse_query(with.query)).wire;
    };
    using aws::Protocol;
    EXPECT_EQ(wire("cloudformation", {.method = "POST", .headers = {form}}), Protocol::query);
    EXPECT_EQ(wire("ec2", {.method = "POST", .headers = {form}}), Protocol::ec2);
    EXPECT_EQ(wire("mediaconvert", {}), Protocol::rest_json);
    EXPECT_EQ(wire("route53", {}), Protocol::rest_xml);
    EXPECT_EQ(wire("dynamodb", {.headers = {{"X-Amz-Target", "x"}}}), Protocol::json);
    EXPECT_EQ(wire("monitoring", {.headers = {{"smithy-protocol", "rpc-v2-cbor"}}}),
              Protocol::cbor);
    EXPECT_EQ(wire("monitoring", {.method = "POST", .headers = {form}}), Protocol::query);
}

class Refusal : public testing::Test {
protected:
    static http::Response refuse(std::string_view service, aws::Protocol wire,
                                 std::string_view method = "POST") {
        http::RequestHead head;
        head.method = method;
        head.headers = {{"Content-Type", "application/x-amz-json-1.1"}};
        const auto* entry = aws::Directory::get().by_signing_name(service, "");
        EXPECT_NE(entry, nullptr) << service;
        return refuse_service({.kind = Route::Kind::absent, .absent = entry, .wire = wire}, head,
                              "ID");
    }
};

constexpr std::string_view kms_text =
    "Onput has no KMS. It has AWS Lambda, AWS STS, Amazon CloudWatch Logs, Amazon EventBridge, "
    "Amazon EventBridge Scheduler, Amazon Polly, Amazon S3, Amazon SNS, Amazon SQS and IAM. "
    "Nothing "
    "was changed.";

TEST_F(Refusal, names_the_service_and_those_that_are_here) {
    const auto response = refuse("kms", aws::Protocol::json);
    EXPECT_EQ(response.head.status, 400);
    EXPECT_EQ(response.body,
              "{\"__type\":\"NotImplemented\",\"message\":\"" + std::string(kms_text) + "\"}");
    EXPECT_EQ(response.head.headers[1].second, "application/x-amz-json-1.1");
}

TEST_F(Refusal, has_every_wire_form) {
    EXPECT_TRUE(
        refuse("cloudformation", aws::Protocol::query)
            .body.contains("<ErrorResponse><Error><Type>Sender</Type>"
                           "<Code>NotImplemented</Code><Message>Onput has no AWS CloudFormation."));
    EXPECT_TRUE(refuse("ec2", aws::Protocol::ec2)
                    .body.contains("<Response><Errors><Error><Code>NotImplemented</Code>"));
    EXPECT_TRUE(refuse("route53", aws::Protocol::rest_xml)
                    .body.contains("<Error><Code>NotImplemented</Code>"));
    const auto rest = refuse("mediaconvert", aws::Protocol::rest_json);
    EXPECT_EQ(rest.head.headers.back(),
              (std::pair<std::string, std::string>{"x-amzn-errortype", "NotImplemented"}));
    const auto cbor = refuse("monitoring", aws::Protocol::cbor).body;
    EXPECT_TRUE(cbor.starts_with(std::string("\xA2\x79\x00\x06__type\x79\x00\x0E", 13)));
    EXPECT_TRUE(cbor.contains("NotImplemented"));
}

TEST_F(Refusal, of_a_head_has_no_body) {
    EXPECT_EQ(refuse("kms", aws::Protocol::rest_json, "HEAD").body, "");
}

}  // namespace
}  // namespace onput::gateway
