#include "services/ctl/http_client.hpp"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "common/auth/signer.hpp"
#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"

namespace onput::ctl {
namespace {

constexpr time_t socket_timeout_s = 60;

struct HostPort {
    std::string host;
    std::uint16_t port = 80;
};

// "http://127.0.0.1:4566/..." to its parts.
HostPort parse_url(std::string_view url) {
    HostPort parsed;
    if (url.starts_with("http://")) url.remove_prefix(7);
    url = url.substr(0, url.find('/'));
    const auto colon = url.rfind(':');
    parsed.host = url.substr(0, colon);
    if (colon != std::string_view::npos) {
        std::from_chars(url.data() + colon + 1, url.data() + url.size(), parsed.port);
    }
    return parsed;
}

int open_socket(const addrinfo& address) {
    const int fd = socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    const timeval timeout{.tv_sec = socket_timeout_s, .tv_usec = 0};
    const int one = 1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(fd, address.ai_addr, address.ai_addrlen) == 0) return fd;
    close(fd);
    return -1;
}

int connect_to(const HostPort& to) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (getaddrinfo(to.host.c_str(), std::to_string(to.port).c_str(), &hints, &found) != 0) {
        errno = EADDRNOTAVAIL;
        return -1;
    }
    int fd = -1;
    for (const addrinfo* next = found; next != nullptr && fd < 0; next = next->ai_next)
        fd = open_socket(*next);
    const int failure = errno;
    freeaddrinfo(found);
    errno = failure;
    return fd;
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

void parse_head(std::string_view head, HttpAnswer& answer) {
    const auto line_end = head.find("\r\n");
    const std::string_view line = head.substr(0, line_end);
    if (line.size() >= 12) std::from_chars(line.data() + 9, line.data() + 12, answer.status);
    head = line_end == std::string_view::npos ? std::string_view() : head.substr(line_end + 2);
    while (!head.empty()) {
        const auto end = head.find("\r\n");
        const std::string_view field = head.substr(0, end);
        head = end == std::string_view::npos ? std::string_view() : head.substr(end + 2);
        const auto colon = field.find(':');
        if (colon == std::string_view::npos) continue;
        std::string_view value = field.substr(colon + 1);
        while (value.starts_with(' ')) value.remove_prefix(1);
        answer.headers[lower(field.substr(0, colon))] = value;
    }
}

}  // namespace

struct HttpClient::State {
    HostPort host;
    auth::Signer signer;
    int fd = -1;
    std::string buffer;

    void disconnect() {
        if (fd >= 0) close(fd);
        fd = -1;
        buffer.clear();
    }

    Result<void> send_all(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t count = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (count < 0 && errno == EINTR) continue;
            if (count <= 0)
                return fail(ErrorCode::unavailable, std::string("send: ") + std::strerror(errno));
            bytes.remove_prefix(static_cast<std::size_t>(count));
        }
        return {};
    }

    Result<void> fill() {
        char chunk[64 * 1024];
        while (true) {
            const ssize_t count = recv(fd, chunk, sizeof chunk, 0);
            if (count < 0 && errno == EINTR) continue;
            if (count <= 0)
                return fail(ErrorCode::unavailable,
                            "the connection was closed in the middle of an answer");
            buffer.append(chunk, static_cast<std::size_t>(count));
            if (buffer.size() > response_bytes_max) {
                return fail(ErrorCode::resource_exhausted,
                            "the answer is larger than this command takes");
            }
            return {};
        }
    }

    Result<std::string> render(const HttpQuery& query) {
        const std::string host_header = host.host + ":" + std::to_string(host.port);
        std::string text = query.method + " " + query.path +
                           (query.query.empty() ? "" : "?" + query.query) +
                           " HTTP/1.1\r\nHost: " + host_header + "\r\n";
        std::vector<auth::Header> headers{{"host", host_header}};
        for (const auto& [name, value] : query.headers) {
            text += name + ": " + value + "\r\n";
            headers.push_back({name, value});
        }
        if (query.is_signed) {
            const std::string hash = to_hex(Digest::of(DigestAlgorithm::sha256, query.body));
            ONPUT_TRY(const auto made, signer.sign({.method = query.method,
                                                    .path = query.path,
                                                    .query = query.query,
                                                    .headers = headers},
                                                   hash, wall_now()));
            text += "x-amz-date: " + made.amz_date +
                    "\r\nx-amz-content-sha256: " + made.content_sha256 +
                    "\r\nAuthorization: " + made.authorization + "\r\n";
        }
        text += "Content-Length: " + std::to_string(query.body.size()) + "\r\n\r\n";
        return text + query.body;
    }

    Result<HttpAnswer> read_answer(bool has_body) {
        std::size_t head_end = 0;
        while ((head_end = buffer.find("\r\n\r\n")) == std::string::npos) ONPUT_TRY_VOID(fill());
        HttpAnswer answer;
        parse_head(std::string_view(buffer).substr(0, head_end), answer);
        buffer.erase(0, head_end + 4);
        std::size_t length = 0;
        const auto stated = answer.headers.find("content-length");
        if (stated != answer.headers.end()) {
            std::from_chars(stated->second.data(), stated->second.data() + stated->second.size(),
                            length);
        }
        if (!has_body || answer.status == 204 || answer.status == 304) length = 0;
        while (buffer.size() < length) ONPUT_TRY_VOID(fill());
        answer.body = buffer.substr(0, length);
        buffer.erase(0, length);
        const auto connection = answer.headers.find("connection");
        if (connection != answer.headers.end() && lower(connection->second) == "close")
            disconnect();
        return answer;
    }
};

HttpClient::HttpClient(const Instance& instance)
    : state_(
          std::make_unique<State>(State{.host = parse_url(instance.url),
                                        .signer = auth::Signer({.access_key = instance.access_key,
                                                                .secret = instance.secret,
                                                                .region = instance.region,
                                                                .service = "s3"}),
                                        .buffer = {}})) {}

HttpClient::~HttpClient() {
    state_->disconnect();
}

Result<HttpAnswer> HttpClient::send(const HttpQuery& query) {
    if (state_->fd < 0) {
        state_->fd = connect_to(state_->host);
        if (state_->fd < 0) {
            return fail(ErrorCode::unavailable, "connect to " + state_->host.host + ":" +
                                                    std::to_string(state_->host.port) + ": " +
                                                    std::strerror(errno));
        }
    }
    auto text = state_->render(query);
    Result<HttpAnswer> answer = fail(ErrorCode::internal, "not sent");
    if (!text) {
        answer = std::unexpected(text.error());
    } else if (const auto sent = state_->send_all(*text); !sent) {
        answer = std::unexpected(sent.error());
    } else {
        answer = state_->read_answer(query.method != "HEAD");
    }
    if (!answer) state_->disconnect();
    return answer;
}

Result<HttpAnswer> get_unsigned(const std::string& url) {
    const auto path = url.find('/', std::strlen("http://"));
    if (!url.starts_with("http://") || path == std::string::npos) {
        return fail(ErrorCode::invalid_argument,
                    "'" + url + "' is no URL like http://127.0.0.1:9100/_onput/readyz");
    }
    Instance instance;
    instance.url = url.substr(0, path);
    HttpClient client(instance);
    return client.send(
        {.path = url.substr(path), .query = {}, .headers = {}, .body = {}, .is_signed = false});
}

int get_status(const std::string& url) {
    const auto answer = get_unsigned(url);
    return answer ? answer->status : 0;
}

}  // namespace onput::ctl
