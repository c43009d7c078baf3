#include <cerrno>

#include <zmq.h>

#include "common/base/check.hpp"
#include "common/transport/loop.hpp"

namespace onput::transport {
namespace {

// One per lane, two per client; libzmq's own default is 1023.
constexpr int sockets_max = 16'384;

}  // namespace

Context::Context(int io_threads) : handle_(zmq_ctx_new()) {
    ONPUT_CHECK(handle_ != nullptr);
    ONPUT_CHECK(zmq_ctx_set(handle_, ZMQ_IO_THREADS, io_threads) == 0);
    ONPUT_CHECK(zmq_ctx_set(handle_, ZMQ_MAX_SOCKETS, sockets_max) == 0);
    ONPUT_CHECK(zmq_ctx_set(handle_, ZMQ_BLOCKY, 0) == 0);
}

Context::~Context() {
    while (zmq_ctx_term(handle_) != 0 && errno == EINTR) {
    }
}

}  // namespace onput::transport
