// HTTP/2 over a real socket, spoken by nghttp2's own client half.
#include <arpa/inet.h>
#include <array>
#include <functional>
#include <map>
#include <memory>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <optional>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "services/gateway/http/http2_session.hpp"
#include "tests/services/gateway/http/client.hpp"

namespace onput::http {
namespace {

using namespace std::chrono_literals;
using Fields = std::vector<std::pair<std::string, std::string>>;

struct Reply {
    std::map<std::string, std::string> head;
    std::string body;
    std::optional<std::uint32_t> closed;  // The code it ended with.
    [[nodiscard]] std::string status() const {
        const auto found = head.find(":status");
        return found == head.end() ? "" : found->second;
    }
};

class Http2Client {
public:
    explicit Http2Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const timeval limit{.tv_sec = patience.count(), .tv_usec = 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
        const int at_once = 1;  // Window updates are small and must not wait for each other.
        ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof(at_once));
        EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
        nghttp2_session_callbacks* callbacks = nullptr;
        nghttp2_session_callbacks_new(&callbacks);
        nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
        nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
        nghttp2_session_client_new(&session_, callbacks, this);
        nghttp2_session_callbacks_del(callbacks);
        nghttp2_submit_settings(session_, 0, nullptr, 0);
    }
    ~Http2Client() {
        nghttp2_session_del(session_);
        ::close(socket_);
    }
    Http2Client(const Http2Client&) = delete;
    Http2Client& operator=(const Http2Client&) = delete;

    std::int32_t request(const std::string& method, const std::string& path, Fields more = {},
                         std::optional<std::string> body = std::nullopt) {
        Fields fields{
            {":method", method}, {":scheme", "http"}, {":authority", "h"}, {":path", path}};
        fields.insert(fields.end(), more.begin(), more.end());
        std::vector<nghttp2_nv> values;
        for (auto& [name, value] : fields) {
            values.push_back({reinterpret_cast<std::uint8_t*>(name.data()),
                              reinterpret_cast<std::uint8_t*>(value.data()), name.size(),
                              value.size(), 0});
        }
        nghttp2_data_provider provider{.source = {.ptr = this}, .read_callback = read_body};
        const std::int32_t id = nghttp2_submit_request(
            session_, nullptr, values.data(), values.size(), body ? &provider : nullptr, nullptr);
        if (body) bodies_[id] = {*std::move(body), 0};
        return id;
    }
    [[nodiscard]] std::size_t sent_of(std::int32_t id) { return bodies_[id].second; }
    void reset(std::int32_t id) { nghttp2_submit_rst_stream(session_, 0, id, NGHTTP2_CANCEL); }

    // Sends what there is to be sent.
    void flush() {
        const std::uint8_t* bytes = nullptr;
        ssize_t size = 0;
        while ((size = nghttp2_session_mem_send(session_, &bytes)) > 0) {
            std::size_t sent = 0;
            while (sent < static_cast<std::size_t>(size)) {
                const ssize_t more = ::send(socket_, bytes + sent,
                                            static_cast<std::size_t>(size) - sent, MSG_NOSIGNAL);
                if (more <= 0) return;
                sent += static_cast<std::size_t>(more);
            }
        }
    }
    // Until this holds; false when the connection has ended, or patience has.
    bool until(const std::function<bool()>& holds) {
        std::array<std::uint8_t, 65536> input{};
        while (true) {
            flush();
            if (holds()) return true;
            const ssize_t size = ::recv(socket_, input.data(), input.size(), 0);
            if (size <= 0) return false;
            nghttp2_session_mem_recv(session_, input.data(), static_cast<std::size_t>(size));
        }
    }
    // Until all that was sent has been looked at.
    void ping() {
        pongs_ = 0;
        nghttp2_submit_ping(session_, 0, nullptr);
        EXPECT_TRUE(until([this] { return pongs_ == 1; }));
    }
    const Reply& receive(std::int32_t id) {
        EXPECT_TRUE(until([&] { return replies[id].closed.has_value(); }));
        return replies[id];
    }

