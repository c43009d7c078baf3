// The end of a server.
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "tests/services/gateway/http/client.hpp"

namespace onput::http {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view get = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

// Answers when told to.
FunctionHandler::Function answer_later(Report<Mailbox<int>>& begun, Report<std::string>& ended) {
    return [&](Exchange& exchange) -> Task<void> {
        const auto box = exchange.make_mailbox<int>();
        begun.set(box);
        const auto told = co_await exchange.receive(box);
        const auto sent = co_await exchange.respond({}, "done");
        EXPECT_EQ(told.has_value(), sent.has_value());
        ended.set(sent ? "sent" : sent.error().reason);
    };
}

class StopTest : public ServerTest {
protected:
    Report<Mailbox<int>> begun;
    Report<std::string> ended;
};

TEST_F(StopTest, a_request_in_hand_is_finished_and_is_the_last) {
    serve(answer_later(begun, ended));
    Client client = connect();
    client.send(get);
    const auto box = begun.get();
    std::jthread stopping([&] { server->stop(patience); });
    // While it stops, nobody new is let in.
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (connect().connected() && std::chrono::steady_clock::now() < deadline)
        std::this_thread::yield();
    box.put(1);
    const Answer answer = client.receive();
    EXPECT_EQ(answer.body, "done");
    EXPECT_TRUE(answer.says("Connection: close"));
    EXPECT_EQ(client.receive_rest(), "");
    EXPECT_EQ(ended.get(), "sent");
}

TEST_F(StopTest, a_request_that_takes_too_long_is_cut_off) {
    serve(answer_later(begun, ended));
    Client client = connect();
    client.send(get);
    const auto box = begun.get();
    server->stop(50ms);
    EXPECT_EQ(ended.get(), "shutting_down");
    EXPECT_EQ(client.receive_rest(), std::nullopt);
}

TEST_F(StopTest, idle_connections_do_not_delay_the_end) {
    serve(echo);
    Client used = connect();
    EXPECT_EQ(used.exchange(get).status, 200);
    Client fresh = connect();
    Client half = connect();
    half.send("GET / HT");
    const auto start = std::chrono::steady_clock::now();
    server->stop(100ms);
    EXPECT_LT(std::chrono::steady_clock::now() - start, patience);
    EXPECT_EQ(used.receive_rest(), "");
}

TEST_F(StopTest, a_handler_in_the_middle_of_a_body_ends_with_the_server) {
    serve([this](Exchange& exchange) -> Task<void> {
        begun.set(exchange.make_mailbox<int>());
        const auto body = co_await exchange.read_whole_body(100);
        ended.set(body ? *body : body.error().reason);
    });
    Client client = connect();
    client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n12345");
    static_cast<void>(begun.get());
    server.reset();
    EXPECT_EQ(ended.get(), "shutting_down");
}

TEST_F(StopTest, a_second_stop_does_nothing) {
    serve(echo, {.threads = 2});
    server->stop(0s);
    server->stop(0s);
    EXPECT_EQ(server->connection_count(), 0U);
}

}  // namespace
}  // namespace onput::http
