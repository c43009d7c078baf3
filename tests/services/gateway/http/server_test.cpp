#include "services/gateway/http/server.hpp"

#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/services/gateway/http/client.hpp"

namespace onput::http {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view get = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

TEST_F(ServerTest, an_answer_carries_what_every_answer_must) {
    serve(echo);
    const Answer answer = connect().exchange(get);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "GET /a ");
    EXPECT_TRUE(answer.says("\r\nDate: ")) << answer.head;
    EXPECT_TRUE(answer.says("\r\nContent-Length: 7\r\n"));
    EXPECT_FALSE(answer.says("Connection"));
}

TEST_F(ServerTest, several_requests_share_one_connection) {
    serve(echo);
    Client client = connect();
    for (int i = 0; i < 100; ++i) {
        ASSERT_EQ(client.exchange("PUT /b HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi").body,
                  "PUT /b hi");
        ASSERT_EQ(client.exchange(get).body, "GET /a ");
    }
    EXPECT_EQ(server->connection_count(), 1U);
}

TEST_F(ServerTest, pipelined_requests_are_answered_in_order) {
    serve(echo);
    Client client = connect();
    std::string requests;
    for (int i = 0; i < 1000; ++i) {
        requests +=
            "PUT /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx";
        requests += "PUT /" + std::to_string(i) +
                    " HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\ny\r\n0\r\n\r\n";
    }
    ASSERT_TRUE(client.send(requests));
    for (int i = 0; i < 1000; ++i) {
        ASSERT_EQ(client.receive().body, "PUT /" + std::to_string(i) + " x");
        ASSERT_EQ(client.receive().body, "PUT /" + std::to_string(i) + " y");
    }
}

TEST_F(ServerTest, a_request_may_come_byte_by_byte) {
    serve(echo);
    Client client = connect();
    for (const char byte :
         std::string("\r\nPUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi")) {
        ASSERT_TRUE(client.send({&byte, 1}));
    }
    EXPECT_EQ(client.receive().body, "PUT /a hi");
}

