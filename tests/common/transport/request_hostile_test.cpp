// Bytes that no client of ours sends, from a bare DEALER and from a bare TCP connection.
#include <arpa/inet.h>
#include <filesystem>
#include <iterator>
#include <netinet/in.h>
#include <sys/socket.h>

#include "common/base/random.hpp"
#include "common/transport/socket.hpp"
#include "tests/common/transport/request_harness.hpp"

namespace onput::transport {
namespace {

constexpr ReceiveLimits receive_limits{.frames_max = 16, .bytes_max = request_bytes_max};

std::size_t open_descriptors() {
    using Entries = std::filesystem::directory_iterator;
    return static_cast<std::size_t>(std::distance(Entries("/proc/self/fd"), Entries()));
}

class RequestHostileTest : public testing::Test {
protected:
    RequestHostileTest() {
        server = bind_server(loop.get(), "tcp://127.0.0.1:*", [this](Request request) {
            ++handled;
            server->reply(request.reply_to, Reply{.body = std::move(request.body)});
        });
        dealer = std::make_unique<Socket>(
            std::move(*Socket::open(loop.get().context(), {.type = SocketType::dealer,
                                                           .send_queue_max = 100'000,
                                                           .receive_queue_max = 100'000})));
        EXPECT_TRUE(dealer->connect(server->endpoints()[0]));
        EXPECT_TRUE(loop.run_until([this] { return dealer->refresh(); }));
    }

    void send(std::vector<std::string> texts) {
        std::vector<Frame> frames;
        for (auto& text : texts) frames.emplace_back(std::move(text));
        EXPECT_EQ(dealer->send(frames), Sent::all);
    }
    // The next reply's header.
    schema::ReplyHeader receive() {
        std::vector<Frame> frames;
        EXPECT_TRUE(loop.run_until(
            [&] { return dealer->receive(frames, receive_limits) == Received::message; }));
        const auto header = schema::decode<schema::ReplyHeader>(frames.at(0).view());
        EXPECT_TRUE(header);
        return header.value_or(schema::ReplyHeader{});
    }
    static std::string header(std::uint64_t id) {
        return schema::encode(
            schema::RequestHeader{.request_id = id, .method = "test.echo", .timeout_ms = 0});
    }
    void expect_good_request_is_answered() {
        send({header(99), "body"});
        auto reply = receive();
        while (reply.request_id != 99) reply = receive();
        EXPECT_EQ(reply.error_code, 0);
    }

    TestLoop loop;
    std::unique_ptr<RequestServer> server;
    std::unique_ptr<Socket> dealer;
    int handled = 0;
};

TEST_F(RequestHostileTest, a_header_with_a_readable_id_is_answered_with_corruption) {
    schema::Encoder out;
    out.array(4);
    out.natural(static_cast<std::uint64_t>(schema::Kind::request_header));
    out.natural(1);
    out.natural(1);
    out.array(2);
    out.natural(7);     // request_id
    out.natural(1234);  // method, which is a text
    send({out.take(), "body"});
    const auto reply = receive();
    EXPECT_EQ(reply.request_id, 7U);
    EXPECT_EQ(reply.error_code, static_cast<int>(ErrorCode::corruption));
    EXPECT_EQ(handled, 0);
}

TEST_F(RequestHostileTest, a_request_without_a_body_is_answered_with_corruption) {
    send({header(8)});
    const auto reply = receive();
    EXPECT_EQ(reply.request_id, 8U);
    EXPECT_EQ(reply.error_code, static_cast<int>(ErrorCode::corruption));
}

TEST_F(RequestHostileTest, too_many_attachments_are_answered_with_resource_exhausted) {
    std::vector<std::string> frames(attachments_max + 3);
    frames[0] = header(9);
    send(std::move(frames));
    const auto reply = receive();
    EXPECT_EQ(reply.request_id, 9U);
    EXPECT_EQ(reply.error_code, static_cast<int>(ErrorCode::resource_exhausted));
    EXPECT_EQ(handled, 0);
}

TEST_F(RequestHostileTest, attachments_too_large_together_are_answered_with_resource_exhausted) {
    std::vector<std::string> frames{header(10), ""};
    for (int i = 0; i < 7; ++i) frames.emplace_back(request_bytes_max, 'x');
    send(std::move(frames));
    const auto reply = receive();
    EXPECT_EQ(reply.request_id, 10U);
    EXPECT_EQ(reply.error_code, static_cast<int>(ErrorCode::resource_exhausted));
}

TEST_F(RequestHostileTest, garbage_frames_are_dropped_and_the_server_goes_on) {
    Random random(1);
    for (int i = 0; i < 2000; ++i) {
        std::vector<std::string> frames(1 + random.below(5));
        for (auto& frame : frames) {
            frame.resize(random.below(64));
            for (char& byte : frame) byte = static_cast<char>(random.next());
        }
        send(std::move(frames));
    }
    expect_good_request_is_answered();
    EXPECT_EQ(handled, 1);
}

TEST_F(RequestHostileTest, broken_copies_of_a_good_header_do_no_harm) {
    Random random(2);
    const std::string good = header(11);
    for (int i = 0; i < 2000; ++i) {
        std::string bad = good;
        bad[random.below(bad.size())] = static_cast<char>(random.next());
        if (random.chance(1, 2)) bad.resize(random.below(bad.size()));
        send({std::move(bad), "body"});
    }
    expect_good_request_is_answered();
}

TEST_F(RequestHostileTest, a_frame_above_the_limit_cuts_only_the_connection_that_sent_it) {
    Results results;
    const auto other = RequestClient::connect(loop.get(), server->endpoints()[0]);
    send({header(12), std::string(request_bytes_max + 1, 'x')});
    other->call("test.echo", "fine", {}, results.take());
    ASSERT_TRUE(loop.run_until([&] { return results.all.size() == 1; }));
    EXPECT_EQ(results.all[0]->body, "fine");
}

TEST_F(RequestHostileTest, bytes_that_are_no_zmtp_do_no_harm) {
    const std::string endpoint = server->endpoints()[0];
    const auto port = std::stoi(endpoint.substr(endpoint.rfind(':') + 1));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const std::size_t descriptors = open_descriptors();
    Random random(3);
    for (int i = 0; i < 50; ++i) {
        const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        ASSERT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
        std::string bytes(random.below(200), '\0');
        for (char& byte : bytes) byte = static_cast<char>(random.next());
        // Whether it still takes them is the server's choice.
        static_cast<void>(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL));
        ::close(fd);
    }
    expect_good_request_is_answered();
    // Accepted after them all.
    auto last = RequestClient::connect(loop.get(), endpoint);
    Results results;
    last->call("test.echo", "fine", {}, results.take());
    ASSERT_TRUE(loop.run_until([&] { return results.all.size() == 1; }));
    last.reset();
    // libzmq 4.3.4 aborts when a socket is closed while such a connection says its first words.
    EXPECT_TRUE(loop.run_until([&] { return open_descriptors() <= descriptors; }));
}

TEST_F(RequestHostileTest, a_reply_to_a_peer_that_is_gone_is_dropped) {
    dealer.reset();
    server->reply({.peer = "nobody", .request_id = 1}, Reply{});
    server->reply({.peer = "", .request_id = 1}, Reply{});
    SUCCEED();
}

}  // namespace
}  // namespace onput::transport
