#include "services/ctl/http_client.hpp"

#include <gtest/gtest.h>

#include "services/gateway/http/server.hpp"

namespace onput::ctl {
namespace {

// Answers with what it was asked.
class Mirror : public http::Handler {
public:
    http::Task<void> handle(http::Exchange& exchange) override {
        auto body = co_await exchange.read_whole_body(8'000'000);
        if (!body) co_return;
        const http::RequestHead& request = exchange.request();
        http::ResponseHead head{.status = request.path == "/none" ? 404 : 200};
        head.headers.emplace_back("X-Request",
                                  std::string(request.method) + " " + std::string(request.target));
        for (const char* name : {"authorization", "x-amz-date", "content-type", "expect", "host"}) {
            if (const auto value = request.header(name))
                head.headers.emplace_back("X-Sent-" + std::string(name), std::string(*value));
        }
        const auto sent = co_await exchange.respond(std::move(head), *std::move(body));
        static_cast<void>(sent);  // A client that is gone fails the test itself.
    }
};

class HttpClientTest : public testing::Test {
protected:
    Mirror mirror;
    std::unique_ptr<http::Server> server = http::Server::start({}, mirror).value();
    std::string authority = "127.0.0.1:" + std::to_string(server->port());
    HttpClient client{Instance{.url = "http://" + authority}};
};

TEST_F(HttpClientTest, requests_are_signed_and_their_paths_sent_as_they_stand) {
    const auto answer = client.send({.path = "/b/../a%20b/./c", .query = "x=1&y"});
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->headers.at("x-request"), "GET /b/../a%20b/./c?x=1&y");
    EXPECT_EQ(answer->headers.at("x-sent-host"), authority);
    EXPECT_TRUE(answer->headers.at("x-sent-authorization").starts_with("AWS4-HMAC-SHA256 "));
    EXPECT_TRUE(answer->headers.contains("x-sent-x-amz-date"));
    EXPECT_FALSE(answer->headers.contains("x-sent-content-type"));
}

TEST_F(HttpClientTest, bodies_go_both_ways_on_one_connection) {
    const std::string large(5'000'000, 'x');
    for (const std::string& body : {std::string("a\0b", 3), std::string(), large}) {
        const auto answer = client.send(
            {.method = "PUT", .path = "/k", .headers = {{"Content-Type", "a/b"}}, .body = body});
        ASSERT_TRUE(answer) << answer.error().message;
        EXPECT_EQ(answer->headers.at("x-request"), "PUT /k");
        EXPECT_EQ(answer->headers.at("x-sent-content-type"), "a/b");
        EXPECT_FALSE(answer->headers.contains("x-sent-expect"));
        EXPECT_TRUE(answer->body == body);
        EXPECT_EQ(server->connection_count(), 1U);
    }
}

TEST_F(HttpClientTest, methods_without_a_body_have_none) {
    EXPECT_EQ(client.send({.method = "HEAD"})->headers.at("x-request"), "HEAD /");
    EXPECT_EQ(client.send({.method = "DELETE", .path = "/k"})->headers.at("x-request"),
              "DELETE /k");
    EXPECT_EQ(client.send({})->headers.at("x-request"), "GET /");
}

TEST_F(HttpClientTest, any_status_is_an_answer) {
    EXPECT_EQ(get_status("http://" + authority + "/none"), 404);
    const auto answer = get_unsigned("http://" + authority + "/a?b");
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->headers.at("x-request"), "GET /a?b");
    EXPECT_FALSE(answer->headers.contains("x-sent-authorization"));
}

TEST_F(HttpClientTest, a_server_that_is_gone_is_unavailable) {
    server.reset();
    const auto answer = client.send({});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::unavailable);
    EXPECT_TRUE(answer.error().message.starts_with("http://" + authority))
        << answer.error().message;
    EXPECT_EQ(get_status("http://" + authority + "/"), 0);
    EXPECT_EQ(get_unsigned("ftp://x/").error().code, ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace onput::ctl
