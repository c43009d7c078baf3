#include <algorithm>
#include <cerrno>

#include <zmq.h>

#include "common/base/check.hpp"
#include "common/transport/endpoint.hpp"
#include "common/transport/loop.hpp"

namespace onput::transport {
namespace {

// One per lane, two per client; libzmq's own default is 1023.
constexpr int sockets_max = 16'384;
// A service has at most three peers: storage, notifier and queue. Workers that give a name share.
constexpr int own_threads = 3;
constexpr int io_threads = 1 + own_threads + 1;

}  // namespace

Context::Context() : handle_(zmq_ctx_new()) {
    ONPUT_CHECK(handle_ != nullptr);
    ONPUT_CHECK(zmq_ctx_set(handle_, ZMQ_IO_THREADS, io_threads) == 0);
    ONPUT_CHECK(zmq_ctx_set(handle_, ZMQ_MAX_SOCKETS, sockets_max) == 0);
    ONPUT_CHECK(zmq_ctx_set(handle_, ZMQ_BLOCKY, 0) == 0);
}

Context::~Context() {
    while (zmq_ctx_term(handle_) != 0 && errno == EINTR) {
    }
}

std::uint64_t Context::affinity_for(std::string_view endpoint) {
    std::string host = named_host(endpoint);
    if (host.empty()) return ordinary_thread;
    const auto found = std::ranges::find(named_hosts_, host);
    const auto index = static_cast<std::size_t>(found - named_hosts_.begin());
    if (found == named_hosts_.end() && index < own_threads) {
        named_hosts_.push_back(std::move(host));
    }
    return ordinary_thread << (1 + index);
}

}  // namespace onput::transport
