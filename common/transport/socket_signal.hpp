// SocketSignal: how a Loop learns that a ZeroMQ socket can be read or written without asking it in
// every turn, which costs two system calls a socket.
//
// libzmq makes a socket's descriptor readable when there is news for it, once: whatever call on the
// socket takes the news in, for a send as well, leaves the descriptor silent. So what the socket
// can do has to be asked after every use of it, but for a receive that found nothing, and after
// that the descriptor tells.
#pragma once

namespace zmq {
class socket_t;
}

namespace onput::transport {

class SocketSignal {
public:
    // The socket outlives it; the descriptor is the socket's.
    explicit SocketSignal(zmq::socket_t& socket) noexcept;

    [[nodiscard]] int descriptor() const { return descriptor_; }
    // Whether it may be ready while its descriptor is silent.
    [[nodiscard]] bool was_used() const { return was_used_; }

    void note_use() { was_used_ = true; }
    void note_nothing_received() { was_used_ = false; }

    // ZMQ_POLLIN and ZMQ_POLLOUT, as they are now.
    short ask() noexcept;

private:
    zmq::socket_t* socket_;
    int descriptor_;
    bool was_used_ = true;  // What came before there was a loop is not known.
};

}  // namespace onput::transport
