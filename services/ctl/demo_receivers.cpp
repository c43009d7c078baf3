#include "services/ctl/demo_receivers.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include "common/base/errno_text.hpp"
#include "common/json/reader.hpp"
#include "common/json/writer.hpp"
#include "services/ctl/demo_mail.hpp"
#include "services/ctl/http_client.hpp"

namespace onput::ctl {
namespace {

constexpr time_t connection_timeout_s = 5;
constexpr std::size_t message_bytes_max = 1024 * 1024;

struct Listener {
    int fd = -1;
    std::uint16_t port = 0;
};

Result<Listener> listen_on_loopback() {
    Listener made{.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (made.fd < 0 || bind(made.fd, generic, sizeof address) != 0 || listen(made.fd, 64) != 0 ||
        getsockname(made.fd, generic, &length) != 0) {
        return fail(ErrorCode::unavailable, std::string("listen on 127.0.0.1: ") + errno_text());
    }
    made.port = ntohs(address.sin_port);
    return made;
}

// One accepted connection, read by lines and lengths.
class Connection {
public:
    explicit Connection(int fd) : fd_(fd) {
        const timeval timeout{.tv_sec = connection_timeout_s, .tv_usec = 0};
        setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
        setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    }
    ~Connection() { close(fd_); }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // The next line without its CRLF; false at the end.
    bool read_line(std::string& line) {
        std::size_t end = 0;
        while ((end = unread_.find('\n')) == std::string::npos) {
            if (!fill()) return false;
        }
        line = unread_.substr(0, end);
        if (line.ends_with('\r')) line.pop_back();
        unread_.erase(0, end + 1);
        return true;
    }
    bool read_bytes(std::size_t count, std::string& bytes) {
        while (unread_.size() < count) {
            if (!fill()) return false;
        }
        bytes = unread_.substr(0, count);
        unread_.erase(0, count);
        return true;
    }
    void write(std::string_view bytes) const {
        while (!bytes.empty()) {
            const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (count <= 0) return;
            bytes.remove_prefix(static_cast<std::size_t>(count));
        }
    }

private:
    bool fill() {
        char chunk[16 * 1024];
        const ssize_t count = recv(fd_, chunk, sizeof chunk, 0);
        if (count <= 0 || unread_.size() > message_bytes_max) return false;
        unread_.append(chunk, static_cast<std::size_t>(count));
        return true;
    }

    int fd_;
    std::string unread_;
};

void report(int pipe, const ReceivedMessage& message) {
    const std::string line =
        json::write(json::Object{
            {"via", message.via}, {"subject", message.subject}, {"text", message.text}}) +
        '\n';
    static_cast<void>(!::write(pipe, line.data(), line.size()));
}

// A webhook: SNS's JSON envelope, or what the SMS gateway is sent.
void serve_http(int fd, int pipe) {
    Connection connection(fd);
    std::string request;
    if (!connection.read_line(request)) return;
    std::size_t length = 0;
    std::string line;
    while (connection.read_line(line) && !line.empty()) {
        std::string name = line.substr(0, line.find(':'));
        for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        if (name != "content-length") continue;
        const auto digits = line.find_first_of("0123456789");
        if (digits == std::string::npos) continue;
        std::from_chars(line.data() + digits, line.data() + line.size(), length);
    }
    std::string body;
    if (length > message_bytes_max || !connection.read_bytes(length, body)) return;
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    const auto document = json::read(body);
    if (!document || document->object() == nullptr) return;
    if (request.contains(" /sms ")) {
        report(pipe, {.via = "sms",
                      .subject = document->text_of("to"),
                      .text = document->text_of("message")});
    } else if (document->text_of("Type") == "SubscriptionConfirmation") {
        get_status(document->text_of("SubscribeURL"));
    } else {
        report(pipe, {.via = "webhook",
                      .subject = document->text_of("Subject"),
                      .text = document->text_of("Message")});
    }
}

void take_mail(const std::string& data, int pipe) {
    const Mail mail = read_mail(data);
    const std::string link = confirmation_link(mail.text);
    if (link.empty()) {
        report(pipe, {.via = "mail", .subject = mail.subject, .text = mail.text});
    } else {
        get_status(link);
    }
}

// A mailbox: enough of SMTP for a polite sender.
void serve_smtp(int fd, int pipe) {
    Connection connection(fd);
    connection.write("220 localhost onput demo mailbox\r\n");
    std::string line;
    while (connection.read_line(line)) {
        if (line.starts_with("DATA")) {
            connection.write("354 go on, end with a dot\r\n");
            std::string data;
            while (connection.read_line(line) && line != ".") {
                data += (line.starts_with('.') ? line.substr(1) : line) + "\n";
            }
            connection.write("250 taken\r\n");
            take_mail(data, pipe);
        } else if (line.starts_with("QUIT")) {
            connection.write("221 bye\r\n");
            return;
        } else {
            connection.write("250 ok\r\n");
        }
    }
}

[[noreturn]] void receive_forever(const Listener& http, const Listener& smtp, int pipe) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setpgid(0, 0);
    while (true) {
        pollfd ready[]{{http.fd, POLLIN, 0}, {smtp.fd, POLLIN, 0}};
        if (poll(ready, 2, -1) <= 0) continue;
        for (const auto& entry : ready) {
            if ((entry.revents & POLLIN) == 0) continue;
            const int fd = accept4(entry.fd, nullptr, nullptr, SOCK_CLOEXEC);
            if (fd < 0) continue;
            entry.fd == http.fd ? serve_http(fd, pipe) : serve_smtp(fd, pipe);
        }
    }
}

}  // namespace

Result<std::unique_ptr<DemoReceivers>> DemoReceivers::start() {
    ONPUT_TRY(const Listener http, listen_on_loopback());
    ONPUT_TRY(const Listener smtp, listen_on_loopback());
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return fail(ErrorCode::unavailable, std::string("pipe: ") + errno_text());
    }
    const pid_t pid = fork();
    if (pid == 0) receive_forever(http, smtp, ends[1]);
    close(ends[1]);
    close(http.fd);
    close(smtp.fd);
    if (pid < 0) {
        close(ends[0]);
        return fail(ErrorCode::unavailable, std::string("fork: ") + errno_text());
    }
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    return std::unique_ptr<DemoReceivers>(new DemoReceivers(pid, ends[0], http.port, smtp.port));
}

DemoReceivers::~DemoReceivers() {
    kill(pid_, SIGKILL);
    while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
    close(pipe_);
}

std::string DemoReceivers::webhook_url() const {
    return fmt::format("http://127.0.0.1:{}/hook", http_port_);
}
std::string DemoReceivers::sms_url() const {
    return fmt::format("http://127.0.0.1:{}/sms", http_port_);
}
std::string DemoReceivers::smtp_url() const {
    return fmt::format("smtp://127.0.0.1:{}", smtp_port_);
}

const std::vector<ReceivedMessage>& DemoReceivers::poll() {
    char chunk[16 * 1024];
    ssize_t count = 0;
    while ((count = read(pipe_, chunk, sizeof chunk)) > 0)
        unread_.append(chunk, static_cast<std::size_t>(count));
    std::size_t end = 0;
    while ((end = unread_.find('\n')) != std::string::npos) {
        const auto document = json::read(std::string_view(unread_).substr(0, end));
        unread_.erase(0, end + 1);
        if (!document || document->object() == nullptr) continue;
        messages_.push_back({.via = document->text_of("via"),
                             .subject = document->text_of("subject"),
                             .text = document->text_of("text")});
    }
    return messages_;
}

}  // namespace onput::ctl