    std::map<std::int32_t, Reply> replies;
    bool told_to_go = false;

private:
    static Http2Client& self(void* user) { return *static_cast<Http2Client*>(user); }
    static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                         std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                         std::uint8_t, void* user) {
        self(user).replies[frame->hd.stream_id].head.insert_or_assign(
            std::string(reinterpret_cast<const char*>(name), name_size),
            std::string(reinterpret_cast<const char*>(value), value_size));
        return 0;
    }
    static int on_data(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* bytes,
                       std::size_t size, void* user) {
        self(user).replies[id].body.append(reinterpret_cast<const char*>(bytes), size);
        return 0;
    }
    static int on_close(nghttp2_session*, std::int32_t id, std::uint32_t code, void* user) {
        self(user).replies[id].closed = code;
        return 0;
    }
    static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
        if (frame->hd.type == NGHTTP2_GOAWAY) self(user).told_to_go = true;
        const bool is_ack = (frame->hd.flags & NGHTTP2_FLAG_ACK) != 0;
        if (frame->hd.type == NGHTTP2_PING && is_ack) ++self(user).pongs_;
        return 0;
    }
    static ssize_t read_body(nghttp2_session*, std::int32_t id, std::uint8_t* into,
                             std::size_t size, std::uint32_t* flags, nghttp2_data_source*,
                             void* user) {
        auto& [body, sent] = self(user).bodies_[id];
        const std::size_t taken = body.copy(reinterpret_cast<char*>(into), size, sent);
        sent += taken;
        if (sent == body.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
        return static_cast<ssize_t>(taken);
    }

    int socket_;
    nghttp2_session* session_ = nullptr;
    int pongs_ = 0;
    std::map<std::int32_t, std::pair<std::string, std::size_t>> bodies_;
};

using Http2Test = ServerTest;

TEST_F(Http2Test, an_answer_comes_with_its_head_and_its_body) {
    serve(echo);
    Http2Client client(server->port());
    const Reply& reply = client.receive(client.request("GET", "/a"));
    EXPECT_EQ(reply.status(), "200");
    EXPECT_EQ(reply.body, "GET /a ");
    EXPECT_EQ(reply.head.at("content-length"), "7");
    EXPECT_TRUE(reply.head.contains("date"));
    EXPECT_FALSE(reply.head.contains("connection"));
    EXPECT_EQ(reply.closed, 0U);
}

TEST_F(Http2Test, many_requests_share_a_connection_with_and_without_lengths) {
    serve(echo);
    Http2Client client(server->port());
    std::vector<std::int32_t> ids;
    for (int i = 0; i < 300; ++i) {
        const Fields fields = i % 2 == 0 ? Fields{{"content-length", "2"}} : Fields{};
        ids.push_back(client.request("PUT", "/b", fields, "hi"));
    }
    for (const std::int32_t id : ids) ASSERT_EQ(client.receive(id).body, "PUT /b hi");
    EXPECT_EQ(server->connection_count(), 1U);
}

