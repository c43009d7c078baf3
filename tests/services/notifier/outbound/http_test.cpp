// Outbound over HTTP, against real sockets on loopback that answer well, badly or never.
#include <cstdlib>

#include <gtest/gtest.h>

#include "tests/services/notifier/outbound/peers.hpp"

namespace onput::notifier {
namespace {

using std::chrono::milliseconds;

const std::string ok = "200 OK\r\nContent-Length: 2\r\n\r\nok";

OutboundOptions hasty() {
    return {.allowed_networks = {"127.0.0.0/8"}, .timeout_ms = 300};
}

TEST(OutboundHttp, a_request_arrives_as_it_was_given) {
    HttpPeer peer(ok);
    Sender sender;
    const OutboundResult result =
        sender.send(HttpRequest{.url = peer.url("/in?key=1"),
                                .headers = {{"x-amz-sns-message-id", "m1"},
                                            {"Content-Type", "text/plain; charset=UTF-8"},
                                            {"User-Agent", "agent"}},
                                .body = std::string("a\0b", 3)});
    EXPECT_EQ(result.outcome, OutboundOutcome::delivered);
    EXPECT_EQ(result.status_code, 200);
    EXPECT_EQ(result.error, "");
    EXPECT_GT(result.latency, Duration(0));
    EXPECT_EQ(sender.outbound->open(), 0U);
    ASSERT_EQ(peer.requests().size(), 1U);
    const std::string host = "127.0.0.1:" + std::to_string(peer.peer().port());
    EXPECT_EQ(peer.requests()[0], "POST /in?key=1 HTTP/1.1\r\nHost: " + host +
                                      "\r\nAccept: */*\r\nx-amz-sns-message-id: m1\r\n"
                                      "Content-Type: text/plain; charset=UTF-8\r\n"
                                      "User-Agent: agent\r\nContent-Length: 3\r\n\r\n" +
                                      std::string("a\0b", 3));
}

TEST(OutboundHttp, any_method_is_sent_and_what_the_endpoint_wants_is_told) {
    for (const char* method : {"GET", "PUT", "PATCH", "DELETE", "OPTIONS", "POST"}) {
        HttpPeer peer("503 Busy\r\nretry-AFTER:  7 \r\nContent-Length: 2\r\n\r\nno");
        Sender sender;
        const OutboundResult result =
            sender.send(HttpRequest{.url = peer.url("/in"), .method = method, .keeps_reply = true});
        EXPECT_EQ(result.status_code, 503) << method;
        EXPECT_EQ(result.retry_after_s, 7) << method;
        EXPECT_EQ(result.body, "no") << method;
        ASSERT_EQ(peer.requests().size(), 1U);
        EXPECT_TRUE(peer.requests()[0].starts_with(std::string(method) + " /in HTTP/1.1\r\n"))
            << peer.requests()[0];
    }
    for (const char* value : {"Wed, 21 Oct 2026 07:28:00 GMT", "", "1x", "99999999999999999999"}) {
        HttpPeer peer(std::string("503 Busy\r\nRetry-After: ") + value +
                      "\r\nContent-Length: 2\r\n\r\nno");
        Sender sender;
        const OutboundResult result = sender.post(peer.url(), "b");
        EXPECT_EQ(result.retry_after_s, std::nullopt) << value;
        EXPECT_EQ(result.body, "") << "it is kept for who wants it";
    }
}

TEST(OutboundHttp, a_method_is_one_word) {
    Sender sender;
    HttpPeer peer(ok);
    const OutboundResult result =
        sender.send(HttpRequest{.url = peer.url(), .method = "GET / HTTP/1.1\r\nx:"});
    EXPECT_EQ(result.outcome, OutboundOutcome::refused);
    EXPECT_TRUE(peer.requests().empty());
}

TEST(OutboundHttp, a_large_body_is_sent_whole) {
    HttpPeer peer(ok);
    Sender sender;
    const std::string body(2 << 20, 'x');
    EXPECT_EQ(sender.post(peer.url(), body).outcome, OutboundOutcome::delivered);
    EXPECT_TRUE(peer.requests()[0].ends_with("\r\n\r\n" + body));
}

TEST(OutboundHttp, the_status_decides_whether_it_is_tried_again) {
    struct Case {
        const char* reply;
        int status;
        OutboundOutcome outcome;
        const char* error;
    };
    using enum OutboundOutcome;
    for (const Case& row :
         {Case{"204 No Content\r\n\r\n", 204, delivered, ""},
          Case{"400 Bad Request\r\nContent-Length: 0\r\n\r\n", 400, refused,
               "the endpoint answered 400"},
          Case{"404 Not Found\r\nContent-Length: 0\r\n\r\n", 404, refused,
               "the endpoint answered 404"},
          Case{"429 Too Many\r\nContent-Length: 0\r\n\r\n", 429, failed,
               "the endpoint answered 429"},
          Case{"500 Oh\r\nContent-Length: 0\r\n\r\n", 500, failed, "the endpoint answered 500"},
          Case{"503 Busy\r\nContent-Length: 0\r\n\r\n", 503, failed, "the endpoint answered 503"},
          Case{"304 Not Modified\r\n\r\n", 304, refused,
               "the endpoint answered 304: redirects are not followed"}}) {
        HttpPeer peer(row.reply);
        const OutboundResult result = Sender().post(peer.url());
        EXPECT_EQ(result.outcome, row.outcome) << row.reply;
        EXPECT_EQ(result.status_code, row.status);
        EXPECT_EQ(result.error, row.error);
    }
}

TEST(OutboundHttp, a_redirect_is_refused_and_its_target_never_asked) {
    HttpPeer target(ok);
    HttpPeer peer("302 Found\r\nLocation: " + target.url() + "\r\nContent-Length: 0\r\n\r\n");
    const OutboundResult result = Sender().post(peer.url());
    EXPECT_EQ(result.outcome, OutboundOutcome::refused);
    EXPECT_EQ(result.status_code, 302);
    EXPECT_EQ(result.error, "the endpoint answered 302: redirects are not followed");
    EXPECT_EQ(target.peer().connections(), 0);
}

TEST(OutboundHttp, a_peer_that_never_answers_fails_in_time) {
    Peer peer([](Connection& connection) { connection.wait_for_end(); });
    const OutboundResult result = Sender(hasty()).post(peer.url());
    EXPECT_EQ(result.outcome, OutboundOutcome::failed);
    EXPECT_EQ(result.status_code, 0);
    EXPECT_EQ(result.error, "no complete answer within 300 ms");
    EXPECT_GE(result.latency, milliseconds(290));
}

TEST(OutboundHttp, a_peer_that_drips_its_answer_fails_in_time) {
    Peer peer([](Connection& connection) {
        read_request(connection);
        connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
        while (connection.pause() && connection.write("x")) continue;
    });
    const OutboundResult result = Sender(hasty()).post(peer.url());
    EXPECT_EQ(result.outcome, OutboundOutcome::failed);
    EXPECT_EQ(result.error, "no complete answer within 300 ms");
}

TEST(OutboundHttp, a_peer_that_closes_midway_fails) {
    for (const char* part : {"", "HTTP/1.1 20", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx",
                             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"}) {
        Peer peer([part](Connection& connection) {
            read_request(connection);
            connection.write(part);
        });
        const OutboundResult result = Sender().post(peer.url());
        EXPECT_EQ(result.outcome, OutboundOutcome::failed) << part;
        EXPECT_EQ(result.status_code, 0);
        EXPECT_NE(result.error, "");
    }
}

TEST(OutboundHttp, a_reply_is_read_to_its_limit_and_then_cut_off) {
    std::atomic<std::size_t> sent = 0;
    Peer peer([&](Connection& connection) {
        read_request(connection);
        connection.write("HTTP/1.1 200 OK\r\n\r\n");
        const std::string piece(64 * 1024, 'x');
        while (connection.write(piece)) sent += piece.size();
    });
    const OutboundResult result = Sender().post(peer.url());
    EXPECT_EQ(result.outcome, OutboundOutcome::delivered);
    EXPECT_EQ(result.status_code, 200);
    EXPECT_LT(sent, 32U << 20);  // What the sockets' buffers hold, not what the peer would send.
}

TEST(OutboundHttp, headers_without_end_are_cut_off) {
    Peer peer([](Connection& connection) {
        read_request(connection);
        connection.write("HTTP/1.1 200 OK\r\n");
        while (connection.write("X-More: " + std::string(1000, 'x') + "\r\n")) continue;
    });
    const OutboundResult result = Sender().post(peer.url());
    EXPECT_EQ(result.outcome, OutboundOutcome::failed);
    EXPECT_EQ(result.error, "the reply's headers are too large");
}

TEST(OutboundHttp, a_peer_that_speaks_something_else_fails) {
    Peer peer([](Connection& connection) {
        read_request(connection);
        connection.write("SSH-2.0-OpenSSH\r\n");
        connection.wait_for_end();
    });
    const OutboundResult result = Sender().post(peer.url());
    EXPECT_EQ(result.outcome, OutboundOutcome::failed);
    EXPECT_NE(result.error, "");
}

TEST(OutboundHttp, a_closed_port_fails) {
    std::string url;
    {
        Peer peer([](Connection&) {});
        url = peer.url();
    }
    const OutboundResult result = Sender().post(url);
    EXPECT_EQ(result.outcome, OutboundOutcome::failed);
    EXPECT_EQ(result.status_code, 0);
    EXPECT_NE(result.error.find("connect"), std::string::npos) << result.error;
}

TEST(OutboundHttp, no_spelling_of_a_private_address_is_reached) {
    HttpPeer peer(ok);
    Sender sender(OutboundOptions{});
    const std::string port = ":" + std::to_string(peer.peer().port());
    for (const char* host :
         {"127.0.0.1", "localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0.0.0.0",
          "[::1]", "[::ffff:127.0.0.1]", "[::]", "user:word@127.0.0.1"}) {
        const OutboundResult result = sender.post(std::string("http://") + host + port + "/");
        EXPECT_EQ(result.outcome, OutboundOutcome::refused) << host;
        EXPECT_TRUE(result.error.ends_with(" is not allowed")) << result.error;
    }
    EXPECT_EQ(peer.peer().connections(), 0);
}

TEST(OutboundHttp, the_operators_own_endpoint_is_reached_and_no_subscriber_by_its_connection) {
    HttpPeer peer(ok);
    Sender sender(OutboundOptions{});
    const HttpRequest request{.url = peer.url(), .body = "sms", .is_to_operator = true};
    EXPECT_EQ(sender.send(request).outcome, OutboundOutcome::delivered);
    EXPECT_EQ(sender.post(peer.url()).outcome, OutboundOutcome::refused);
    EXPECT_EQ(peer.requests().size(), 1U);
}

TEST(OutboundHttp, a_connection_serves_the_next_message_but_not_its_credentials) {
    HttpPeer peer(ok);
    Sender sender;
    const std::string port = std::to_string(peer.peer().port());
    EXPECT_EQ(sender.post("http://ada:word@127.0.0.1:" + port).outcome, OutboundOutcome::delivered);
    EXPECT_EQ(sender.post("http://127.0.0.1:" + port).outcome, OutboundOutcome::delivered);
    EXPECT_EQ(peer.peer().connections(), 1);
    EXPECT_NE(peer.requests()[0].find("Authorization: Basic YWRhOndvcmQ="), std::string::npos);
    EXPECT_EQ(peer.requests()[1].find("Authorization"), std::string::npos);
}

TEST(OutboundHttp, the_environments_proxy_is_not_used) {
    HttpPeer proxy(ok);
    HttpPeer peer(ok);
    ::setenv("http_proxy", proxy.url().c_str(), 1);
    ::setenv("all_proxy", proxy.url().c_str(), 1);
    EXPECT_EQ(Sender().post(peer.url()).outcome, OutboundOutcome::delivered);
    ::unsetenv("http_proxy");
    ::unsetenv("all_proxy");
    EXPECT_EQ(proxy.peer().connections(), 0);
    EXPECT_EQ(peer.requests().size(), 1U);
}

TEST(OutboundHttp, what_is_no_web_address_or_more_than_a_header_is_refused) {
    HttpPeer peer(ok);
    Sender sender;
    for (const std::string url :
         {"", "hooks.example", "ftp://127.0.0.1/", "file:///etc/passwd", "smtp://127.0.0.1/",
          "http://", "http://a b/", "http://127.0.0.1/\r\nX-Evil: 1", "http://127.0.0.1:99999/",
          "HTTP//127.0.0.1"}) {
        const OutboundResult result = sender.post(url);
        EXPECT_EQ(result.outcome, OutboundOutcome::refused) << url;
        EXPECT_EQ(result.error, "the endpoint is no http or https URL");
    }
    const OutboundResult result = sender.send(
        HttpRequest{.url = peer.url(), .headers = {{"X-A", "1\r\nX-Evil: 1"}}, .body = ""});
    EXPECT_EQ(result.outcome, OutboundOutcome::refused);
    EXPECT_EQ(result.error, "a header is more than one line");
}

TEST(OutboundHttp, a_slow_peer_with_much_waiting_delays_nobody) {
    Peer slow([](Connection& connection) { connection.wait_for_end(); });
    HttpPeer quick(ok);
    Sender sender;
    for (std::size_t i = 0; i < 2 * outbound_open_max; ++i) {
        sender.outbound->send(HttpRequest{.url = slow.url(), .body = "x"},
                              [](const OutboundResult&) { FAIL(); });
    }
    EXPECT_EQ(sender.post(quick.url()).outcome, OutboundOutcome::delivered);
    EXPECT_LE(slow.connections(), static_cast<int>(outbound_per_peer_max));
    EXPECT_EQ(sender.outbound->open(), 2 * outbound_open_max);
}

TEST(OutboundHttp, a_message_above_the_number_that_may_wait_fails_unsent) {
    Peer slow([](Connection& connection) { connection.wait_for_end(); });
    Sender sender;
    for (std::size_t i = 0; i < outbound_waiting_max; ++i) {
        sender.outbound->send(HttpRequest{.url = slow.url(), .body = ""},
                              [](const OutboundResult&) { FAIL(); });
    }
    const OutboundResult result = sender.post(slow.url());
    EXPECT_EQ(result.outcome, OutboundOutcome::failed);
    EXPECT_EQ(result.error, "too many messages wait to be sent");
}

TEST(OutboundHttp, a_message_above_the_bytes_that_may_wait_fails_unsent) {
    Peer slow([](Connection& connection) { connection.wait_for_end(); });
    Sender sender;
    const std::size_t bytes_each = 1 << 20;  // The URL counts as well.
    const std::string body(bytes_each - slow.url().size(), 'x');
    for (std::size_t bytes = 0; bytes < outbound_bytes_max; bytes += bytes_each) {
        sender.outbound->send(HttpRequest{.url = slow.url(), .body = body},
                              [](const OutboundResult&) { FAIL(); });
    }
    EXPECT_EQ(sender.post(slow.url(), "x").error, "too many messages wait to be sent");
    EXPECT_EQ(sender.post(slow.url(), "x").error, "too many messages wait to be sent");
}

TEST(OutboundHttp, nothing_is_answered_after_the_end) {
    Peer slow([](Connection& connection) { connection.wait_for_end(); });
    HttpPeer quick(ok);
    Sender sender;
    const auto never = [](const OutboundResult&) { FAIL(); };
    sender.outbound->send(HttpRequest{.url = slow.url(), .body = ""}, never);
    sender.outbound->send(HttpRequest{.url = "no URL", .body = ""}, never);
    sender.outbound->send(HttpRequest{.url = quick.url(), .body = ""}, never);
    // Its answer is posted to the loop, which does not run before the end.
    while (quick.requests().empty()) std::this_thread::yield();
    sender.outbound.reset();
    sender.loop.post([&] { sender.loop.stop(); });
    sender.loop.run();
}

TEST(OutboundOptions, every_fault_is_named) {
    Sender sender;
    EXPECT_TRUE(check_outbound_options({}).empty());
    const OutboundOptions wrong{.allowed_networks = {"10.0.0.1/8", "x"},
                                .smtp_url = "http://mail.example",
                                .smtp_user = "",
                                .smtp_password = "secret",
                                .ca_file = "/nowhere/ca.pem",
                                .timeout_ms = 0};
    EXPECT_EQ(check_outbound_options(wrong).size(), 6U);
    EXPECT_EQ(Outbound::start(sender.loop, wrong).error().code, ErrorCode::invalid_argument);
    EXPECT_TRUE(check_outbound_options({.smtp_url = "smtps://mail.example:465"}).empty());
    EXPECT_FALSE(check_outbound_options({.timeout_ms = outbound_timeout_ms_max + 1}).empty());
}

}  // namespace
}  // namespace onput::notifier
