// The client against real sockets on loopback, of a peer that answers as the test says.
#include "common/http/client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>

#include "common/base/check.hpp"
#include "common/transport/loop.hpp"

namespace onput::http {
namespace {

using namespace std::chrono_literals;

// One connection at a time, on a thread: reads a head and so many bytes behind it, and answers.
class Peer {
public:
    Peer(std::size_t body_bytes, std::string answer)
        : body_bytes_(body_bytes),
          answer_(std::move(answer)),
          fd_(socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
        socklen_t size = sizeof address;
        ONPUT_CHECK(bind(fd_, reinterpret_cast<sockaddr*>(&address), size) == 0);
        ONPUT_CHECK(listen(fd_, 8) == 0);
        ONPUT_CHECK(getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { run(); });
    }
    ~Peer() {
        shutdown(fd_, SHUT_RDWR);
        thread_.join();
        close(fd_);
    }
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;

    [[nodiscard]] std::string url() const {
        return "http://127.0.0.1:" + std::to_string(port_) + "/a%20b?c";
    }
    // What came, once the answer is there.
    [[nodiscard]] const std::string& received() const { return received_; }

private:
    void run() {
        while (true) {
            const int connection = accept(fd_, nullptr, nullptr);
            if (connection < 0) return;
            received_.clear();
            std::array<char, 65536> chunk{};
            while (!is_whole()) {
                const ssize_t count = read(connection, chunk.data(), chunk.size());
                if (count <= 0) break;
                received_.append(chunk.data(), static_cast<std::size_t>(count));
            }
            // The client may be gone: then it has no use for it.
            static_cast<void>(send(connection, answer_.data(), answer_.size(), MSG_NOSIGNAL) > 0);
            close(connection);
        }
    }
    [[nodiscard]] bool is_whole() const {
        const auto end = received_.find("\r\n\r\n");
        return end != std::string::npos && received_.size() >= end + 4 + body_bytes_;
    }

    std::size_t body_bytes_;
    std::string answer_;
    int fd_;
    int port_ = 0;
    std::string received_;
    std::thread thread_;
};

class HttpClientTest : public testing::Test {
protected:
    HttpClientTest() { client_ = *Client::start(loop, {.silence_max = 1s}); }

    Result<Answer> send(Request request) {
        Result<Answer> answer = fail(ErrorCode::timeout, "no answer");
        client_->send(std::move(request), [this, &answer](Result<Answer> come) {
            answer = std::move(come);
            loop.stop();
        });
        loop.after(30s, [this] { loop.stop(); });
        loop.run();
        return answer;
    }

    transport::Context context;
    transport::Loop loop{context};
    std::unique_ptr<Client> client_;
};

TEST_F(HttpClientTest, an_answer_has_its_status_headers_and_body) {
    const Peer peer(0, "HTTP/1.1 404 No\r\nX-Amz-A:  b \r\nContent-Length: 3\r\n\r\nabc");
    const auto answer = send({.url = peer.url(), .headers = {{"X-B", "c"}}});
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->status, 404);
    EXPECT_EQ(answer->headers.at("x-amz-a"), "b");
    EXPECT_EQ(answer->body, "abc");
    EXPECT_TRUE(peer.received().starts_with("GET /a%20b?c HTTP/1.1\r\n"));
    EXPECT_NE(peer.received().find("X-B: c\r\n"), std::string::npos);
}

TEST_F(HttpClientTest, a_body_comes_whole_or_in_pieces) {
    const std::string body(100'000, 'x');
    const Peer peer(body.size(), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    ASSERT_TRUE(send({.method = "PUT", .url = peer.url(), .body = body}));
    EXPECT_TRUE(peer.received().ends_with("\r\n\r\n" + body));
    std::size_t given = 0;
    Request request{.method = "PUT", .url = peer.url(), .stream_bytes = body.size()};
    request.next = [&](PieceDone done) {
        // Later, as bytes of a disk come.
        loop.post([&, done = std::move(done)]() mutable {
            const std::size_t some = std::min<std::size_t>(7'000, body.size() - given);
            given += some;
            done(body.substr(0, some));
        });
    };
    ASSERT_TRUE(send(std::move(request)));
    EXPECT_EQ(given, body.size());
    EXPECT_TRUE(peer.received().ends_with("\r\n\r\n" + body));
}

TEST_F(HttpClientTest, bytes_that_cannot_be_read_end_the_request) {
    const Peer peer(10, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    Request request{.method = "PUT", .url = peer.url(), .stream_bytes = 10};
    request.next = [](PieceDone done) { done(fail(ErrorCode::corruption, "damaged")); };
    const auto answer = send(std::move(request));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().message, "damaged");
}

TEST_F(HttpClientTest, redirects_are_answers) {
    const Peer peer(0,
                    "HTTP/1.1 301 M\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
    const auto answer = send({.url = peer.url()});
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 301);
}

TEST_F(HttpClientTest, what_can_never_be_sent_and_what_breaks_are_errors) {
    for (const std::string url : {"ftp://127.0.0.1/", "127.0.0.1", "http://a\nb/"}) {
        const auto answer = send({.url = url});
        ASSERT_FALSE(answer);
        EXPECT_EQ(answer.error().code, ErrorCode::invalid_argument) << url;
    }
    const Peer broken(0, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
    EXPECT_EQ(send({.url = broken.url()}).error().code, ErrorCode::unavailable);
    const Peer large(0, "HTTP/1.1 200 OK\r\n\r\n" + std::string(answer_bytes_max + 1, 'x'));
    EXPECT_EQ(send({.url = large.url()}).error().code, ErrorCode::resource_exhausted);
    EXPECT_FALSE(Client::start(loop, {.ca_file = "/nonexistent/ca.pem"}));
}

}  // namespace
}  // namespace onput::http
