#include "services/gateway/lambda/url/url_event.hpp"

#include <gtest/gtest.h>

#include "common/json/reader.hpp"
#include "common/json/writer.hpp"

namespace onput::gateway::lambda {
namespace {

class UrlEventTest : public testing::Test {
protected:
    UrlEventTest() {
        head.method = "POST";
        head.path = "/a%20b/c";
        head.query = "x=1&y=%C3%BC&x=2";
        head.host = "abc.lambda-url.us-east-1.localhost:4566";
        head.headers = {{"Host", head.host},
                        {"User-Agent", "curl/8"},
                        {"X-Own", "one"},
                        {"x-own", "two"},
                        {"Cookie", "a=1; b=2"},
                        {"Cookie", "c=3;"},
                        {"Authorization", "Bearer t"}};
    }

    json::Value event() {
        const auto query = http::parse_query(head.query).value();
        const std::string text =
            write_url_event({.head = head,
                             .query = query,
                             .body = body,
                             .url_id = "abc",
                             .domain = "abc.lambda-url.us-east-1.localhost",
                             .scheme = "http",
                             .client_ip = "192.0.2.7",
                             .peer_ip = "10.0.0.1",
                             .request_id = "id",
                             .now = parse_iso8601("2020-03-12T19:03:58.390Z").value(),
                             .caller = caller});
        return json::read(text).value();
    }
    std::string member(const std::string& name) {
        const auto whole = event();
        const auto* found = whole.find(name);
        return found != nullptr ? json::write(*found) : "absent";
    }
    void set(std::string_view name, std::string_view value) {
        head.headers.push_back({name, value});
    }

    http::RequestHead head;
    std::string body;
    std::optional<UrlCaller> caller;
};

TEST_F(UrlEventTest, an_event_is_of_payload_format_2) {
    EXPECT_EQ(member("version"), "\"2.0\"");
    EXPECT_EQ(member("routeKey"), "\"$default\"");
    EXPECT_EQ(member("rawPath"), "\"/a%20b/c\"");
    EXPECT_EQ(member("rawQueryString"), "\"x=1&y=%C3%BC&x=2\"");
    EXPECT_EQ(member("cookies"), R"(["a=1","b=2","c=3"])");
    EXPECT_EQ(member("queryStringParameters"), "{\"x\":\"1,2\",\"y\":\"ü\"}");
    EXPECT_EQ(member("pathParameters"), "null");
    EXPECT_EQ(member("stageVariables"), "null");
    EXPECT_EQ(member("isBase64Encoded"), "false");
    EXPECT_EQ(
        member("requestContext"),
        R"({"accountId":"anonymous","apiId":"abc","authentication":null,)"
        R"("domainName":"abc.lambda-url.us-east-1.localhost","domainPrefix":"abc",)"
        R"("http":{"method":"POST","path":"/a%20b/c","protocol":"HTTP/1.1",)"
        R"("sourceIp":"192.0.2.7","userAgent":"curl/8"},"requestId":"id","routeKey":"$default",)"
        R"("stage":"$default","time":"12/Mar/2020:19:03:58 +0000","timeEpoch":1584039838390})");
}

TEST_F(UrlEventTest, headers_are_joined_and_say_by_which_way_the_request_came) {
    EXPECT_EQ(member("headers"),
              R"({"authorization":"Bearer t","host":"abc.lambda-url.us-east-1.localhost:4566",)"
              R"("user-agent":"curl/8","x-forwarded-for":"10.0.0.1","x-forwarded-port":"4566",)"
              R"("x-forwarded-proto":"http","x-own":"one,two"})");
    set("X-Forwarded-For", "192.0.2.7");
    set("X-Forwarded-Proto", "https");
    set("X-Forwarded-Port", "443");
    const auto whole = event();
    const auto* headers = whole.find("headers");
    EXPECT_EQ(headers->text_of("x-forwarded-for"), "192.0.2.7, 10.0.0.1");
    EXPECT_EQ(headers->text_of("x-forwarded-proto"), "http");
    EXPECT_EQ(headers->text_of("x-forwarded-port"), "4566");
}

TEST_F(UrlEventTest, who_has_signed_is_told_and_the_signature_is_not) {
    caller = {.account = "000000000000",
              .access_key = "AKIA",
              .user_arn = "arn:aws:iam::000000000000:user/u",
              .user_id = "AIDA"};
    set("X-Amz-Security-Token", "secret");
    const auto whole = event();
    const auto* context = whole.find("requestContext");
    EXPECT_EQ(context->text_of("accountId"), "000000000000");
    EXPECT_EQ(json::write(*context->find("authorizer")),
              R"({"iam":{"accessKey":"AKIA","accountId":"000000000000","callerId":"AIDA",)"
              R"("cognitoIdentity":null,"principalOrgId":null,)"
              R"("userArn":"arn:aws:iam::000000000000:user/u","userId":"AIDA"}})");
    EXPECT_EQ(whole.find("headers")->find("authorization"), nullptr);
    EXPECT_EQ(whole.find("headers")->find("x-amz-security-token"), nullptr);
}

TEST_F(UrlEventTest, only_text_that_is_utf_8_comes_as_it_is) {
    EXPECT_EQ(member("body"), "absent");
    body = "{}";
    EXPECT_EQ(member("body"), "\"e30=\"");  // Without a type.
    EXPECT_EQ(member("isBase64Encoded"), "true");
    set("Content-Type", "Application/JSON; charset=utf-8");
    EXPECT_EQ(member("body"), "\"{}\"");
    EXPECT_EQ(member("isBase64Encoded"), "false");
    body = "\xff";
    EXPECT_EQ(member("body"), "\"/w==\"");
    EXPECT_EQ(member("isBase64Encoded"), "true");
    head.headers.back().value = "application/x-www-form-urlencoded";
    body = "a=b";
    EXPECT_EQ(member("body"), "\"YT1i\"");
}

TEST_F(UrlEventTest, what_is_not_there_is_left_out) {
    head.query = {};
    head.headers = {{"X-Bytes", "\xff\x01"}};
    EXPECT_EQ(member("cookies"), "absent");
    EXPECT_EQ(member("queryStringParameters"), "absent");
    EXPECT_EQ(event().find("headers")->text_of("x-bytes"), "\xEF\xBF\xBD\x01");
}

}  // namespace
}  // namespace onput::gateway::lambda
