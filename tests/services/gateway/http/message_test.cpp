#include "services/gateway/http/message.hpp"

#include <gtest/gtest.h>

namespace onput::http {
namespace {

TEST(RenderHead, an_answer_with_a_length_is_rendered_in_order) {
    ResponseHead head{.status = 404, .headers = {{"X-A", "1"}, {"X-B", "2"}}, .content_length = 7};
    const Framing framing{.body = Framing::Body::length, .date = "today"};
    EXPECT_EQ(
        render_head(head, framing),
        "HTTP/1.1 404 Not Found\r\nX-A: 1\r\nX-B: 2\r\nDate: today\r\nContent-Length: 7\r\n\r\n");
}

TEST(RenderHead, framing_is_the_servers_alone) {
    ResponseHead head{
        .headers = {{"content-length", "9"}, {"Transfer-encoding", "x"}, {"CONNECTION", "y"}}};
    const Framing framing{.body = Framing::Body::chunked, .connection = Framing::Connection::close};
    EXPECT_EQ(render_head(head, framing),
              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n");
}

TEST(RenderHead, a_date_of_the_handler_stands) {
    ResponseHead head{.headers = {{"date", "then"}}};
    EXPECT_EQ(render_head(head, {.date = "now"}), "HTTP/1.1 200 OK\r\ndate: then\r\n\r\n");
}

TEST(RenderHead, no_value_can_end_its_line) {
    ResponseHead head{.headers = {{"X", std::string("a\r\nSet-Cookie: b\0c\x7f", 19)}}};
    const std::string text = render_head(head, {});
    EXPECT_EQ(text, "HTTP/1.1 200 OK\r\nX: a  Set-Cookie: b c \r\n\r\n");
}

TEST(RenderHead, a_name_that_is_no_token_is_left_out) {
    ResponseHead head{.headers = {{"X\r\nY", "1"}, {"", "2"}, {"A B", "3"}, {"a:", "4"}}};
    EXPECT_EQ(render_head(head, {}), "HTTP/1.1 200 OK\r\n\r\n");
}

TEST(StatusText, known_codes_have_names_and_some_no_body) {
    EXPECT_EQ(status_text(503), "Service Unavailable");
    EXPECT_EQ(status_text(599), "Unknown");
    EXPECT_TRUE(status_has_body(200));
    EXPECT_FALSE(status_has_body(204));
    EXPECT_FALSE(status_has_body(304));
}

}  // namespace
}  // namespace onput::http
