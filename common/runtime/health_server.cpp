#include <cerrno>
#include <cstring>
#include <map>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <fmt/format.h>

#include "common/base/errno_text.hpp"
#include "common/base/text.hpp"
#include "common/runtime/health.hpp"

namespace onput::runtime {
namespace {

namespace http = boost::beast::http;

struct HostPort {
    std::string host;
    std::string port;
};

Result<HostPort> split_address(const std::string& address) {
    const auto colon = address.rfind(':');
    HostPort parts{.host = address.substr(0, colon)};
    if (colon != std::string::npos) parts.port = address.substr(colon + 1);
    if (!parse_number<std::uint16_t>(parts.port) || parts.host.empty()) {
        return fail(ErrorCode::invalid_argument,
                    "health_listen '" + address + "' is no address and port, like 127.0.0.1:9100");
    }
    if (parts.host.starts_with('[') && parts.host.ends_with(']')) {
        parts.host = parts.host.substr(1, parts.host.size() - 2);
    }
    return parts;
}

Result<int> open_listener(const std::string& address) {
    ONPUT_TRY(const auto parts, split_address(address));
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    if (const int code = getaddrinfo(parts.host.c_str(), parts.port.c_str(), &hints, &found);
        code != 0) {
        return fail(ErrorCode::invalid_argument,
                    "health_listen '" + address + "': " + gai_strerror(code));
    }
    const int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int one = 1;
    if (fd >= 0) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    const bool is_open =
        fd >= 0 && bind(fd, found->ai_addr, found->ai_addrlen) == 0 && ::listen(fd, SOMAXCONN) == 0;
    const int failure = errno;
    freeaddrinfo(found);
    if (is_open) return fd;
    if (fd >= 0) close(fd);
    return fail(ErrorCode::unavailable, "listen on " + address + ": " + errno_text(failure));
}

class SocketHealthServer final : public HealthServer {
public:
    SocketHealthServer(transport::Loop& loop, int fd, std::function<HealthReport()> ask)
        : loop_(loop), fd_(fd), ask_(std::move(ask)) {
        loop_.watch(fd_, [this] { accept_all(); });
    }
    ~SocketHealthServer() override {
        while (!connections_.empty()) drop(connections_.begin()->first);
        loop_.unwatch(fd_);
        close(fd_);
    }
    SocketHealthServer(const SocketHealthServer&) = delete;
    SocketHealthServer& operator=(const SocketHealthServer&) = delete;

    [[nodiscard]] std::uint16_t port() const override {
        sockaddr_storage address{};
        socklen_t length = sizeof address;
        char text[NI_MAXSERV] = "";
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        if (getsockname(fd_, generic, &length) == 0) {
            getnameinfo(generic, length, nullptr, 0, text, sizeof text, NI_NUMERICSERV);
        }
        return parse_number<std::uint16_t>(text).value_or(0);
    }

private:
    struct Connection {
        http::request_parser<http::empty_body> parser;
        std::string unread;
        transport::TimerId timer;
    };

    void accept_all() {
        int fd = -1;
        while ((fd = accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
            if (connections_.size() == health_connections_max) {
                close(fd);
                continue;
            }
            auto& connection = connections_[fd];
            connection.parser.header_limit(health_request_bytes_max);
            connection.timer = loop_.after(health_connection_timeout, [this, fd] { drop(fd); });
            loop_.watch(fd, [this, fd] { read(fd); });
        }
    }

    void read(int fd) {
        Connection& connection = connections_.at(fd);
        char chunk[2048];
        const ssize_t count = recv(fd, chunk, sizeof chunk, 0);
        if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (count <= 0) return drop(fd);
        connection.unread.append(chunk, static_cast<std::size_t>(count));
        boost::system::error_code error;
        const std::size_t taken =
            connection.parser.put(boost::asio::buffer(connection.unread), error);
        connection.unread.erase(0, taken);
        if (error == http::error::need_more && connection.unread.size() < health_request_bytes_max)
            return;
        if (error || !connection.parser.is_header_done()) return drop(fd);
        answer(fd, connection);
        drop(fd);
    }

    // An answer of this size fits the socket's buffer, or its reader has gone.
    void answer(int fd, const Connection& connection) {
        const auto& request = connection.parser.get();
        const auto made =
            answer_health({request.method_string().data(), request.method_string().size()},
                          {request.target().data(), request.target().size()}, ask_());
        const auto reason = http::obsolete_reason(static_cast<http::status>(made.status));
        std::string bytes = fmt::format(
            "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            made.status, std::string_view(reason.data(), reason.size()), made.content_type,
            made.body.size());
        if (request.method() != http::verb::head) bytes += made.body;
        static_cast<void>(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL));
    }

    void drop(int fd) {
        const auto found = connections_.find(fd);
        if (found == connections_.end()) return;
        loop_.cancel(found->second.timer);
        loop_.unwatch(fd);
        close(fd);
        connections_.erase(found);
    }

    transport::Loop& loop_;
    int fd_;
    std::function<HealthReport()> ask_;
    std::map<int, Connection> connections_;
};

}  // namespace

Result<std::unique_ptr<HealthServer>> HealthServer::listen(transport::Loop& loop,
                                                           const std::string& address,
                                                           std::function<HealthReport()> ask) {
    ONPUT_TRY(const int fd, open_listener(address));
    return std::make_unique<SocketHealthServer>(loop, fd, std::move(ask));
}

}  // namespace onput::runtime
