#include "services/function/http_message.hpp"

#include <gtest/gtest.h>

namespace onput::function {
namespace {

std::optional<HttpRequest> read_one(HttpReader& reader) {
    auto request = reader.next();
    EXPECT_TRUE(request) << request.error().message;
    return request ? *request : std::nullopt;
}

std::string refusal(std::string_view bytes) {
    HttpReader reader(100);
    reader.feed(bytes);
    const auto request = reader.next();
    if (request) return "taken";
    return request.error().reason.empty() ? "no HTTP" : request.error().reason;
}

TEST(HttpMessage, requests_are_read_one_after_the_other) {
    HttpReader reader(100);
    reader.feed("GET /next HTTP/1.1\r\nHost: h\r\n\r\nPOST /a HTTP/1.1\r\ncontent-LENGTH:  3 \r\n");
    const auto first = read_one(reader);
    ASSERT_TRUE(first);
    EXPECT_EQ(first->method, "GET");
    EXPECT_EQ(first->target, "/next");
    EXPECT_EQ(first->header("host"), "h");
    EXPECT_TRUE(first->keeps_open);
    EXPECT_FALSE(read_one(reader));
    reader.feed("\r\nab");
    EXPECT_FALSE(read_one(reader));
    reader.feed("c");
    const auto second = read_one(reader);
    ASSERT_TRUE(second);
    EXPECT_EQ(second->body, "abc");
}

TEST(HttpMessage, a_request_may_come_byte_by_byte) {
    const std::string bytes =
        "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: "
        "1\r\n\r\n";
    HttpReader reader(100);
    for (std::size_t i = 0; i + 1 < bytes.size(); ++i) {
        reader.feed(std::string_view(bytes).substr(i, 1));
        ASSERT_FALSE(read_one(reader)) << i;
    }
    reader.feed(bytes.substr(bytes.size() - 1));
    const auto request = read_one(reader);
    ASSERT_TRUE(request);
    EXPECT_EQ(request->body, "abcde");
}

TEST(HttpMessage, who_closes_says_so) {
    HttpReader reader(100);
    reader.feed("GET / HTTP/1.1\r\nConnection: Close\r\n\r\nGET / HTTP/1.0\r\n\r\n");
    EXPECT_FALSE(read_one(reader)->keeps_open);
    EXPECT_FALSE(read_one(reader)->keeps_open);
}

TEST(HttpMessage, a_body_that_is_too_large_is_refused_as_soon_as_it_is_known) {
    EXPECT_EQ(refusal("POST /x HTTP/1.1\r\nContent-Length: 101\r\n\r\n"), "body_too_large");
    EXPECT_EQ(refusal("POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n"),
              "body_too_large");
    EXPECT_EQ(refusal("POST /x HTTP/1.1\r\nContent-Length: 100\r\n\r\n"), "taken");
}

TEST(HttpMessage, the_head_of_a_body_that_is_too_large_is_known) {
    HttpReader reader(1);
    reader.feed("POST /runtime/x HTTP/1.1\r\nContent-Length: 2\r\n\r\n");
    EXPECT_FALSE(reader.next());
    EXPECT_EQ(reader.head().target, "/runtime/x");
}

TEST(HttpMessage, what_is_no_http_is_refused) {
    for (const char* bytes :
         {"\r\n\r\n", "GET /\r\n\r\n", "GET / HTTP/2\r\n\r\n", "GET / HTTP/1.1\r\nno colon\r\n\r\n",
          "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
          "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
          "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
          "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n"})
        EXPECT_EQ(refusal(bytes), "no HTTP") << bytes;
}

TEST(HttpMessage, a_head_without_end_is_refused) {
    HttpReader reader(100);
    reader.feed("GET / HTTP/1.1\r\nX: ");
    reader.feed(std::string(request_head_bytes_max, 'x'));
    const auto request = reader.next();
    ASSERT_FALSE(request);
    EXPECT_EQ(request.error().reason, "head_too_large");
}

TEST(HttpMessage, a_trailer_without_end_is_refused) {
    HttpReader reader(100);
    reader.feed("POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n");
    const std::string line = "a: " + std::string(1000, 'b') + "\r\n";
    std::size_t bytes = 0;
    for (; bytes <= request_head_bytes_max; bytes += line.size()) {
        EXPECT_FALSE(read_one(reader));
        reader.feed(line);
    }
    EXPECT_FALSE(reader.next().has_value());
}

TEST(HttpMessage, an_answer_is_one_text) {
    EXPECT_EQ(http_answer(200, {{"A", "b"}}, "xy"),
              "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 2\r\n\r\nxy");
}

TEST(HttpMessage, a_header_that_would_begin_another_is_left_out) {
    EXPECT_EQ(http_answer(202, {{"A", "b\r\nEvil: 1"}}, ""),
              "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n");
}

}  // namespace
}  // namespace onput::function
