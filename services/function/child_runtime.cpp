#include "services/function/child_runtime.hpp"

#include <array>
#include <cerrno>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include "services/function/limits.hpp"

namespace onput::function {
namespace {

worker::FileDescriptor accept_one(int listener) {
    return worker::FileDescriptor(
        ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
}

bool would_block() {
    return errno == EAGAIN || errno == EINTR;
}

}  // namespace

ChildRuntime::Connection::Connection(worker::FileDescriptor socket)
    : fd(std::move(socket)), reader(answer_bytes_max) {}

ChildRuntime::ChildRuntime(const Parts& parts, std::uint64_t id, Sandbox sandbox)
    : parts_(parts), id_(id), sandbox_(std::move(sandbox)) {
    Reactor& reactor = parts_.reactor;
    reactor.add(sandbox_.api_fd(), {.reading = true}, [this](Readiness) { accept_api(); });
    if (parts_.endpoint) {
        relay_.emplace(reactor, *parts_.endpoint);
        reactor.add(sandbox_.endpoint_fd(), {.reading = true},
                    [this](Readiness) { accept_endpoint(); });
    }
    reactor.add(sandbox_.log_fd(), {.reading = true}, [this](Readiness) { read_log(); });
    reactor.add(sandbox_.end_fd(), {.reading = true}, [this](Readiness) { on_end(); });
}

ChildRuntime::~ChildRuntime() {
    leave_reactor();
}

void ChildRuntime::leave_reactor() {
    for (const auto& [id, connection] : connections_) parts_.reactor.remove(connection.fd.get());
    connections_.clear();
    for (const int fd :
         {sandbox_.api_fd(), sandbox_.endpoint_fd(), sandbox_.log_fd(), sandbox_.end_fd()})
        parts_.reactor.remove(fd);
}

void ChildRuntime::accept_api() {
    for (;;) {
        worker::FileDescriptor fd = accept_one(sandbox_.api_fd());
        if (!fd.is_open()) return;
        if (connections_.size() >= api_connections_max) continue;
        const int on = 1;
        static_cast<void>(::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
        const ConnectionId id = ++last_connection_;
        parts_.reactor.add(fd.get(), {.reading = true},
                           [this, id](Readiness ready) { on_ready(id, ready); });
        connections_.emplace(id, Connection(std::move(fd)));
    }
}

void ChildRuntime::accept_endpoint() {
    for (;;) {
        worker::FileDescriptor fd = accept_one(sandbox_.endpoint_fd());
        if (!fd.is_open()) return;
        if (relay_->connections() < endpoint_connections_max) relay_->take(std::move(fd));
    }
}

void ChildRuntime::on_ready(ConnectionId id, Readiness ready) {
    if (ready.can_write && !send(id)) return;
    if (ready.can_read) static_cast<void>(receive(id));
}

bool ChildRuntime::receive(ConnectionId id) {
    const auto found = connections_.find(id);
    if (found == connections_.end()) return false;
    Connection& connection = found->second;
    std::array<char, read_bytes_max> piece{};
    const ssize_t count = ::recv(connection.fd.get(), piece.data(), piece.size(), 0);
    if (count < 0 && would_block()) return true;
    if (count <= 0) {
        close(id);
        return false;
    }
    // Who sends while its request waits for an answer has no right to memory.
    if (connection.has_request) return true;
    connection.reader.feed({piece.data(), static_cast<std::size_t>(count)});
    take_request(id);
    return true;
}

void ChildRuntime::take_request(ConnectionId id) {
    Connection& connection = connections_.at(id);
    auto request = connection.reader.next();
    if (!request) {
        connection.has_request = true;
        connection.is_last = true;
        parts_.owner.on_bad_request(*this, id, HttpRequest(connection.reader.head()),
                                    request.error());
        return;
    }
    if (!*request) return;
    connection.has_request = true;
    connection.is_last = !(*request)->keeps_open;
    parts_.owner.on_request(*this, id, **request);
}

void ChildRuntime::answer(ConnectionId id, std::string text) {
    const auto found = connections_.find(id);
    if (found == connections_.end()) return;
    found->second.unsent += text;
    found->second.has_request = false;
    static_cast<void>(send(id));
}

bool ChildRuntime::send(ConnectionId id) {
    const auto found = connections_.find(id);
    if (found == connections_.end()) return false;
    Connection& connection = found->second;
    std::size_t sent = 0;
    while (sent < connection.unsent.size()) {
        const ssize_t count = ::send(connection.fd.get(), connection.unsent.data() + sent,
                                     connection.unsent.size() - sent, MSG_NOSIGNAL);
        if (count < 0 && would_block()) break;
        if (count < 0) {
            close(id);
            return false;
        }
        sent += static_cast<std::size_t>(count);
    }
    connection.unsent.erase(0, sent);
    const bool is_done = connection.unsent.empty();
    if (is_done && connection.is_last && !connection.has_request) {
        close(id);
        return false;
    }
    parts_.reactor.change(connection.fd.get(), {.reading = true, .writing = !is_done});
    return true;
}

void ChildRuntime::close(ConnectionId id) {
    const auto found = connections_.find(id);
    if (found == connections_.end()) return;
    parts_.reactor.remove(found->second.fd.get());
    connections_.erase(found);
    parts_.owner.on_closed(*this, id);
}

// As much as the pipe may hold: who writes on and on does not keep the loop.
void ChildRuntime::read_log() {
    std::array<char, read_bytes_max> piece{};
    for (std::size_t read = 0; has_log_ && read < log_pipe_bytes;) {
        const ssize_t count = ::read(sandbox_.log_fd(), piece.data(), piece.size());
        if (count < 0 && would_block()) return;
        if (count <= 0) {
            parts_.reactor.remove(sandbox_.log_fd());
            has_log_ = false;
            return;
        }
        read += static_cast<std::size_t>(count);
        parts_.owner.on_log(*this, {piece.data(), static_cast<std::size_t>(count)});
    }
}

void ChildRuntime::on_end() {
    const auto status = sandbox_.take_end();
    if (!status) return;
    read_log();
    // Its connections break in the same moment, and the owner is told nothing more of it.
    leave_reactor();
    parts_.owner.on_end(*this, *status);
}

}  // namespace onput::function
