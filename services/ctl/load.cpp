#include "services/ctl/load.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/errno_text.hpp"

namespace onput::ctl {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t read_bytes = 64 * 1024;
// What is kept of an answer: its head, or what it says of a failure.
constexpr std::size_t kept_bytes_max = 64 * 1024;

// One keep-alive connection with one request open.
struct Connection {
    int fd = -1;
    std::string out;
    std::size_t sent = 0;
    std::string in;            // The beginning of an answer.
    std::size_t received = 0;  // Bytes of it.
    std::size_t expected = 0;  // Bytes of the whole answer; 0: its head is not complete yet.
    int status = 0;
    Clock::time_point started;
};

std::size_t content_length(std::string_view head) {
    constexpr std::string_view name = "content-length:";
    for (std::size_t at = 0; at + name.size() < head.size(); ++at) {
        if (head[at] != 'C' && head[at] != 'c') continue;
        if (strncasecmp(head.data() + at, name.data(), name.size()) != 0) continue;
        std::size_t value = 0;
        const char* digits = head.data() + at + name.size();
        while (*digits == ' ') ++digits;
        std::from_chars(digits, head.data() + head.size(), value);
        return value;
    }
    return 0;
}

class Load {
public:
    Load(const LoadOptions& options, const MakeRequest& make_request)
        : options_(options), make_request_(make_request), epoll_(epoll_create1(EPOLL_CLOEXEC)) {}
    ~Load() {
        for (const auto& connection : connections_) close(connection.fd);
        close(epoll_);
    }
    Load(const Load&) = delete;
    Load& operator=(const Load&) = delete;

    Result<LoadResult> run() {
        ONPUT_TRY_VOID(connect_all());
        const auto begin = Clock::now();
        deadline_ = begin + options_.duration;
        open_ = connections_.size();
        for (std::size_t i = 0; i < connections_.size(); ++i)
            ONPUT_TRY_VOID(begin_request(connections_[i]));
        std::vector<epoll_event> events(connections_.size());
        while (open_ > 0) {
            const int count =
                epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 10'000);
            if (count == 0) return fail(ErrorCode::timeout, "the server did not answer for 10 s");
            if (count < 0 && errno != EINTR)
                return fail(ErrorCode::internal, std::string("epoll_wait: ") + errno_text());
            for (int i = 0; i < count; ++i) {
                ONPUT_TRY_VOID(
                    on_ready(connections_[events[static_cast<std::size_t>(i)].data.u64]));
            }
        }
        result_.elapsed = std::chrono::duration_cast<Duration>(Clock::now() - begin);
        return std::move(result_);
    }

private:
    Result<void> connect_all() {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        const auto colon = options_.url.rfind(':');
        std::uint16_t port = 0;
        std::from_chars(options_.url.data() + colon + 1, options_.url.data() + options_.url.size(),
                        port);
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        connections_.resize(std::min<std::uint64_t>(options_.clients, options_.requests_max));
        for (std::size_t i = 0; i < connections_.size(); ++i) {
            const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
            const int one = 1;
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
                return fail(ErrorCode::unavailable,
                            "connect to " + options_.url + ": " + errno_text());
            }
            connections_[i].fd = fd;
            epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLET, .data = {.u64 = i}};
            epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
        }
        return {};
    }

    Result<void> begin_request(Connection& connection) {
        ONPUT_TRY(connection.out, make_request_(next_number_++));
        connection.sent = 0;
        connection.in.clear();
        connection.received = 0;
        connection.expected = 0;
        connection.started = Clock::now();
        return send_more(connection);
    }

    Result<void> send_more(Connection& connection) {
        const std::string_view out = connection.out;
        while (connection.sent < out.size() + options_.body.size()) {
            const bool is_body = connection.sent >= out.size();
            const std::string_view rest = is_body
                                              ? options_.body.substr(connection.sent - out.size())
                                              : out.substr(connection.sent);
            const ssize_t count =
                send(connection.fd, rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
            if (count < 0 && errno == EINTR) continue;
            if (count < 0 && errno == EAGAIN) return {};
            if (count < 0)
                return fail(ErrorCode::unavailable, std::string("send: ") + errno_text());
            connection.sent += static_cast<std::size_t>(count);
        }
        return {};
    }

    Result<void> on_ready(Connection& connection) {
        if (connection.fd < 0) return {};
        ONPUT_TRY_VOID(send_more(connection));
        while (true) {
            char chunk[read_bytes];
            const ssize_t count = recv(connection.fd, chunk, sizeof chunk, MSG_DONTWAIT);
            if (count < 0 && errno == EINTR) continue;
            if (count < 0 && errno == EAGAIN) return {};
            if (count <= 0) return fail(ErrorCode::unavailable, "the server closed a connection");
            connection.received += static_cast<std::size_t>(count);
            const std::size_t room = kept_bytes_max - connection.in.size();
            connection.in.append(chunk, std::min(static_cast<std::size_t>(count), room));
            if (is_complete(connection)) {
                finish(connection);
                if (Clock::now() >= deadline_ || next_number_ >= options_.requests_max) {
                    close(connection.fd);
                    connection.fd = -1;
                    --open_;
                    return {};
                }
                ONPUT_TRY_VOID(begin_request(connection));
            }
        }
    }

    bool is_complete(Connection& connection) const {
        if (connection.expected == 0) {
            const auto end = connection.in.find("\r\n\r\n");
            if (end == std::string::npos || connection.in.size() < 12) return false;
            std::from_chars(connection.in.data() + 9, connection.in.data() + 12, connection.status);
            const auto head = std::string_view(connection.in).substr(0, end);
            connection.expected = end + 4 + (options_.are_heads ? 0 : content_length(head));
        }
        return connection.received >= connection.expected;
    }

    void finish(const Connection& connection) {
        ++result_.requests;
        result_.latencies.push_back(
            std::chrono::duration_cast<Duration>(Clock::now() - connection.started));
        result_.bytes += connection.received;
        if (connection.status >= 300) {
            if (result_.failures++ == 0) result_.first_failure = connection.in;
        }
    }

    const LoadOptions& options_;
    const MakeRequest& make_request_;
    int epoll_;
    std::vector<Connection> connections_;
    std::size_t open_ = 0;
    std::uint64_t next_number_ = 0;
    Clock::time_point deadline_;
    LoadResult result_;
};

}  // namespace

double LoadResult::per_second() const {
    const double seconds = std::chrono::duration<double>(elapsed).count();
    return seconds > 0 ? static_cast<double>(requests) / seconds : 0;
}

Duration LoadResult::percentile(double share) {
    if (latencies.empty()) return Duration(0);
    const auto at =
        std::min(static_cast<std::size_t>(share * static_cast<double>(latencies.size())),
                 latencies.size() - 1);
    std::ranges::nth_element(latencies, latencies.begin() + static_cast<std::ptrdiff_t>(at));
    return latencies[at];
}

Result<LoadResult> run_load(const LoadOptions& options, const MakeRequest& make_request) {
    return Load(options, make_request).run();
}

}  // namespace onput::ctl
