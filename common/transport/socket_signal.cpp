#include "common/transport/socket_signal.hpp"

#include <zmq.hpp>

namespace onput::transport {

SocketSignal::SocketSignal(zmq::socket_t& socket) noexcept
    : socket_(&socket), descriptor_(socket.get(zmq::sockopt::fd)) {}

short SocketSignal::ask() noexcept {
    const auto events = static_cast<short>(socket_->get(zmq::sockopt::events));
    // What is left unread has to be found again.
    was_used_ = (events & ZMQ_POLLIN) != 0;
    return events;
}

}  // namespace onput::transport
