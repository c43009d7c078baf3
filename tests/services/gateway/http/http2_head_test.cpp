#include "services/gateway/http/http2_head.hpp"

#include <gtest/gtest.h>

namespace onput::http {
namespace {

Http2RequestHead get_head(std::size_t bytes_max = 1000) {
    Http2RequestHead head(bytes_max);
    EXPECT_TRUE(head.add(":method", "GET"));
    EXPECT_TRUE(head.add(":scheme", "http"));
    EXPECT_TRUE(head.add(":authority", "h:1"));
    EXPECT_TRUE(head.add(":path", "/a?b"));
    return head;
}

TEST(Http2Head, a_request_is_written_as_http_1) {
    Http2RequestHead head = get_head();
    EXPECT_TRUE(head.add("x-a", "1"));
    EXPECT_EQ(head.render(false),
              "GET /a?b HTTP/1.1\r\nhost: h:1\r\nx-a: 1\r\nconnection: close\r\n\r\n");
    EXPECT_TRUE(head.render(true).contains("transfer-encoding: chunked\r\n"));
    EXPECT_TRUE(head.add("content-length", "3"));
    EXPECT_FALSE(head.render(true).contains("chunked"));
}

TEST(Http2Head, the_authority_is_the_host_and_another_one_is_left_to_be_refused) {
    Http2RequestHead same = get_head();
    EXPECT_TRUE(same.add("host", "H:1"));
    EXPECT_FALSE(same.render(false).contains("H:1"));
    Http2RequestHead other = get_head();
    EXPECT_TRUE(other.add("host", "g"));
    EXPECT_TRUE(other.render(false).contains("host: h:1\r\nhost: g\r\n"));
}

TEST(Http2Head, what_could_be_read_as_more_than_one_header_is_malformed) {
    EXPECT_FALSE(get_head().add("a", "1\r\nb: 2"));
    EXPECT_FALSE(get_head().add("a", "1\n"));
    EXPECT_FALSE(get_head().add("a: 1\r\nb", "2"));
    EXPECT_FALSE(get_head().add("A", "1"));
    EXPECT_FALSE(get_head().add("", "1"));
    EXPECT_FALSE(get_head().add("transfer-encoding", "chunked"));
    EXPECT_FALSE(get_head().add("connection", "close"));
    EXPECT_FALSE(get_head().add(":path", "/b"));
    EXPECT_FALSE(Http2RequestHead(100).add(":path", "/a HTTP/1.1\r\nb: c"));
    EXPECT_FALSE(Http2RequestHead(100).add(":method", "GET /"));
    EXPECT_FALSE(Http2RequestHead(100).add(":method", "CONNECT"));
    EXPECT_FALSE(Http2RequestHead(100).add(":authority", "h\r\na: b"));
}

TEST(Http2Head, a_head_that_is_too_large_has_no_end) {
    Http2RequestHead head = get_head(50);
    EXPECT_TRUE(head.add("a", std::string(60, 'x')));
    EXPECT_TRUE(head.add("b", std::string(60, 'x')));
    EXPECT_FALSE(head.render(false).contains("b: x"));
    EXPECT_FALSE(head.render(false).contains("\r\n\r\n"));
    EXPECT_GT(head.render(false).size(), 50U);
}

TEST(Http2Head, an_answer_loses_what_concerns_a_connection) {
    const auto head = parse_response_head(
        "HTTP/1.1 206 Partial Content\r\nContent-Length: 3\r\nX-A: b: c\r\nConnection: "
        "close\r\n\r\n");
    ASSERT_TRUE(head);
    EXPECT_EQ(head->status, 206);
    ASSERT_EQ(head->fields.size(), 2U);
    EXPECT_EQ(head->fields[0].first, "content-length");
    EXPECT_EQ(head->fields[1].second, "b: c");
    EXPECT_EQ(parse_response_head("HTTP/1.1 100 Continue\r\n\r\n")->status, 100);
    EXPECT_FALSE(parse_response_head("0\r\n\r\n"));
}

}  // namespace
}  // namespace onput::http
