#include "services/ctl/load.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <optional>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/base/errno_text.hpp"
#include "common/base/text.hpp"

namespace onput::ctl {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t read_bytes = 64 * 1024;
constexpr int silence_ms_max = 60'000;
constexpr std::size_t shown_bytes_max = 1024;  // Of an answer, for first_failure.
constexpr std::string_view head_end = "\r\n\r\n";

// One answer, as it comes in.
class Answer {
public:
    explicit Answer(bool has_body) : has_body_(has_body) {}

    // True when it is complete. Nothing follows it: one request is open at a time.
    bool add(std::string_view bytes) {
        if (is_head_in_) return add_body(bytes);
        text_ += bytes;
        const auto end = text_.find(head_end);
        if (end == std::string::npos) return false;
        is_head_in_ = true;
        read_head(std::string_view(text_).substr(0, end));
        return add_body(std::string(text_, end + head_end.size()));
    }

    [[nodiscard]] bool is_good() const { return status_ >= 200 && status_ < 300; }
    [[nodiscard]] const std::string& text() const { return text_; }
    [[nodiscard]] bool has_begun() const { return has_begun_; }

private:
    void read_head(std::string_view head) {
        constexpr std::size_t status_at = sizeof("HTTP/1.1 ") - 1;
        constexpr std::size_t status_digits = 3;
        if (head.size() >= status_at + status_digits)
            status_ = parse_number<int>(head.substr(status_at, status_digits)).value_or(0);
        while (!head.empty()) {
            const auto line = head.substr(0, head.find("\r\n"));
            head.remove_prefix(std::min(head.size(), line.size() + 2));
            const auto colon = line.find(':');
            if (colon == std::string_view::npos) continue;
            const auto name = line.substr(0, colon);
            const auto value = trimmed(line.substr(colon + 1));
            if (equal_ignoring_case(name, "content-length"))
                bytes_left_ = parse_number<std::uint64_t>(value).value_or(0);
            if (equal_ignoring_case(name, "transfer-encoding")) is_chunked_ = true;
        }
    }

    bool add_body(std::string_view bytes) {
        constexpr std::string_view last_chunk = "0\r\n\r\n";
        constexpr int no_content = 204;
        if (!has_body_ || status_ == no_content) return true;
        has_begun_ = has_begun_ || !bytes.empty();
        if (text_.size() < shown_bytes_max) text_ += bytes.substr(0, shown_bytes_max);
        if (is_chunked_) {
            tail_ += bytes.substr(bytes.size() - std::min(bytes.size(), last_chunk.size()));
            if (tail_.size() > last_chunk.size()) tail_.erase(0, tail_.size() - last_chunk.size());
            return tail_ == last_chunk;
        }
        bytes_left_ -= std::min<std::uint64_t>(bytes_left_, bytes.size());
        return bytes_left_ == 0;
    }

    bool has_body_;
    bool is_head_in_ = false;
    bool is_chunked_ = false;
    bool has_begun_ = false;  // Of the body, a byte is here.
    int status_ = 0;
    std::uint64_t bytes_left_ = 0;
    std::string text_;  // The head, and the beginning of the body.
    std::string tail_;  // The last bytes, when they are chunked.
};

Duration time_since(Clock::time_point begin) {
    return std::chrono::duration_cast<Duration>(Clock::now() - begin);
}

Duration percentile_of(std::vector<Duration>& times, double share) {
    if (times.empty()) return Duration(0);
    const auto at = std::min(static_cast<std::size_t>(share * static_cast<double>(times.size())),
                             times.size() - 1);
    std::ranges::nth_element(times, times.begin() + static_cast<std::ptrdiff_t>(at));
    return times[at];
}

// One keep-alive connection with one request open.
struct Connection {
    int fd = -1;
    LoadRequest out;
    std::uint64_t sent = 0;
    Answer in{true};
    Clock::time_point started;
    std::optional<Duration> first_byte;
};

class Load {
public:
    Load(const LoadOptions& options, const MakeRequest& make_request)
        : options_(options), make_request_(make_request), epoll_(epoll_create1(EPOLL_CLOEXEC)) {}
    ~Load() {
        for (const auto& connection : connections_) {
            if (connection.fd >= 0) close(connection.fd);
        }
        close(epoll_);
    }
    Load(const Load&) = delete;
    Load& operator=(const Load&) = delete;

