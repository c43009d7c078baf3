#include "common/transport/socket_signal.hpp"

#include <cerrno>

#include <zmq.hpp>

#include "common/base/check.hpp"

namespace onput::transport {
namespace {

// A signal amid it is no failure.
short events_of(const zmq::socket_t& socket) noexcept {
    while (true) {
        try {
            return static_cast<short>(socket.get(zmq::sockopt::events));
        } catch (const zmq::error_t& error) {
            ONPUT_CHECK(error.num() == EINTR);
        }
    }
}

}  // namespace

SocketSignal::SocketSignal(zmq::socket_t& socket) noexcept
    : socket_(&socket), descriptor_(socket.get(zmq::sockopt::fd)) {}

short SocketSignal::ask() noexcept {
    const short events = events_of(*socket_);
    // What is left unread has to be found again.
    was_used_ = (events & ZMQ_POLLIN) != 0;
    return events;
}

}  // namespace onput::transport
