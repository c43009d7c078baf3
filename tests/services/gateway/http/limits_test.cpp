// The limits of Options, each one reached.
#include <string>
#include <sys/resource.h>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/services/gateway/http/client.hpp"

namespace onput::http {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view get = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

TEST_F(ServerTest, ten_megabytes_of_headers_are_refused_early) {
    serve(echo);
    Client client = connect();
    client.send("GET / HTTP/1.1\r\nHost: h\r\n");
    const std::string header = "X-Filler: " + std::string(1000, 'x') + "\r\n";
    std::size_t sent = 0;
    while (sent < (10U << 20) && client.send(header)) sent += header.size();
    EXPECT_LT(sent, 10U << 20);
}

TEST_F(ServerTest, too_large_a_head_is_answered) {
    serve(echo);
    const std::string many(70'000, 'x');
    const Answer refused = connect().exchange("GET / HTTP/1.1\r\nHost: h\r\nX: " + many);
    EXPECT_EQ(refused.status, 431);
    EXPECT_TRUE(refused.says("Connection: close"));
    EXPECT_EQ(connect().exchange("GET /" + many).status, 414);
    // Whole, but too large all the same.
    EXPECT_EQ(connect().exchange("GET / HTTP/1.1\r\nHost: h\r\nX: " + many + "\r\n\r\n").status,
              431);
}

TEST_F(ServerTest, a_head_just_within_the_limit_is_served) {
    Options options;
    serve(echo, options);
    std::string request = "GET / HTTP/1.1\r\nHost: h\r\nX: ";
    request.append(options.header_bytes_max - request.size() - 4, 'x').append("\r\n\r\n");
    Client client = connect();
    EXPECT_EQ(client.exchange(request).status, 200);
    EXPECT_EQ(client.exchange(request).status, 200);
    request.insert(request.size() - 4, "x");
    EXPECT_EQ(client.exchange(request).status, 431);
}

TEST_F(ServerTest, what_is_refused_is_rendered_as_the_options_say) {
    Options options;
    options.head.headers_max = 2;
    options.render_error = [](const ProtocolError& error) {
        Response response;
        response.head.status = error.status == 431 ? 400 : error.status;
        response.body = "<Code>" + std::string(error.reason) + "</Code>";
        return response;
    };
    serve(echo, std::move(options));
    const Answer refused = connect().exchange("GET / HTTP/1.1\r\nHost: h\r\nA: 1\r\nB: 2\r\n\r\n");
    EXPECT_EQ(refused.status, 400);
    EXPECT_EQ(refused.body, "<Code>too_many_headers</Code>");
}

TEST_F(ServerTest, what_is_not_http_is_refused_at_once) {
    serve(echo);
    EXPECT_EQ(connect().exchange("\x16\x03\x01\x02").status, 400);
    EXPECT_EQ(connect().exchange("\r\n\r\n\r\n").status, 400);
    EXPECT_EQ(connect().exchange("GET / HTTP/3.0\r\n\r\n").status, 505);
}

TEST_F(ServerTest, a_head_that_does_not_come_to_its_end_is_given_up) {
    Options options;
    options.head_timeout = 50ms;
    serve(echo, std::move(options));
    Client client = connect();
    EXPECT_EQ(client.exchange("GET / HTTP/1.1\r\n").status, 408);
}

TEST_F(ServerTest, the_time_of_a_head_does_not_start_anew_with_each_byte) {
    Options options;
    options.head_timeout = 100ms;
    serve(echo, std::move(options));
    Client client = connect();
    // Byte after byte, for ever, until the server has had enough.
    client.send("GET / HTTP/1.1\r\nX: ");
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!client.readable_within(1ms) && std::chrono::steady_clock::now() < deadline) {
        client.send("x");
    }
    EXPECT_EQ(client.receive().status, 408);
}

TEST_F(ServerTest, half_sent_heads_share_one_budget) {
    ByteBudget memory(200 * 1024);
    Options options;
    options.head_memory = &memory;
    serve(echo, std::move(options));
    const std::string half = "GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(40'000, 'x');
    const auto comes_true = [end = std::chrono::steady_clock::now() + patience](auto is_so) {
        while (!is_so() && std::chrono::steady_clock::now() < end) std::this_thread::yield();
        return is_so();
    };
    // The first one has its place; of the others at most four.
    std::vector<Client> clients;
    clients.emplace_back(connect()).send(half);
    ASSERT_TRUE(comes_true([&] { return memory.bytes_in_use() >= half.size(); }));
    for (int i = 1; i < 20; ++i) clients.emplace_back(connect()).send(half);
    EXPECT_TRUE(comes_true([&memory] { return memory.refused_total() >= 15; }));
    for (Client& client : clients) {
        if (!client.readable_within(0ms)) continue;
        EXPECT_EQ(client.receive().status, 503);
    }
    EXPECT_LE(memory.bytes_in_use(), memory.bytes_max());
    // Small heads need none of it, and a large one has its place again when others end.
    EXPECT_EQ(connect().exchange(get).status, 200);
    EXPECT_EQ(clients.front().exchange("\r\n\r\n").status, 200);
    EXPECT_EQ(connect().exchange(half + "\r\n\r\n").status, 200);
    server.reset();  // Before the budget.
}

TEST_F(ServerTest, an_idle_connection_is_closed_without_a_word) {
    Options options;
    options.idle_timeout = 50ms;
    serve(echo, std::move(options));
    Client client = connect();
    EXPECT_EQ(client.exchange(get).status, 200);
    EXPECT_EQ(client.receive_rest(), "");
}

TEST_F(ServerTest, a_body_that_stalls_is_given_up) {
    Options options;
    options.stall_timeout = 50ms;
    Report<std::string> report;
    serve(
        [&report](Exchange& exchange) -> Task<void> {
            const auto body = co_await exchange.read_whole_body(100);
            report.set(body ? *body : body.error().reason);
            ResponseHead head{.status = 400};
            static_cast<void>(co_await exchange.respond(std::move(head), "RequestTimeout"));
        },
        std::move(options));
    Client client = connect();
    client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n12345");
    EXPECT_EQ(report.get(), "client_too_slow");
    EXPECT_EQ(client.receive().body, "RequestTimeout");
}

TEST_F(ServerTest, a_client_that_does_not_read_is_given_up) {
    Options options;
    options.stall_timeout = 50ms;
    Report<std::string> report;
    serve(
        [&report](Exchange& exchange) -> Task<void> {
            EXPECT_TRUE(exchange.start({}));
            const std::string piece(256 * 1024, 'x');
            while (true) {
                const auto written = co_await exchange.write(piece);
                if (written) continue;
                report.set(written.error().reason);
                co_return;
            }
        },
        std::move(options));
    Client client = connect();
    client.send(get);
    EXPECT_EQ(report.get(), "client_too_slow");
    EXPECT_EQ(client.receive_rest(), std::nullopt);
}

TEST_F(ServerTest, a_client_that_reads_slowly_but_on_is_served) {
    // The server's kernel holds megabytes, and is not ready for more before a third of them has
    // left: at this pace that takes several times the time-out.
    Options options;
    options.stall_timeout = 800ms;
    constexpr std::size_t bytes = 64U << 20;
    constexpr std::size_t step = 8U << 10;
    serve(
        [](Exchange& exchange) -> Task<void> {
            ResponseHead head{.status = 200, .close_connection = true};
            static_cast<void>(co_await exchange.respond(std::move(head), std::string(bytes, 'x')));
        },
        std::move(options));
    Client client = connect(Client::Receive::narrow);
    Client pacer = connect();
    client.send(get);
    const auto end = std::chrono::steady_clock::now() + 4s;
    std::size_t read = 0;
    while (std::chrono::steady_clock::now() < end) {
        ASSERT_EQ(client.read_some(step), step);
        read += step;
        // Nothing comes from here: it only takes its time.
        EXPECT_FALSE(pacer.readable_within(50ms));
    }
    EXPECT_GT(read + client.read_some(2 * bytes), bytes);
}

TEST_F(ServerTest, further_connections_wait_until_one_ends) {
    Options options;
    options.connections_max = 2;
    serve(echo, std::move(options));
    std::optional<Client> first(connect());
    Client second = connect();
    EXPECT_EQ(first->exchange(get).status, 200);
    EXPECT_EQ(second.exchange(get).status, 200);
    Client third = connect();
    third.send(get);
    EXPECT_EQ(second.exchange(get).status, 200);
    EXPECT_EQ(server->connection_count(), 2U);
    first.reset();
    EXPECT_EQ(third.receive().status, 200);
}

TEST_F(ServerTest, five_thousand_idle_connections_do_no_harm) {
    constexpr std::size_t connections = 5000;
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_cur < 2 * connections + 100) GTEST_SKIP() << "too few descriptors";
    serve(echo);
    std::vector<Client> clients;
    for (std::size_t i = 0; i < connections; ++i) clients.push_back(connect());
    EXPECT_EQ(clients.front().exchange(get).status, 200);
    EXPECT_EQ(clients.back().exchange(get).status, 200);
    EXPECT_EQ(server->connection_count(), connections);
}

}  // namespace
}  // namespace onput::http
