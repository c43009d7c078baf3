#include <algorithm>

#include <zmq.hpp>

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

// noexcept: a process that cannot have a context ends.
Context::Context() noexcept : context_(std::make_unique<zmq::context_t>(io_threads, sockets_max)) {
    context_->set(zmq::ctxopt::blocky, 0);
}

Context::~Context() = default;

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
