#include "common/transport/socket.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <sys/stat.h>

#include <zmq.h>

#include "common/base/check.hpp"
#include "common/transport/endpoint.hpp"
#include "common/transport/request.hpp"

namespace onput::transport {
namespace {

constexpr int reconnect_first_ms = 50;
constexpr int reconnect_max_ms = 1000;
constexpr int handshake_max_ms = 5000;
constexpr int keepalive_idle_s = 15;
constexpr int keepalive_interval_s = 5;
constexpr int keepalive_probes = 3;
constexpr int unacknowledged_max_ms = 10'000;  // Then the connection is lost, and made anew.
constexpr int listen_backlog = 512;

int to_zmq(SocketType type) {
    switch (type) {
        case SocketType::router: return ZMQ_ROUTER;
        case SocketType::dealer: return ZMQ_DEALER;
        case SocketType::push: return ZMQ_PUSH;
        case SocketType::pull: return ZMQ_PULL;
        case SocketType::xpub: return ZMQ_XPUB;
        case SocketType::sub: return ZMQ_SUB;
    }
    return ZMQ_DEALER;
}

void set(void* socket, int option, int value) {
    ONPUT_CHECK(zmq_setsockopt(socket, option, &value, sizeof(value)) == 0);
}

void set_affinity(void* socket, std::uint64_t threads) {
    ONPUT_CHECK(zmq_setsockopt(socket, ZMQ_AFFINITY, &threads, sizeof(threads)) == 0);
}

void set_options(void* socket, const SocketOptions& options) {
    set(socket, ZMQ_LINGER, options.linger_ms);
    set(socket, ZMQ_SNDHWM, options.send_queue_max);
    set(socket, ZMQ_RCVHWM, options.receive_queue_max);
    set(socket, ZMQ_TCP_KEEPALIVE, 1);
    set(socket, ZMQ_TCP_KEEPALIVE_IDLE, keepalive_idle_s);
    set(socket, ZMQ_TCP_KEEPALIVE_INTVL, keepalive_interval_s);
    set(socket, ZMQ_TCP_KEEPALIVE_CNT, keepalive_probes);
    set(socket, ZMQ_TCP_MAXRT, unacknowledged_max_ms);
    set(socket, ZMQ_RECONNECT_IVL, reconnect_first_ms);
    set(socket, ZMQ_RECONNECT_IVL_MAX, reconnect_max_ms);
    set(socket, ZMQ_HANDSHAKE_IVL, handshake_max_ms);
    set(socket, ZMQ_BACKLOG, listen_backlog);
    const std::int64_t frame_max = request_bytes_max;
    ONPUT_CHECK(zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &frame_max, sizeof(frame_max)) == 0);
    if (options.type == SocketType::router) {
        set(socket, ZMQ_ROUTER_MANDATORY, 1);
        set(socket, ZMQ_ROUTER_HANDOVER, 1);
    }
    if (options.type == SocketType::dealer || options.type == SocketType::push) {
        set(socket, ZMQ_IMMEDIATE, 1);
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

int receive_frame(Frame& frame, void* socket) {
    int size = 0;
    do {
        size = zmq_msg_recv(static_cast<zmq_msg_t*>(frame.handle()), socket, ZMQ_DONTWAIT);
    } while (size < 0 && errno == EINTR);
    return size;
}

bool has_more(Frame& frame) {
    return zmq_msg_more(static_cast<zmq_msg_t*>(frame.handle())) != 0;
}

int send_frame(Frame& frame, void* socket, int flags) {
    int size = 0;
    do {
        size = zmq_msg_send(static_cast<zmq_msg_t*>(frame.handle()), socket, flags | ZMQ_DONTWAIT);
    } while (size < 0 && errno == EINTR);
    return size;
}

}  // namespace

Result<Socket> Socket::open(Context& context, const SocketOptions& options) {
    void* handle = zmq_socket(context.handle(), to_zmq(options.type));
    if (handle == nullptr) {
        return fail(ErrorCode::resource_exhausted, "open a socket: " + reason_of(errno));
    }
    set_options(handle, options);
    return Socket(context, handle);
}

Socket::Socket(Socket&& other) noexcept
    : context_(other.context_), handle_(std::exchange(other.handle_, nullptr)) {}

Socket::~Socket() {
    if (handle_ != nullptr) zmq_close(handle_);
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
    set_affinity(handle_, Context::ordinary_thread);
    if (zmq_bind(handle_, endpoint.c_str()) != 0) {
        const int error = errno;
        return fail(code_of(error), context + ": " + reason_of(error));
    }
    // The folder keeps others out already when we made it; a folder of someone else's does not.
    if (!path.empty() && ::chmod(path.c_str(), S_IRUSR | S_IWUSR) != 0) {
        return fail(ErrorCode::unavailable, context + ": set the mode of the socket file");
    }
    return {};
}

Result<void> Socket::connect(const std::string& endpoint) {
    const std::string context = "connect " + endpoint;
    if (auto good = check_endpoint(endpoint, EndpointUse::connect); !good) {
        return std::unexpected(std::move(good.error()).with_context(context));
    }
    set_affinity(handle_, context_->affinity_for(endpoint));
    if (zmq_connect(handle_, endpoint.c_str()) != 0) {
        const int error = errno;
        return fail(code_of(error), context + ": " + reason_of(error));
    }
    return {};
}

void Socket::subscribe_all() {
    ONPUT_CHECK(zmq_setsockopt(handle_, ZMQ_SUBSCRIBE, "", 0) == 0);
}

void Socket::when_full(WhenFull policy) {
    set(handle_, ZMQ_XPUB_NODROP, policy == WhenFull::refuse ? 1 : 0);
}

std::string Socket::bound_endpoint() const {
    std::array<char, 1024> text{};
    std::size_t size = text.size();
    ONPUT_CHECK(zmq_getsockopt(handle_, ZMQ_LAST_ENDPOINT, text.data(), &size) == 0);
    return std::string(text.data());
}

// libzmq looks at its own news only now and then while sending, but always for ZMQ_EVENTS.
bool Socket::refresh() {
    int events = 0;
    std::size_t size = sizeof(events);
    ONPUT_CHECK(zmq_getsockopt(handle_, ZMQ_EVENTS, &events, &size) == 0);
    return (events & ZMQ_POLLOUT) != 0;
}

bool Socket::send_first(Frame& frame, int flags) {
    if (send_frame(frame, handle_, flags) >= 0) return true;
    // A connection that has just come up is found this way.
    return errno == EAGAIN && refresh() && send_frame(frame, handle_, flags) >= 0;
}

Sent Socket::send(std::span<Frame> frames) {
    ONPUT_CHECK(!frames.empty());
    if (!send_first(frames[0], frames.size() > 1 ? ZMQ_SNDMORE : 0)) return Sent::not_now;
    Sent sent = Sent::all;
    for (std::size_t i = 1; i < frames.size(); ++i) {
        // After a failure amid a message libzmq drops frames until the last one; stopping here
        // would make it drop the beginning of the next message instead.
        if (send_frame(frames[i], handle_, i + 1 < frames.size() ? ZMQ_SNDMORE : 0) < 0) {
            sent = Sent::lost;
        }
    }
    return sent;
}

Received Socket::receive(std::vector<Frame>& frames, ReceiveLimits limits) {
    frames.clear();
    std::size_t bytes = 0;
    bool is_oversized = false;
    while (true) {
        Frame frame;
        const int size = receive_frame(frame, handle_);
        if (size < 0) {
            // Frames of one message arrive together, so only the first can be missing.
            return frames.empty() && !is_oversized ? Received::nothing : Received::oversized;
        }
        const bool more = has_more(frame);
        bytes += static_cast<std::size_t>(size);
        if (frames.size() < limits.frames_max && bytes <= limits.bytes_max) {
            frames.push_back(std::move(frame));
        } else {
            is_oversized = true;
        }
        if (!more) return is_oversized ? Received::oversized : Received::message;
    }
}

ConnectionMonitor::ConnectionMonitor(Context& context, Socket& watched)
    : watched_(watched), events_(zmq_socket(context.handle(), ZMQ_PAIR)) {
    ONPUT_CHECK(events_ != nullptr);
    // Unique: the address is the socket's own as long as it lives.
    const std::string name =
        "inproc://monitor-" + std::to_string(reinterpret_cast<std::uintptr_t>(watched.handle()));
    constexpr int events = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED;
    ONPUT_CHECK(zmq_socket_monitor(watched.handle(), name.c_str(), events) == 0);
    set(events_, ZMQ_LINGER, 0);
    ONPUT_CHECK(zmq_connect(events_, name.c_str()) == 0);
}

ConnectionMonitor::~ConnectionMonitor() {
    zmq_socket_monitor(watched_.handle(), nullptr, 0);
    zmq_close(events_);
}

ConnectionMonitor::Event ConnectionMonitor::next() {
    while (true) {
        Frame event;
        if (receive_frame(event, events_) < 0) return Event::none;
        Frame address;
        if (has_more(event)) static_cast<void>(receive_frame(address, events_));
        std::uint16_t number = 0;
        if (event.size() < sizeof(number)) continue;
        std::memcpy(&number, event.view().data(), sizeof(number));
        if (number == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) return Event::connected;
        if (number == ZMQ_EVENT_DISCONNECTED) return Event::disconnected;
    }
}

}  // namespace onput::transport
