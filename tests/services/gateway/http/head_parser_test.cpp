#include "services/gateway/http/head_parser.hpp"

#include <string>

#include <gtest/gtest.h>

namespace onput::http {
namespace {

class HeadParserTest : public testing::Test {
protected:
    // The reason of the refusal, or nothing. The views in `head` point into `bytes`.
    std::string parse(std::string text) {
        bytes = std::move(text);
        const auto parsed = parse_request_head(bytes, limits, head);
        return parsed ? std::string() : std::string(parsed.error().reason);
    }
    std::string parse_headers(const std::string& headers) {
        return parse("PUT /a HTTP/1.1\r\nHost: h\r\n" + headers + "\r\n");
    }

    HeadLimits limits;
    std::string bytes;
    RequestHead head;
};

TEST_F(HeadParserTest, a_head_is_taken_apart) {
    ASSERT_EQ(parse("GET /a%20b?x=1 HTTP/1.1\r\nHost: h:1\r\nX-A:  1 2 \r\nx-a: 3\r\n\r\n"), "");
    EXPECT_EQ(head.method, "GET");
    EXPECT_EQ(head.target, "/a%20b?x=1");
    EXPECT_EQ(head.path, "/a%20b");
    EXPECT_EQ(head.query, "x=1");
    EXPECT_EQ(head.host, "h:1");
    ASSERT_EQ(head.headers.size(), 3U);
    EXPECT_EQ(head.headers[1].name, "X-A");
    EXPECT_EQ(head.headers[1].value, "1 2");
    EXPECT_EQ(head.headers[2].value, "3");
    EXPECT_EQ(head.header("x-A"), "1 2");
    EXPECT_FALSE(head.header("x"));
    EXPECT_FALSE(head.content_length);
    EXPECT_TRUE(head.keep_alive);
}

TEST_F(HeadParserTest, nothing_of_an_earlier_request_remains) {
    ASSERT_EQ(parse_headers("Content-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n"),
              "");
    ASSERT_EQ(parse("GET / HTTP/1.1\r\nHost: h\r\n\r\n"), "");
    EXPECT_FALSE(head.content_length);
    EXPECT_FALSE(head.expects_continue);
    EXPECT_TRUE(head.keep_alive);
    EXPECT_EQ(head.headers.size(), 1U);
}

TEST_F(HeadParserTest, an_absolute_target_names_the_host_that_the_header_names) {
    ASSERT_EQ(parse("GET http://Real:1/x HTTP/1.1\r\nHost: real:1\r\n\r\n"), "");
    EXPECT_EQ(head.host, "real:1");
    EXPECT_EQ(head.path, "/x");
    for (const char* scheme : {"http", "https", "HTTP"}) {
        for (const char* authority : {"b.localhost", "localhost:80", "user@localhost", ""}) {
            const std::string line = std::string("GET ") + scheme + "://" + authority;
            EXPECT_EQ(parse(line + "/x HTTP/1.1\r\nHost: localhost\r\n\r\n"), "bad_request");
            EXPECT_EQ(parse(line + "?x HTTP/1.1\r\nHost: localhost\r\n\r\n"), "bad_request");
        }
    }
    EXPECT_EQ(parse("GET http://b.localhost/x HTTP/1.0\r\n\r\n"), "bad_request");
}

TEST_F(HeadParserTest, a_host_is_one_plain_name) {
    for (const char* host : {"a%2fb.localhost", "a/b.localhost", "a~b", "a,b", "a b", "a@b",
                             "a\xC3\xA4", "[::1%25eth0]", "a.localhost:1:2"}) {
        EXPECT_EQ(parse(std::string("GET / HTTP/1.1\r\nHost: ") + host + "\r\n\r\n"), "bad_request")
            << host;
    }
}

TEST_F(HeadParserTest, bodies_are_announced_by_length_or_in_chunks) {
    ASSERT_EQ(parse_headers("Content-Length: 18446744073709551615\r\n"), "");
    EXPECT_EQ(head.content_length, 18446744073709551615ULL);
    ASSERT_EQ(parse_headers("transfer-encoding: Chunked\r\n"), "");
    EXPECT_TRUE(head.chunked);
}

TEST_F(HeadParserTest, what_two_servers_could_read_differently_is_refused) {
    EXPECT_EQ(parse_headers("Content-Length: 1\r\nContent-Length: 1\r\n"), "bad_request");
    EXPECT_EQ(parse_headers("Content-Length: 1, 1\r\n"), "bad_request");
    EXPECT_EQ(parse_headers("Content-Length: +1\r\n"), "bad_request");
    EXPECT_EQ(parse_headers("Content-Length: 18446744073709551616\r\n"), "bad_request");
    EXPECT_EQ(parse_headers("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"), "bad_request");
    EXPECT_EQ(parse_headers("Transfer-Encoding: chunked\r\nContent-Length: 1\r\n"), "bad_request");
    EXPECT_EQ(parse_headers("X: 1\r\n folded\r\n"), "bad_request");
    EXPECT_EQ(parse_headers("X:\r\n\tfolded\r\n"), "bad_request");
    EXPECT_EQ(parse_headers("X : 1\r\n"), "bad_request");
    EXPECT_EQ(parse_headers("X: a\nY: b\r\n"), "bad_request");
    EXPECT_EQ(parse("PUT / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), "bad_request");
}

TEST_F(HeadParserTest, other_transfer_codings_are_not_implemented) {
    EXPECT_EQ(parse_headers("Transfer-Encoding: gzip\r\n"), "unsupported_transfer_coding");
    EXPECT_EQ(parse_headers("Transfer-Encoding: gzip, chunked\r\n"), "unsupported_transfer_coding");
}

TEST_F(HeadParserTest, http_1_1_needs_exactly_one_host) {
    EXPECT_EQ(parse("GET / HTTP/1.1\r\n\r\n"), "bad_request");
    EXPECT_EQ(parse("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"), "bad_request");
    EXPECT_EQ(parse("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"), "bad_request");
    EXPECT_EQ(parse("GET / HTTP/1.0\r\n\r\n"), "");
}

TEST_F(HeadParserTest, keeping_alive_is_the_default_of_http_1_1_only) {
    EXPECT_EQ(parse_headers("Connection: x, Close\r\n"), "");
    EXPECT_FALSE(head.keep_alive);
    EXPECT_EQ(parse("GET / HTTP/1.0\r\n\r\n"), "");
    EXPECT_FALSE(head.keep_alive);
    EXPECT_EQ(parse("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"), "");
    EXPECT_TRUE(head.keep_alive);
}

TEST_F(HeadParserTest, only_a_body_can_be_continued) {
    EXPECT_EQ(parse_headers("Expect: 100-Continue\r\nContent-Length: 1\r\n"), "");
    EXPECT_TRUE(head.expects_continue);
    EXPECT_EQ(parse_headers("Expect: 100-continue\r\n"), "");
    EXPECT_FALSE(head.expects_continue);
    EXPECT_EQ(parse_headers("Expect: cookies\r\n"), "unsupported_expectation");
}

TEST_F(HeadParserTest, versions_other_than_1_0_and_1_1_are_refused) {
    EXPECT_EQ(parse("GET / HTTP/2.0\r\nHost: h\r\n\r\n"), "unsupported_version");
    EXPECT_EQ(parse("GET / HTTP/1.2\r\nHost: h\r\n\r\n"), "unsupported_version");
    EXPECT_EQ(parse("GET /\r\nHost: h\r\n\r\n"), "bad_request");
}

TEST_F(HeadParserTest, the_target_and_the_number_of_headers_have_limits) {
    limits = {.target_bytes_max = 5, .headers_max = 2};
    EXPECT_EQ(parse("GET /1234 HTTP/1.1\r\nHost: h\r\nA: 1\r\n\r\n"), "");
    EXPECT_EQ(parse("GET /12345 HTTP/1.1\r\nHost: h\r\n\r\n"), "target_too_long");
    EXPECT_EQ(parse("GET / HTTP/1.1\r\nHost: h\r\nA: 1\r\nB: 2\r\n\r\n"), "too_many_headers");
}

TEST_F(HeadParserTest, nonsense_is_refused) {
    for (const std::string text :
         {"\r\n\r\n", "GET\r\n\r\n", "GET  / HTTP/1.1\r\nHost: h\r\n\r\n", "G(T / HTTP/1.1\r\n\r\n",
          "GET / HTTP/1.1\r\nHost\r\n\r\n", "GET / HTTP/1.1\r\n: x\r\n\r\n",
          "GET / HTTP/1.1\r\nHost: h\r\n", "GET / HTTP/1.1\r\nHost: h\r\n\r\nX"}) {
        EXPECT_EQ(parse(text), "bad_request") << text;
    }
}

}  // namespace
}  // namespace onput::http
