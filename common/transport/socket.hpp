// Socket: a ZeroMQ socket with this house's options, for the other files of this folder. It never
// blocks: what cannot be sent or received now is answered with "no".
//
// Options of every socket: LINGER 0 (an ending process keeps nothing back: what must survive is in
// a store) and MAXMSGSIZE request_bytes_max unless its options say otherwise, TCP_KEEPALIVE,
// RECONNECT_IVL 50 ms doubling to RECONNECT_IVL_MAX 1 s, HANDSHAKE_IVL 5 s. ROUTER: MANDATORY (a
// reply to a lost peer is an error, not a silence) and HANDOVER. DEALER and PUSH: IMMEDIATE, so
// that nothing is queued toward a peer that is not there. ZMQ_HEARTBEAT_* stays off: under
// backpressure it aborts libzmq 4.3.4.
//
// What is marked noexcept fails only by a fault of ours, which ends the process. Everything else
// that cppzmq throws becomes an Error or one of the answers below.
//
// High-water marks are messages per peer; 0 is without bound and used only where another bound
// holds (credit of lanes).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/transport/frame.hpp"
#include "common/transport/loop.hpp"
#include "common/transport/request.hpp"
#include "common/transport/socket_signal.hpp"

namespace zmq {
class socket_t;
}

namespace onput::transport {

// Messages that a socket gives in one turn; the rest waits for the next turn, so that no peer
// starves timers and other sockets.
inline constexpr std::size_t messages_per_turn = 256;

enum class SocketType : std::uint8_t { router, dealer, push, pull, xpub, sub };

struct SocketOptions {
    SocketType type = SocketType::dealer;
    int send_queue_max = 0;
    int receive_queue_max = 0;
    int linger_ms = 0;  // For how long the end of the context waits for what is still to be sent.
    std::size_t frame_bytes_max = request_bytes_max;  // Of what peers send; beyond it they are cut.
};

// What is kept of one message; frames beyond are read and dropped.
struct ReceiveLimits {
    std::size_t frames_max = 16;
    std::size_t bytes_max = 0;
};

enum class Received : std::uint8_t { nothing, message, oversized };
// `lost`: the peer went away amid the message, which it therefore does not get; the frames are
// gone.
enum class Sent : std::uint8_t { all, not_now, lost };

// What an XPUB does with a message for which a reader has no room: pass that reader over, or answer
// `not_now` and give it to none.
enum class WhenFull : std::uint8_t { drop, refuse };

class Socket {
public:
    // Fails when the process has no file descriptor left.
    static Result<Socket> open(Context& context, const SocketOptions& options);
    ~Socket();
    Socket(Socket&& other) noexcept;
    Socket& operator=(Socket&&) = delete;

    // "bind tcp://127.0.0.1:7001: address in use". An ipc path: its folder is created for the owner
    // alone, the socket file is the owner's alone, and one left behind by a dead process is
    // removed.
    Result<void> bind(const std::string& endpoint);
    Result<void> connect(const std::string& endpoint);
    void subscribe_all() noexcept;
    void when_full(WhenFull policy) noexcept;  // XPUB only, which begins with `drop`.
    // XPUB only: every subscription of every reader is received, not just the first of its kind.
    void receive_all_subscriptions() noexcept;
    // The endpoint of the last bind, wildcards resolved.
    [[nodiscard]] std::string bound_endpoint() const noexcept;

    // The whole message or nothing of it. After `not_now` the frames are the caller's still.
    Sent send(std::span<Frame> frames);
    // Replaces `frames`. After `oversized`, `frames` holds those that fitted.
    Received receive(std::vector<Frame>& frames, ReceiveLimits limits);

    // The descriptor of the connection that a frame came by; -1 when libzmq made it itself.
    [[nodiscard]] static int connection_of(Frame& frame) noexcept;
    // Breaks a connection that a peer made to one of this socket's endpoints; libzmq then forgets
    // the peer. Does nothing when `connection` is, by now, anything else.
    void cut(int connection) noexcept;

    // Takes note of connections that came and went. True when a message could be sent.
    bool refresh() noexcept;

    [[nodiscard]] void* handle() const;
    [[nodiscard]] SocketSignal& signal() { return signal_; }

private:
    Socket(Context& context, std::unique_ptr<zmq::socket_t> socket);

    Context* context_;
    std::unique_ptr<zmq::socket_t> socket_;
    SocketSignal signal_;
    std::vector<std::string> bound_;
};

// Reports when a socket's connections come up and when they break: of a connected socket, and of a
// bound one those that peers make. Destroy it before the socket.
class ConnectionMonitor {
public:
    // `accepted`: before anything is received by it; `connected`: once the handshake is over.
    enum class Event : std::uint8_t { none, accepted, connected, disconnected };

    ConnectionMonitor(Context& context, Socket& watched) noexcept;
    ~ConnectionMonitor();
    ConnectionMonitor(const ConnectionMonitor&) = delete;
    ConnectionMonitor& operator=(const ConnectionMonitor&) = delete;

    [[nodiscard]] SocketSignal& signal() { return signal_; }
    // The next event; `none` when there is no other.
    Event next();
    // The descriptor of the last accepted or disconnected one.
    [[nodiscard]] int connection() const { return connection_; }

private:
    Socket& watched_;
    std::unique_ptr<zmq::socket_t> events_;
    SocketSignal signal_;
    int connection_ = -1;
};

}  // namespace onput::transport