TEST_F(ServerTest, the_answer_to_head_states_the_length_and_has_no_body) {
    serve(echo);
    Client client = connect();
    client.send("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_TRUE(client.receive(Client::Body::none).says("Content-Length: 8\r\n"));
    EXPECT_EQ(client.exchange(get).body, "GET /a ");
}

TEST_F(ServerTest, the_answer_to_head_may_state_a_length_that_nobody_made) {
    serve([](Exchange& exchange) -> Task<void> {
        ResponseHead head{.status = 200, .content_length = 1'000'000};
        static_cast<void>(co_await exchange.respond(std::move(head)));
    });
    Client client = connect();
    client.send("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_TRUE(client.receive(Client::Body::none).says("Content-Length: 1000000\r\n"));
}

TEST_F(ServerTest, an_answer_without_content_has_no_length) {
    serve([](Exchange& exchange) -> Task<void> {
        ResponseHead head{.status = 204};
        static_cast<void>(co_await exchange.respond(std::move(head)));
    });
    Client client = connect();
    EXPECT_FALSE(client.exchange(get).says("Content-Length"));
    EXPECT_EQ(client.exchange(get).status, 204);
}

TEST_F(ServerTest, a_client_that_asks_for_the_end_gets_it) {
    serve(echo);
    Client client = connect();
    client.send("GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(client.receive().says("Connection: close\r\n"));
    EXPECT_EQ(client.receive_rest(), "");
}

TEST_F(ServerTest, http_1_0_ends_unless_asked_to_stay) {
    serve(echo);
    Client client = connect();
    client.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_TRUE(client.receive().says("Connection: keep-alive\r\n"));
    client.send("GET /a HTTP/1.0\r\n\r\n");
    EXPECT_TRUE(client.receive().says("Connection: close\r\n"));
    EXPECT_EQ(client.receive_rest(), "");
}

TEST_F(ServerTest, a_handler_can_end_the_connection) {
    serve([](Exchange& exchange) -> Task<void> {
        ResponseHead head{.status = 403, .close_connection = true};
        static_cast<void>(co_await exchange.respond(std::move(head), "no"));
    });
    Client client = connect();
    EXPECT_EQ(client.exchange(get).status, 403);
    EXPECT_EQ(client.receive_rest(), "");
}

Task<void> stream(Exchange& exchange) {
    ResponseHead head;
    if (exchange.request().path == "/length") head.content_length = 11;
    EXPECT_TRUE(exchange.start(std::move(head)));
    for (const std::string_view piece : {"hello", "", " ", "world"}) {
        EXPECT_TRUE(co_await exchange.write(piece));
    }
    EXPECT_TRUE(co_await exchange.finish());
}

TEST_F(ServerTest, an_answer_in_pieces_goes_out_by_length_in_chunks_or_until_the_end) {
    serve(stream);
    Client client = connect();
    EXPECT_EQ(client.exchange("GET /length HTTP/1.1\r\nHost: h\r\n\r\n").body, "hello world");
    const Answer chunked = client.exchange(get);
    EXPECT_TRUE(chunked.says("Transfer-Encoding: chunked\r\n"));
    EXPECT_EQ(chunked.body, "5\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\n\r\n");
    client.send("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(client.receive(Client::Body::none).status, 200);
    client.send("GET /a HTTP/1.0\r\n\r\n");
    const Answer old = client.receive();
    EXPECT_FALSE(old.says("Transfer-Encoding"));
    EXPECT_EQ(old.body, "hello world");
}

TEST_F(ServerTest, an_empty_write_sends_the_head_alone) {
    Report<Mailbox<int>> go_on;
    serve([&go_on](Exchange& exchange) -> Task<void> {
        EXPECT_TRUE(exchange.start({}));
        EXPECT_TRUE(co_await exchange.write(""));
        const auto box = exchange.make_mailbox<int>();
        go_on.set(box);
        static_cast<void>(co_await exchange.receive(box));
        EXPECT_TRUE(co_await exchange.finish());
    });
    Client client = connect();
    client.send(get);
    EXPECT_EQ(client.receive(Client::Body::none).status, 200);
    go_on.get().put(1);
}

TEST_F(ServerTest, mistakes_of_a_handler_are_told) {
    Report<std::vector<std::string>> report;
    serve([&report](Exchange& exchange) -> Task<void> {
        std::vector<std::string> reasons;
        const auto early = co_await exchange.write("x");
        reasons.push_back(early.error().reason);
        const auto informal = exchange.start({.status = 100});
        reasons.push_back(informal.error().reason);
        ResponseHead head{.status = 200, .content_length = 3};
        EXPECT_TRUE(exchange.start(std::move(head)));
        const auto twice = exchange.start({});
        reasons.push_back(twice.error().reason);
        const auto longer = co_await exchange.write("four");
        reasons.push_back(longer.error().reason);
        const auto shorter = co_await exchange.finish();
        reasons.push_back(shorter.error().reason);
        EXPECT_TRUE(co_await exchange.write("abc"));
        EXPECT_TRUE(co_await exchange.finish());
        report.set(reasons);
    });
    EXPECT_EQ(connect().exchange(get).body, "abc");
    EXPECT_EQ(report.get(), std::vector<std::string>(5, "wrong_state"));
}

TEST_F(ServerTest, a_request_that_nobody_answers_gets_500) {
    serve([](Exchange&) -> Task<void> { co_return; });
    EXPECT_EQ(connect().exchange(get).status, 500);
}

TEST_F(ServerTest, an_answer_left_in_the_middle_is_cut_off) {
    serve([](Exchange& exchange) -> Task<void> {
        EXPECT_TRUE(exchange.start({}));
        EXPECT_TRUE(co_await exchange.write("part"));
    });
    Client client = connect();
    client.send(get);
    EXPECT_EQ(client.receive_rest(), std::nullopt);
}

TEST_F(ServerTest, an_answer_can_come_from_another_thread) {
    std::vector<std::jthread> threads;
    serve([&threads](Exchange& exchange) -> Task<void> {
        const auto box = exchange.make_mailbox<std::string>();
        threads.emplace_back([box] {
            for (const char* piece : {"a", "b", "c"}) box.put(std::string(piece));
            box.put(fail(ErrorCode::not_found, "end"));
        });
        std::string body;
        while (true) {
            const auto piece = co_await exchange.receive(box, patience);
            if (!piece) break;
            body += *piece;
        }
        ResponseHead head;
        static_cast<void>(co_await exchange.respond(std::move(head), std::move(body)));
    });
    Client client = connect();
    for (int i = 0; i < 20; ++i) ASSERT_EQ(client.exchange(get).body, "abc");
}

TEST_F(ServerTest, an_item_put_after_all_has_ended_is_dropped) {
    std::optional<Mailbox<std::string>> kept;
    serve([&kept](Exchange& exchange) -> Task<void> {
        kept = exchange.make_mailbox<std::string>();
        ResponseHead head;
        static_cast<void>(co_await exchange.respond(std::move(head)));
    });
    EXPECT_EQ(connect().exchange(get).status, 200);
    kept->put(std::string("early"));
    server.reset();
    kept->put(std::string("late"));
    EXPECT_TRUE(kept.has_value());
}

TEST_F(ServerTest, receiving_gives_up_after_its_time_and_may_go_on) {
    Report<std::string> report;
    serve([&report](Exchange& exchange) -> Task<void> {
        const auto box = exchange.make_mailbox<int>();
        const auto none = co_await exchange.receive(box, 20ms);
        box.put(7);
        const auto some = co_await exchange.receive(box, patience);
        EXPECT_EQ(some.value_or(0), 7);
        report.set(none.error().reason);
        ResponseHead head;
        static_cast<void>(co_await exchange.respond(std::move(head)));
    });
    EXPECT_EQ(connect().exchange(get).status, 200);
    EXPECT_EQ(report.get(), "no_answer");
}

TEST_F(ServerTest, a_handler_can_sleep) {
    serve([](Exchange& exchange) -> Task<void> {
        const auto start = std::chrono::steady_clock::now();
        EXPECT_TRUE(co_await exchange.sleep(30ms));
        EXPECT_GE(std::chrono::steady_clock::now() - start, 30ms);
        ResponseHead head;
        static_cast<void>(co_await exchange.respond(std::move(head)));
    });
    EXPECT_EQ(connect().exchange(get).status, 200);
}

// Waits for what never comes, and reports why it stopped waiting.
FunctionHandler::Function wait_for_ever(Report<std::string>& report) {
    return [&report](Exchange& exchange) -> Task<void> {
        const auto box = exchange.make_mailbox<int>();
        const auto item = co_await exchange.receive(box);
        const auto again = co_await exchange.sleep(1h);
        EXPECT_EQ(again.error().reason, item.error().reason);
        report.set(item.error().reason);
    };
}

TEST_F(ServerTest, a_client_that_closes_wakes_a_waiting_handler) {
    Report<std::string> report;
    serve(wait_for_ever(report));
    {
        Client client = connect();
        client.send(get);
    }
    EXPECT_EQ(report.get(), "client_gone");
}

TEST_F(ServerTest, a_client_that_resets_wakes_a_waiting_handler) {
    Report<std::string> report;
    serve(wait_for_ever(report));
    Client client = connect();
    client.send(std::string(get) + std::string(get));
    client.reset();
    EXPECT_EQ(report.get(), "client_gone");
}

TEST_F(ServerTest, every_connection_that_ended_is_forgotten) {
    serve(echo);
    for (int i = 0; i < 50; ++i) EXPECT_EQ(connect().exchange(get).status, 200);
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (server->connection_count() > 0 && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::yield();
    }
    EXPECT_EQ(server->connection_count(), 0U);
}

TEST_F(ServerTest, connections_are_spread_over_the_threads) {
    serve(
        [](Exchange& exchange) -> Task<void> {
            ResponseHead head;
            const auto text = std::hash<std::thread::id>()(std::this_thread::get_id());
            static_cast<void>(co_await exchange.respond(std::move(head), std::to_string(text)));
        },
        {.threads = 3});
    std::vector<std::string> threads;
    for (int i = 0; i < 6; ++i) threads.push_back(connect().exchange(get).body);
    EXPECT_EQ(std::set<std::string>(threads.begin(), threads.end()).size(), 3U);
}

TEST_F(ServerTest, an_address_in_use_is_unavailable) {
    serve(echo);
    Options options;
    options.port = server->port();
    const auto second = Server::start(options, *handler);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::unavailable);
}

TEST_F(ServerTest, a_name_is_not_an_address) {
    Options options;
    options.address = "localhost";
    FunctionHandler none(echo);
    EXPECT_EQ(Server::start(options, none).error().code, ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace onput::http
