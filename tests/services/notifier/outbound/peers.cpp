#include "tests/services/notifier/outbound/peers.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace onput::notifier {

bool Connection::receive() {
    while (!stopping_) {
        pollfd waited{.fd = fd_, .events = POLLIN, .revents = 0};
        if (::poll(&waited, 1, 20) == 0) continue;
        char bytes[4096];
        const ssize_t count = ::recv(fd_, bytes, sizeof bytes, 0);
        if (count <= 0) return false;
        received_.append(bytes, static_cast<std::size_t>(count));
        return true;
    }
    return false;
}

std::string Connection::read_until(std::string_view end) {
    while (received_.find(end) == std::string::npos && receive()) continue;
    const std::size_t at = received_.find(end);
    return read_bytes(at == std::string::npos ? received_.size() : at + end.size());
}

std::string Connection::read_bytes(std::size_t count) {
    while (received_.size() < count && receive()) continue;
    std::string bytes = received_.substr(0, count);
    received_.erase(0, count);
    return bytes;
}

bool Connection::write(std::string_view bytes) const {
    while (!bytes.empty() && !stopping_) {
        pollfd waited{.fd = fd_, .events = POLLOUT, .revents = 0};
        if (::poll(&waited, 1, 20) == 0) continue;
        const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count < 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return bytes.empty();
}

void Connection::wait_for_end() {
    while (receive()) received_.clear();
}

bool Connection::pause() {
    pollfd waited{.fd = fd_, .events = POLLIN, .revents = 0};
    return ::poll(&waited, 1, 20) == 0 && !stopping_;
}

Peer::Peer(std::function<void(Connection&)> behaviour) : behaviour_(std::move(behaviour)) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(fd_, 512), 0);
    EXPECT_EQ(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
}

Peer::~Peer() {
    stopping_ = true;
    thread_.join();
    ::close(fd_);
}

void Peer::run() {
    std::vector<std::thread> threads;
    while (!stopping_) {
        pollfd waited{.fd = fd_, .events = POLLIN, .revents = 0};
        if (::poll(&waited, 1, 20) == 0) continue;
        const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0) continue;
        ++connections_;
        threads.emplace_back([this, fd] {
            Connection connection(fd, stopping_);
            behaviour_(connection);
            ::close(fd);
        });
    }
    for (std::thread& thread : threads) thread.join();
}

std::string read_request(Connection& connection) {
    std::string head = connection.read_until("\r\n\r\n");
    const std::string name = "\r\nContent-Length: ";
    const std::size_t at = head.find(name);
    if (at == std::string::npos) return head;
    return head + connection.read_bytes(std::stoul(head.substr(at + name.size())));
}

HttpPeer::HttpPeer(std::string reply) {
    peer_ = std::make_unique<Peer>(
        [this, reply = std::move(reply)](Connection& connection) { serve(connection, reply); });
}

void HttpPeer::serve(Connection& connection, const std::string& reply) {
    for (;;) {
        std::string request = read_request(connection);
        if (request.empty()) return;
        {
            const std::scoped_lock lock(mutex_);
            requests_.push_back(std::move(request));
        }
        if (!connection.write("HTTP/1.1 " + reply)) return;
    }
}

std::vector<std::string> HttpPeer::requests() const {
    const std::scoped_lock lock(mutex_);
    return requests_;
}

Sender::Sender(OutboundOptions options) {
    auto started = Outbound::start(loop, std::move(options));
    EXPECT_TRUE(started) << started.error().message;
    outbound = *std::move(started);
}

OutboundResult Sender::send(OutboundMessage message) {
    std::optional<OutboundResult> result;
    outbound->send(std::move(message), [&](OutboundResult given) {
        EXPECT_FALSE(result) << "answered twice";
        result = std::move(given);
        loop.stop();
    });
    EXPECT_FALSE(result) << "answered before send returned";
    run_until([&] { return result.has_value(); });
    return result.value_or(OutboundResult{});
}

void Sender::run_until(const std::function<bool()>& is_done) {
    bool is_late = false;
    const transport::TimerId timer = loop.after(std::chrono::minutes(1), [&] {
        is_late = true;
        loop.stop();
    });
    while (!is_done() && !is_late) loop.run();
    loop.cancel(timer);
    EXPECT_FALSE(is_late);
}

}  // namespace onput::notifier
