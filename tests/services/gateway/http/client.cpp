#include "tests/services/gateway/http/client.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace onput::http {

Client::Client(std::uint16_t port, Receive receive) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval time{.tv_sec = patience.count(), .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time));
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof(time));
    if (receive == Receive::narrow) {
        constexpr int segment_bytes = 1460;
        constexpr int buffer_bytes = 16 << 10;
        ::setsockopt(socket_, IPPROTO_TCP, TCP_MAXSEG, &segment_bytes, sizeof(segment_bytes));
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &buffer_bytes, sizeof(buffer_bytes));
    }
    const auto* target = reinterpret_cast<const sockaddr*>(&address);
    connected_ = ::connect(socket_, target, sizeof(address)) == 0;
}

Client::~Client() {
    if (socket_ >= 0) ::close(socket_);
}

bool Client::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

std::size_t Client::send_until_blocked(std::size_t bytes_max) {
    const std::string piece(64 * 1024, 'x');
    std::size_t total = 0;
    pollfd state{.fd = socket_, .events = POLLOUT, .revents = 0};
    while (total < bytes_max && ::poll(&state, 1, 100) == 1) {
        const std::size_t size = std::min(piece.size(), bytes_max - total);
        const ssize_t sent = ::send(socket_, piece.data(), size, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent > 0) total += static_cast<std::size_t>(sent);
    }
    return total;
}

bool Client::fill() {
    std::array<char, 64 * 1024> piece;
    const ssize_t received = ::recv(socket_, piece.data(), piece.size(), 0);
    if (received > 0) input_.append(piece.data(), static_cast<std::size_t>(received));
    ended_ = received == 0;
    return received > 0;
}

Answer Client::receive(Body body) {
    while (!input_.contains("\r\n\r\n")) {
        if (!fill()) return {};
    }
    Answer answer;
    answer.head = input_.substr(0, input_.find("\r\n\r\n") + 4);
    input_.erase(0, answer.head.size());
    std::from_chars(answer.head.data() + 9, answer.head.data() + 12, answer.status);
    if (body == Body::none || answer.status == 100 || answer.status == 204) return answer;

    const std::string_view name = "Content-Length: ";
    std::size_t length = 0;
    if (const std::size_t found = answer.head.find(name); found != std::string::npos) {
        const char* digits = answer.head.data() + found + name.size();
        std::from_chars(digits, answer.head.data() + answer.head.size(), length);
    } else if (answer.says("Transfer-Encoding: chunked")) {
        while (!input_.contains("0\r\n\r\n") && fill()) continue;
        length = input_.find("0\r\n\r\n") + 5;
    } else {
        while (fill()) continue;
        length = input_.size();
    }
    while (input_.size() < length && fill()) continue;
    answer.body = input_.substr(0, length);
    input_.erase(0, length);
    return answer;
}

std::optional<std::string> Client::receive_rest() {
    while (fill()) continue;
    if (!ended_) return std::nullopt;
    return std::exchange(input_, {});
}

std::size_t Client::read_some(std::size_t bytes) {
    std::array<char, 64 * 1024> piece;
    std::size_t read = 0;
    while (read < bytes) {
        const auto wanted = std::min(piece.size(), bytes - read);
        const ssize_t received = ::recv(socket_, piece.data(), wanted, 0);
        if (received <= 0) break;
        read += static_cast<std::size_t>(received);
    }
    return read;
}

bool Client::readable_within(std::chrono::milliseconds time) {
    pollfd state{.fd = socket_, .events = POLLIN, .revents = 0};
    return ::poll(&state, 1, static_cast<int>(time.count())) == 1;
}

void Client::shut_output() {
    ::shutdown(socket_, SHUT_WR);
}

void Client::reset() {
    const linger hard{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    ::close(std::exchange(socket_, -1));
}

Task<void> ServerTest::echo(Exchange& exchange) {
    auto body = co_await exchange.read_whole_body(1 << 20);
    if (!body) co_return;
    std::string text = std::string(exchange.request().method) + " ";
    text.append(exchange.request().path).append(" ").append(*body);
    ResponseHead head;
    const auto sent = co_await exchange.respond(std::move(head), std::move(text));
    EXPECT_TRUE(sent);
}

}  // namespace onput::http