TEST_F(Http2Test, large_bodies_pass_both_ways) {
    serve([](Exchange& exchange) -> Task<void> {
        ResponseHead head{.status = 200};
        if (!exchange.start(std::move(head))) co_return;
        while (true) {
            const auto piece = co_await exchange.read_body(100'000);
            if (!piece) co_return;
            if (piece->empty()) break;
            if (!co_await exchange.write(*piece)) co_return;
        }
        static_cast<void>(co_await exchange.finish());
    });
    Http2Client client(server->port());
    std::string body;
    for (int i = 0; body.size() < 5'000'000; ++i) body += std::to_string(i);
    const Reply& reply = client.receive(client.request("PUT", "/", {}, body));
    EXPECT_TRUE(reply.body == body) << reply.body.size();
}

TEST_F(Http2Test, the_answer_to_head_states_the_length_and_has_no_body) {
    serve(echo);
    Http2Client client(server->port());
    const Reply& reply = client.receive(client.request("HEAD", "/a"));
    EXPECT_EQ(reply.head.at("content-length"), "8");
    EXPECT_EQ(reply.body, "");
}

TEST_F(Http2Test, a_host_that_differs_from_the_authority_is_refused) {
    serve(echo);
    Http2Client client(server->port());
    EXPECT_EQ(client.receive(client.request("GET", "/", {{"host", "g"}})).status(), "400");
    EXPECT_EQ(client.receive(client.request("GET", "/", {{"host", "h"}})).status(), "200");
}

TEST_F(Http2Test, heads_have_the_limits_of_http_1) {
    Options options{.header_bytes_max = 20'000};
    options.head.target_bytes_max = 100;
    serve(echo, std::move(options));
    Http2Client client(server->port());
    const auto status = [&](std::int32_t id) { return client.receive(id).status(); };
    EXPECT_EQ(status(client.request("GET", "/" + std::string(200, 'a'))), "414");
    EXPECT_EQ(status(client.request("GET", "/", {{"a", std::string(21'000, 'a')}})), "431");
    Fields many;
    for (int i = 0; i < 300; ++i) many.emplace_back("a", "b");
    EXPECT_EQ(status(client.request("GET", "/", many)), "431");
    EXPECT_EQ(status(client.request("GET", "/")), "200");
}

TEST_F(Http2Test, a_body_nobody_reads_stops_at_the_window_and_holds_up_no_other_request) {
    Report<std::string> first;
    serve([&](Exchange& exchange) -> Task<void> {
        if (exchange.request().path == "/stuck") {
            auto box = exchange.make_mailbox<int>();
            const auto waited = co_await exchange.receive(box);
            first.set(waited.error().reason);
            co_return;
        }
        co_await echo(exchange);
    });
    Http2Client client(server->port());
    client.ping();  // It knows the settings now.
    const std::int32_t stuck = client.request("PUT", "/stuck", {}, std::string(3'000'000, 'x'));
    EXPECT_EQ(client.receive(client.request("GET", "/a")).body, "GET /a ");
    EXPECT_EQ(client.sent_of(stuck), http2_narrow_window_bytes);
    client.reset(stuck);
    client.flush();
    EXPECT_EQ(first.get(), "client_gone");
    EXPECT_EQ(client.receive(client.request("GET", "/a")).body, "GET /a ");
}

TEST_F(Http2Test, before_the_settings_are_acknowledged_all_bodies_have_one_small_window) {
    serve([](Exchange& exchange) -> Task<void> {
        auto box = exchange.make_mailbox<int>();
        static_cast<void>(co_await exchange.receive(box));
    });
    Http2Client client(server->port());
    std::vector<std::int32_t> ids;
    for (int i = 0; i < 10; ++i)
        ids.push_back(client.request("PUT", "/", {}, std::string(3'000'000, 'x')));
    client.flush();
    std::size_t sent = 0;
    for (const std::int32_t id : ids) sent += client.sent_of(id);
    EXPECT_EQ(sent, std::size_t{NGHTTP2_INITIAL_CONNECTION_WINDOW_SIZE});
    EXPECT_TRUE(client.until([&] { return client.sent_of(ids.back()) > 0; }));
    client.flush();
    EXPECT_EQ(client.sent_of(ids.back()), http2_narrow_window_bytes);
}

TEST_F(Http2Test, a_body_that_is_read_gets_a_wide_window) {
    std::optional<Mailbox<int>> wake;
    Report<bool> begun;
    serve([&](Exchange& exchange) -> Task<void> {
        static_cast<void>(co_await exchange.read_body(100'000));
        wake = exchange.make_mailbox<int>();
        begun.set(true);
        static_cast<void>(co_await exchange.receive(*wake));
        while (true) {
            const auto piece = co_await exchange.read_body(100'000);
            if (!piece || piece->empty()) break;
        }
        Response response{.head = {.status = 200}, .body = {}};
        static_cast<void>(
            co_await exchange.respond(std::move(response.head), std::move(response.body)));
    });
    Http2Client client(server->port());
    client.ping();
    const std::int32_t id = client.request("PUT", "/a", {}, std::string(3'000'000, 'x'));
    EXPECT_TRUE(client.until([&] { return client.sent_of(id) >= http2_wide_window_bytes; }));
    begun.get();
    wake->put(1);
    EXPECT_EQ(client.receive(id).status(), "200");
}

TEST_F(Http2Test, streams_of_all_connections_have_one_limit) {
    serve([&](Exchange& exchange) -> Task<void> {
        if (exchange.request().path != "/stuck") co_return co_await echo(exchange);
        auto box = exchange.make_mailbox<int>();
        static_cast<void>(co_await exchange.receive(box));
    });
    std::vector<std::unique_ptr<Http2Client>> clients;
    for (std::size_t streams = 0; streams < http2_server_streams_max;
         streams += http2_streams_max) {
        auto& client = *clients.emplace_back(std::make_unique<Http2Client>(server->port()));
        // Its settings say how many it may have at once.
        EXPECT_EQ(client.receive(client.request("GET", "/a")).status(), "200");
        for (std::size_t i = 0; i < http2_streams_max; ++i) client.request("GET", "/stuck");
        client.ping();
    }
    Http2Client late(server->port());
    EXPECT_EQ(late.receive(late.request("GET", "/a")).closed, NGHTTP2_REFUSED_STREAM);
    EXPECT_EQ(connect().exchange("GET /a HTTP/1.1\r\nHost: h\r\n\r\n").status, 200);
    clients.clear();
    while (late.receive(late.request("GET", "/a")).closed == NGHTTP2_REFUSED_STREAM) {
    }
}

TEST(Http2Stream, a_body_in_small_frames_takes_no_more_room_than_in_one) {
    struct Turns : Http2Turns {
        void ask_turn(std::shared_ptr<Http2Stream> /*stream*/) override {}
        void watch(SteadyTime /*deadline*/) override {}
    } turns;
    struct Events : StreamEvents {
        std::size_t bytes = 0;
        void on_read(std::size_t count) override { bytes = count; }
        void on_written(std::size_t /*count*/) override {}
        void on_broken() override {}
        void on_deadline() override {}
    } events;
    ByteBudget unread(1000);
    const auto stream = std::make_shared<Http2Stream>(turns, unread, 1, "peer", "", true);
    stream->set_owner(events);
    for (int i = 0; i < 1000; ++i) ASSERT_TRUE(stream->arrive("x"));
    EXPECT_FALSE(stream->arrive("x")) << "the bodies of all streams have one budget";
    stream->end_request();
    std::array<char, 4096> into{};
    stream->start_read(into);
    stream->deliver();
    EXPECT_EQ(std::string(into.data(), events.bytes),
              "3e8\r\n" + std::string(1000, 'x') + "\r\n0\r\n\r\n");
    EXPECT_EQ(stream->take_consumed(), 1000U);
    EXPECT_EQ(unread.bytes_in_use(), 0U);
}

TEST_F(Http2Test, an_answer_cut_off_is_a_reset_of_its_stream_alone) {
    serve([](Exchange& exchange) -> Task<void> {
        if (exchange.request().path == "/a") co_return co_await echo(exchange);
        ResponseHead head{.status = 200, .content_length = 10};
        if (!exchange.start(std::move(head))) co_return;
        static_cast<void>(co_await exchange.write("part"));
        exchange.abort();
    });
    Http2Client client(server->port());
    EXPECT_EQ(client.receive(client.request("GET", "/cut")).closed, NGHTTP2_INTERNAL_ERROR);
    EXPECT_EQ(client.receive(client.request("GET", "/a")).status(), "200");
}

TEST_F(Http2Test, too_many_resets_end_the_connection) {
    // A request that is reset in time has nobody to answer.
    serve([](Exchange& exchange) -> Task<void> {
        ResponseHead head;
        static_cast<void>(co_await exchange.respond(std::move(head), "heard or not"));
    });
    Http2Client client(server->port());
    for (std::size_t resets = 0; resets <= 2 * http2_resets_burst; resets += 50) {
        std::vector<std::int32_t> ids;
        for (int i = 0; i < 50; ++i) ids.push_back(client.request("GET", "/a"));
        client.flush();
        for (const std::int32_t id : ids) client.reset(id);
        client.flush();
    }
    EXPECT_FALSE(client.until([] { return false; }));
    EXPECT_TRUE(client.told_to_go);
}

TEST_F(Http2Test, a_stop_lets_requests_under_way_finish) {
    Report<bool> begun;
    std::optional<Mailbox<int>> box;
    serve([&](Exchange& exchange) -> Task<void> {
        box = exchange.make_mailbox<int>();
        begun.set(true);
        static_cast<void>(co_await exchange.receive(*box));
        co_await echo(exchange);
    });
    Http2Client client(server->port());
    const std::int32_t id = client.request("GET", "/a");
    client.flush();
    begun.get();
    std::jthread stopping([&] { server->stop(patience); });
    ASSERT_TRUE(client.until([&] { return client.told_to_go; }));
    box->put(1);
    EXPECT_EQ(client.receive(id).body, "GET /a ");
    EXPECT_FALSE(client.until([] { return false; }));
}

TEST_F(Http2Test, an_idle_connection_is_closed) {
    serve(echo, {.idle_timeout = 50ms});
    Http2Client client(server->port());
    EXPECT_EQ(client.receive(client.request("GET", "/a")).status(), "200");
    EXPECT_FALSE(client.until([] { return false; }));
    EXPECT_TRUE(client.told_to_go);
}

TEST_F(Http2Test, bytes_that_are_not_http_2_end_the_connection) {
    serve(echo);
    Client client = connect();
    client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + std::string(200, '\xff'));
    EXPECT_LT(client.read_some(100'000), 100'000U);
    EXPECT_EQ(connect().exchange("GET /a HTTP/1.1\r\nHost: h\r\n\r\n").status, 200);
    Client late = connect();
    late.exchange("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(late.exchange("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").status, 505);
}

}  // namespace
}  // namespace onput::http