    Result<LoadResult> run() {
        ONPUT_TRY_VOID(connect_all());
        const auto begin = Clock::now();
        deadline_ = begin + options_.duration;
        open_ = connections_.size();
        for (auto& connection : connections_) ONPUT_TRY_VOID(begin_or_close(connection));
        std::vector<epoll_event> events(connections_.size());
        while (open_ > 0) {
            const int count =
                epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), silence_ms_max);
            if (count == 0) return fail(ErrorCode::timeout, "the server did not answer for 60 s");
            if (count < 0 && errno != EINTR)
                return fail(ErrorCode::internal, std::string("epoll_wait: ") + errno_text());
            for (int i = 0; i < count; ++i)
                ONPUT_TRY_VOID(
                    on_ready(connections_[events[static_cast<std::size_t>(i)].data.u64]));
        }
        result_.elapsed = std::chrono::duration_cast<Duration>(Clock::now() - begin);
        return std::move(result_);
    }

private:
    Result<void> connect_all() {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        const auto colon = options_.url.rfind(':');
        address.sin_port =
            htons(parse_number<std::uint16_t>(options_.url.substr(colon + 1)).value_or(0));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        connections_.resize(options_.clients);
        for (std::size_t i = 0; i < connections_.size(); ++i) {
            const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
            if (fd < 0) return fail(ErrorCode::unavailable, "open a socket: " + errno_text());
            connections_[i].fd = fd;
            const int one = 1;
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
                return fail(ErrorCode::unavailable,
                            "connect to " + options_.url + ": " + errno_text());
            }
            epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLET, .data = {.u64 = i}};
            epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
        }
        return {};
    }

    [[nodiscard]] bool is_over() const {
        if (options_.requests_max != 0) return next_number_ >= options_.requests_max;
        return Clock::now() >= deadline_;
    }

    Result<void> begin_or_close(Connection& connection) {
        if (is_over()) {
            close(connection.fd);
            connection.fd = -1;
            --open_;
            return {};
        }
        ONPUT_TRY(connection.out, make_request_(next_number_++));
        connection.sent = 0;
        connection.in = Answer(options_.has_bodies);
        connection.started = Clock::now();
        connection.first_byte.reset();
        return send_more(connection);
    }

    static Result<void> send_more(Connection& connection) {
        const LoadRequest& out = connection.out;
        const std::uint64_t size = out.head.size() + out.body_bytes;
        while (connection.sent < size) {
            const std::size_t of_head = std::min<std::uint64_t>(connection.sent, out.head.size());
            const std::uint64_t of_body = connection.sent - of_head;
            const std::string_view head = std::string_view(out.head).substr(of_head);
            const std::string_view body =
                out.body.empty()
                    ? out.body
                    : out.body.substr(of_body % out.body.size(), out.body_bytes - of_body);
            std::array<iovec, 2> pieces{
                {{.iov_base = const_cast<char*>(head.data()), .iov_len = head.size()},
                 {.iov_base = const_cast<char*>(body.data()), .iov_len = body.size()}}};
            msghdr message{};
            message.msg_iov = pieces.data();
            message.msg_iovlen = pieces.size();
            const ssize_t count = sendmsg(connection.fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
            if (count < 0 && errno == EINTR) continue;
            if (count < 0 && errno == EAGAIN) return {};
            if (count < 0)
                return fail(ErrorCode::unavailable, std::string("send: ") + errno_text());
            connection.sent += static_cast<std::uint64_t>(count);
        }
        return {};
    }

    Result<void> on_ready(Connection& connection) {
        if (connection.fd < 0) return {};
        ONPUT_TRY_VOID(send_more(connection));
        while (connection.fd >= 0) {
            std::array<char, read_bytes> chunk;  // NOLINT(cppcoreguidelines-pro-type-member-init)
            const ssize_t count = recv(connection.fd, chunk.data(), chunk.size(), MSG_DONTWAIT);
            if (count < 0 && errno == EINTR) continue;
            if (count < 0 && errno == EAGAIN) return {};
            if (count <= 0) return fail(ErrorCode::unavailable, "the server closed a connection");
            const bool is_whole =
                connection.in.add({chunk.data(), static_cast<std::size_t>(count)});
            if (connection.in.has_begun() && !connection.first_byte)
                connection.first_byte = time_since(connection.started);
            if (!is_whole) continue;
            finish(connection);
            ONPUT_TRY_VOID(begin_or_close(connection));
        }
        return {};
    }

    void finish(const Connection& connection) {
        ++result_.requests;
        result_.latencies.push_back(time_since(connection.started));
        if (connection.first_byte) result_.first_bytes.push_back(*connection.first_byte);
        if (connection.in.is_good()) return;
        if (result_.failures++ == 0) result_.first_failure = connection.in.text();
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
    return percentile_of(latencies, share);
}

Duration LoadResult::first_byte_percentile(double share) {
    return percentile_of(first_bytes, share);
}

Result<LoadResult> run_load(const LoadOptions& options, const MakeRequest& make_request) {
    return Load(options, make_request).run();
}

}  // namespace onput::ctl
