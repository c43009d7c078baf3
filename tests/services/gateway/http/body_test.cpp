// Request bodies, over real sockets.
#include <string>

#include <gtest/gtest.h>

#include "tests/services/gateway/http/client.hpp"

namespace onput::http {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view put_chunked =
    "PUT /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";

std::string put(std::size_t bytes, std::string_view headers = {}) {
    return "PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(bytes) + "\r\n" +
           std::string(headers) + "\r\n";
}

Task<void> answer(Exchange& exchange, int status, std::string body) {
    ResponseHead head{.status = status};
    static_cast<void>(co_await exchange.respond(std::move(head), std::move(body)));
}

// Counts the body in reads of at most 1000 bytes; answers the count, or 400 with the reason.
Task<void> count(Exchange& exchange) {
    std::size_t bytes = 0;
    std::string reason;
    while (true) {
        const auto piece = co_await exchange.read_body(1000);
        if (!piece) reason = piece.error().reason;
        if (!piece || piece->empty()) break;
        EXPECT_LE(piece->size(), 1000U);
        bytes += piece->size();
    }
    if (reason.empty()) {
        co_await answer(exchange, 200, std::to_string(bytes));
    } else {
        co_await answer(exchange, 400, std::move(reason));
    }
}

TEST_F(ServerTest, a_body_is_read_in_bounded_pieces) {
    serve(count);
    Client client = connect();
    client.send(put(1'000'001));
    client.send(std::string(1'000'001, 'x'));
    EXPECT_EQ(client.receive().body, "1000001");
    EXPECT_EQ(client.exchange(put(0)).body, "0");
    EXPECT_EQ(client.exchange("GET / HTTP/1.1\r\nHost: h\r\n\r\n").body, "0");
}

TEST_F(ServerTest, a_chunked_body_is_read_without_its_chunks) {
    serve(echo);
    Client client = connect();
    client.send(put_chunked);
    client.send("5\r\nhello\r\n");
    client.send("6;x=y\r\n world\r\n0\r\nTrailer: 1\r\n\r\n");
    EXPECT_EQ(client.receive().body, "PUT /a hello world");
    EXPECT_EQ(client.exchange(put(2) + "hi").body, "PUT /a hi");
}

TEST_F(ServerTest, a_large_chunked_body_arrives_whole) {
    serve(count);
    Client client = connect();
    client.send(put_chunked);
    std::string body;
    for (int i = 0; i < 3000; ++i) body += "3e8\r\n" + std::string(1000, 'x') + "\r\n";
    client.send(body + "0\r\n\r\n");
    EXPECT_EQ(client.receive().body, "3000000");
}

TEST_F(ServerTest, a_malformed_chunk_is_told_to_the_handler_and_ends_the_connection) {
    serve(count);
    Client client = connect();
    client.send(put_chunked);
    const Answer refused = client.exchange("5\r\nhelloX\r\n");
    EXPECT_EQ(refused.status, 400);
    EXPECT_EQ(refused.body, "malformed_body");
    EXPECT_TRUE(refused.says("Connection: close"));
    EXPECT_EQ(client.receive_rest(), "");
}

TEST_F(ServerTest, a_body_that_ends_too_early_is_incomplete) {
    serve(count);
    for (const std::string& request : {put(10) + "12345", std::string(put_chunked) + "5\r\nab"}) {
        Client client = connect();
        client.send(request);
        client.shut_output();
        EXPECT_EQ(client.receive().body, "incomplete_body");
    }
}

TEST_F(ServerTest, a_handler_may_leave_the_answer_to_a_bad_body_to_the_server) {
    serve(echo);
    Client client = connect();
    EXPECT_EQ(client.exchange(std::string(put_chunked) + "nonsense").status, 400);
    EXPECT_EQ(client.receive_rest(), "");
}

TEST_F(ServerTest, a_client_that_resets_in_its_body_is_gone) {
    Report<std::string> report;
    serve([&report](Exchange& exchange) -> Task<void> {
        const auto piece = co_await exchange.read_piece(100);
        report.set(piece ? *piece : piece.error().reason);
        const auto sent = co_await exchange.respond({}, "late");
        EXPECT_EQ(sent.error().reason, "client_gone");
    });
    Client client = connect();
    client.send(put(100) + "12345");
    client.reset();
    EXPECT_EQ(report.get(), "client_gone");
}

TEST_F(ServerTest, pieces_are_whole_up_to_the_last) {
    serve([](Exchange& exchange) -> Task<void> {
        std::string sizes;
        while (true) {
            const auto piece = co_await exchange.read_piece(40'000);
            if (!piece || piece->empty()) break;
            sizes += std::to_string(piece->size()) + " ";
        }
        co_await answer(exchange, 200, std::move(sizes));
    });
    Client client = connect();
    client.send(put(100'000));
    client.send(std::string(100'000, 'x'));
    EXPECT_EQ(client.receive().body, "40000 40000 20000 ");
}

TEST_F(ServerTest, a_whole_body_has_a_limit) {
    serve([](Exchange& exchange) -> Task<void> {
        const auto body = co_await exchange.read_whole_body(10);
        const std::string text = body ? *body : body.error().reason;
        co_await answer(exchange, 200, text);
    });
    Client client = connect();
    EXPECT_EQ(client.exchange(put(10) + "0123456789").body, "0123456789");
    EXPECT_EQ(client.exchange(put(11) + "0123456789a").body, "body_too_large");
    EXPECT_EQ(client.exchange(std::string(put_chunked) + "a\r\n0123456789\r\n0\r\n\r\n").body,
              "0123456789");
    client.send(put_chunked);
    EXPECT_EQ(client.exchange("b\r\n0123456789a\r\n0\r\n\r\n").body, "body_too_large");
}

TEST_F(ServerTest, a_client_is_told_to_continue_when_its_body_is_wanted) {
    serve(echo);
    Client client = connect();
    client.send(put(2, "Expect: 100-continue\r\n"));
    EXPECT_EQ(client.receive().status, 100);
    EXPECT_EQ(client.exchange("hi").body, "PUT /a hi");
    // One that does not wait is not told.
    EXPECT_EQ(client.exchange(put(2, "Expect: 100-continue\r\n") + "hi").status, 200);
}

TEST_F(ServerTest, a_client_is_told_to_continue_before_an_empty_body_too) {
    serve(echo);
    Client client = connect();
    client.send(put(0, "Expect: 100-continue\r\n"));
    EXPECT_EQ(client.receive().status, 100);
    EXPECT_EQ(client.receive().status, 200);
}

TEST_F(ServerTest, a_body_that_is_not_wanted_is_not_sent) {
    serve([](Exchange& exchange) -> Task<void> { co_await answer(exchange, 403, "no"); });
    Client client = connect();
    const Answer refused = client.exchange(put(1 << 30, "Expect: 100-continue\r\n"));
    EXPECT_EQ(refused.status, 403);
    EXPECT_TRUE(refused.says("Connection: close"));
    client.shut_output();
    EXPECT_EQ(client.receive_rest(), "");
}

TEST_F(ServerTest, a_small_body_nobody_read_is_passed_by) {
    serve([](Exchange& exchange) -> Task<void> { co_await answer(exchange, 403, "no"); });
    Client client = connect();
    EXPECT_EQ(client.exchange(put(5) + "12345").status, 403);
    client.send(put(100'000));
    client.send(std::string(100'000, 'x'));
    EXPECT_EQ(client.receive().status, 403);
    EXPECT_EQ(client.exchange("GET / HTTP/1.1\r\nHost: h\r\n\r\n").status, 403);
}

TEST_F(ServerTest, a_large_body_nobody_reads_costs_the_connection_but_not_the_answer) {
    serve([](Exchange& exchange) -> Task<void> { co_await answer(exchange, 403, "no"); });
    Client client = connect();
    client.send(put(1 << 20));
    client.send(std::string(100'000, 'x'));
    const Answer refused = client.receive();
    EXPECT_EQ(refused.status, 403);
    EXPECT_TRUE(refused.says("Connection: close"));
}

TEST_F(ServerTest, a_body_is_read_no_faster_than_it_is_asked_for) {
    constexpr std::size_t bytes = 256 << 20;
    Report<Mailbox<int>> asked;
    serve([&asked](Exchange& exchange) -> Task<void> {
        const auto box = exchange.make_mailbox<int>();
        asked.set(box);
        static_cast<void>(co_await exchange.receive(box));
        co_await count(exchange);
    });
    Client client = connect();
    client.send(put(bytes));
    // The kernel's buffers take some megabytes, the server 8 KiB.
    const std::size_t taken = client.send_until_blocked(bytes);
    EXPECT_LT(taken, bytes / 4);
    asked.get().put(1);
    client.send(std::string(bytes - taken, 'x'));
    EXPECT_EQ(client.receive().body, std::to_string(bytes));
}

TEST_F(ServerTest, a_view_of_the_body_outlasts_a_wait) {
    serve([](Exchange& exchange) -> Task<void> {
        std::string together;
        while (true) {
            const auto piece = co_await exchange.read_body(10);
            if (!piece || piece->empty()) break;
            const std::string before(*piece);
            EXPECT_TRUE(co_await exchange.sleep(1ms));  // More arrives meanwhile.
            EXPECT_EQ(before, *piece);
            together += *piece;
        }
        co_await answer(exchange, 200, std::move(together));
    });
    Client client = connect();
    client.send(put(26) + "abcde");
    client.send("fghijklmnop");
    EXPECT_EQ(client.exchange("qrstuvwxyz").body, "abcdefghijklmnopqrstuvwxyz");
}

TEST_F(ServerTest, a_client_that_half_closes_after_its_body_can_still_be_read_to_the_end) {
    serve(count);
    Client client = connect();
    client.send(put(100'000) + std::string(100'000, 'x'));
    client.shut_output();
    EXPECT_EQ(client.receive().body, "100000");
}

}  // namespace
}  // namespace onput::http
