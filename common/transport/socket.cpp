#include "common/transport/socket.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <sys/stat.h>
#include <utility>

#include <zmq.hpp>

#include "common/base/check.hpp"
#include "common/transport/endpoint.hpp"
#include "common/transport/request.hpp"

namespace onput::transport {
namespace {

namespace sockopt = zmq::sockopt;

constexpr int reconnect_first_ms = 50;
constexpr int reconnect_max_ms = 1000;
constexpr int handshake_max_ms = 5000;
constexpr int keepalive_idle_s = 15;
constexpr int keepalive_interval_s = 5;
constexpr int keepalive_probes = 3;
constexpr int unacknowledged_max_ms = 10'000;  // Then the connection is lost, and made anew.
constexpr int listen_backlog = 512;

zmq::socket_type to_zmq(SocketType type) {
    switch (type) {
        case SocketType::router: return zmq::socket_type::router;
        case SocketType::dealer: return zmq::socket_type::dealer;
        case SocketType::push: return zmq::socket_type::push;
        case SocketType::pull: return zmq::socket_type::pull;
        case SocketType::xpub: return zmq::socket_type::xpub;
        case SocketType::sub: return zmq::socket_type::sub;
    }
    return zmq::socket_type::dealer;
}

void set_options(zmq::socket_t& socket, const SocketOptions& options) {
    socket.set(sockopt::linger, options.linger_ms);
    socket.set(sockopt::sndhwm, options.send_queue_max);
    socket.set(sockopt::rcvhwm, options.receive_queue_max);
    socket.set(sockopt::tcp_keepalive, 1);
    socket.set(sockopt::tcp_keepalive_idle, keepalive_idle_s);
    socket.set(sockopt::tcp_keepalive_intvl, keepalive_interval_s);
    socket.set(sockopt::tcp_keepalive_cnt, keepalive_probes);
    socket.set(sockopt::tcp_maxrt, unacknowledged_max_ms);
    socket.set(sockopt::reconnect_ivl, reconnect_first_ms);
    socket.set(sockopt::reconnect_ivl_max, reconnect_max_ms);
    socket.set(sockopt::handshake_ivl, handshake_max_ms);
    socket.set(sockopt::backlog, listen_backlog);
    socket.set(sockopt::maxmsgsize, static_cast<std::int64_t>(options.frame_bytes_max));
    if (options.type == SocketType::router) {
        socket.set(sockopt::router_mandatory, true);
        socket.set(sockopt::router_handover, true);
    }
    if (options.type == SocketType::dealer || options.type == SocketType::push) {
        socket.set(sockopt::immediate, true);
    }
}

// In the words of bind's promise; libzmq capitalises and varies.
std::string reason_of(int error) {
    if (error == EADDRINUSE) return "address in use";
    std::string text = zmq_strerror(error);
    if (!text.empty()) {
        text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
    }
    return text;
}

ErrorCode code_of(int error) {
    switch (error) {
        case EADDRINUSE: return ErrorCode::conflict;
        case EINVAL:
        case EPROTONOSUPPORT:
        case ENODEV:
        case EADDRNOTAVAIL:
        case ENAMETOOLONG: return ErrorCode::invalid_argument;
        case EACCES:
        case EPERM: return ErrorCode::permission_denied;
        default: return ErrorCode::unavailable;
    }
}

enum class Outcome : std::uint8_t { done, not_now, failed };

// Outcome of a send or receive that does not wait. A signal amid it is no failure.
template <typename Call>
Outcome attempt(const Call& call) {
    while (true) {
        try {
            return call().has_value() ? Outcome::done : Outcome::not_now;
        } catch (const zmq::error_t& error) {
            if (error.num() != EINTR) return Outcome::failed;
        }
    }
}

Outcome receive_part(zmq::socket_t& socket, zmq::message_t& message) {
    return attempt([&] { return socket.recv(message, zmq::recv_flags::dontwait); });
}

Outcome send_part(zmq::socket_t& socket, zmq::message_t& message, zmq::send_flags flags) {
    return attempt([&] { return socket.send(message, flags | zmq::send_flags::dontwait); });
}

// A signal interrupts libzmq before it has begun what was asked for.
template <typename Act>
void through_signals(Act&& act) {
    for (;;) {
        try {
            return act();
        } catch (const zmq::error_t& error) {
            if (error.num() != EINTR) throw;
        }
    }
}

}  // namespace

Socket::Socket(Context& context, std::unique_ptr<zmq::socket_t> socket)
    : context_(&context), socket_(std::move(socket)), signal_(*socket_) {}

Socket::~Socket() = default;

Socket::Socket(Socket&& other) noexcept = default;

Result<Socket> Socket::open(Context& context, const SocketOptions& options) {
    try {
        auto socket = std::make_unique<zmq::socket_t>(context.handle(), to_zmq(options.type));
        set_options(*socket, options);
        return Socket(context, std::move(socket));
    } catch (const zmq::error_t& error) {
        return fail(ErrorCode::resource_exhausted, "open a socket: " + reason_of(error.num()));
    }
}

Result<void> Socket::bind(const std::string& endpoint) {
    const std::string context = "bind " + endpoint;
    if (auto good = check_endpoint(endpoint, EndpointUse::bind); !good) {
        return std::unexpected(std::move(good.error()).with_context(context));
    }
    const std::string path = ipc_path(endpoint);
    if (!path.empty()) {
        if (auto ready = prepare_ipc_path(path); !ready) {
            return std::unexpected(std::move(ready.error()).with_context(context));
        }
    }
    // Else libzmq takes the thread with the least to do, which may be one that waits for a name.
    signal_.note_use();
    try {
        through_signals([&] {
            socket_->set(sockopt::affinity, Context::ordinary_thread);
            socket_->bind(endpoint);
        });
    } catch (const zmq::error_t& error) {
        return fail(code_of(error.num()), context + ": " + reason_of(error.num()));
    }
    // The folder keeps others out already when we made it; a folder of someone else's does not.
    if (!path.empty() && ::chmod(path.c_str(), S_IRUSR | S_IWUSR) != 0) {
        return fail(ErrorCode::unavailable, context + ": set the mode of the socket file");
    }
    bound_.push_back(bound_endpoint());
    return {};
}

Result<void> Socket::connect(const std::string& endpoint) {
    const std::string context = "connect " + endpoint;
    if (auto good = check_endpoint(endpoint, EndpointUse::connect); !good) {
        return std::unexpected(std::move(good.error()).with_context(context));
    }
    signal_.note_use();
    try {
        through_signals([&] {
            socket_->set(sockopt::affinity, context_->affinity_for(endpoint));
            socket_->connect(endpoint);
        });
    } catch (const zmq::error_t& error) {
        return fail(code_of(error.num()), context + ": " + reason_of(error.num()));
    }
    return {};
}

void Socket::subscribe_all() noexcept {
    signal_.note_use();
    socket_->set(sockopt::subscribe, "");
}

void Socket::when_full(WhenFull policy) noexcept {
    socket_->set(sockopt::xpub_nodrop, policy == WhenFull::refuse);
}

void Socket::receive_all_subscriptions() noexcept {
    signal_.note_use();
    socket_->set(sockopt::xpub_verboser, true);
}

// The number may be another connection's, or a file's, since libzmq closed the one that was meant.
// Then what it must not be is anything of another socket; a reader that is cut by mistake is back
// in a moment.
void Socket::cut(int connection) noexcept {
    const auto is_ours = [=](const std::string& endpoint) {
        return is_accepted_at(connection, endpoint);
    };
    if (std::ranges::any_of(bound_, is_ours)) ::shutdown(connection, SHUT_RDWR);
}

int Socket::connection_of(Frame& frame) noexcept {
    return zmq_msg_get(frame.message().handle(), ZMQ_SRCFD);
}

std::string Socket::bound_endpoint() const noexcept {
    return socket_->get(sockopt::last_endpoint);
}

// libzmq looks at its own news only now and then while sending, but always for ZMQ_EVENTS.
bool Socket::refresh() noexcept {
    const bool is_writable = (signal_.ask() & ZMQ_POLLOUT) != 0;
    signal_.note_use();
    return is_writable;
}

void* Socket::handle() const {
    return socket_->handle();
}

Sent Socket::send(std::span<Frame> frames) {
    ONPUT_CHECK(!frames.empty());
    signal_.note_use();
    const auto send = [&](std::size_t i) {
        const bool is_last = i + 1 == frames.size();
        return send_part(*socket_, frames[i].message(),
                         is_last ? zmq::send_flags::none : zmq::send_flags::sndmore);
    };
    auto first = send(0);
    // A connection that has just come up is found this way.
    if (first == Outcome::not_now && refresh()) first = send(0);
    if (first != Outcome::done) return Sent::not_now;
    Sent sent = Sent::all;
    for (std::size_t i = 1; i < frames.size(); ++i) {
        // After a failure amid a message libzmq drops frames until the last one; stopping here
        // would make it drop the beginning of the next message instead.
        if (send(i) != Outcome::done) sent = Sent::lost;
    }
    return sent;
}

Received Socket::receive(std::vector<Frame>& frames, ReceiveLimits limits) {
    frames.clear();
    signal_.note_use();
    std::size_t bytes = 0;
    bool is_oversized = false;
    while (true) {
        Frame frame;
        if (receive_part(*socket_, frame.message()) != Outcome::done) {
            // Frames of one message arrive together, so only the first can be missing.
            if (!frames.empty() || is_oversized) return Received::oversized;
            signal_.note_nothing_received();
            return Received::nothing;
        }
        const bool more = frame.message().more();
        bytes += frame.size();
        if (frames.size() < limits.frames_max && bytes <= limits.bytes_max) {
            frames.push_back(std::move(frame));
        } else {
            is_oversized = true;
        }
        if (!more) return is_oversized ? Received::oversized : Received::message;
    }
}

// zmq::monitor_t polls its socket itself and keeps it from our loop: so the events are read here.
ConnectionMonitor::ConnectionMonitor(Context& context, Socket& watched) noexcept
    : watched_(watched),
      events_(std::make_unique<zmq::socket_t>(context.handle(), zmq::socket_type::pair)),
      signal_(*events_) {
    // Unique: the address is the socket's own as long as it lives.
    const std::string name =
        "inproc://monitor-" + std::to_string(reinterpret_cast<std::uintptr_t>(watched.handle()));
    constexpr int events =
        ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED;
    while (zmq_socket_monitor(watched.handle(), name.c_str(), events) != 0)
        ONPUT_CHECK(zmq_errno() == EINTR);
    events_->set(sockopt::linger, 0);
    // libzmq's I/O thread would wait for a monitor that is full.
    events_->set(sockopt::rcvhwm, 0);
    through_signals([&] { events_->connect(name); });
}

ConnectionMonitor::~ConnectionMonitor() {
    zmq_socket_monitor(watched_.handle(), nullptr, 0);
}

ConnectionMonitor::Event ConnectionMonitor::next() {
    signal_.note_use();
    while (true) {
        zmq::message_t event;
        if (receive_part(*events_, event) != Outcome::done) {
            signal_.note_nothing_received();
            return Event::none;
        }
        zmq::message_t address;
        if (event.more()) static_cast<void>(receive_part(*events_, address));
        std::uint16_t number = 0;
        std::uint32_t value = 0;
        if (event.size() < sizeof(number) + sizeof(value)) continue;
        std::memcpy(&number, event.data(), sizeof(number));
        std::memcpy(&value, event.data<char>() + sizeof(number), sizeof(value));
        connection_ = static_cast<int>(value);
        if (number == ZMQ_EVENT_ACCEPTED) return Event::accepted;
        if (number == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) return Event::connected;
        if (number == ZMQ_EVENT_DISCONNECTED) return Event::disconnected;
    }
}

}  // namespace onput::transport
