#include "services/gateway/http/server.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/base/check.hpp"
#include "services/gateway/http/connection.hpp"
#include "services/gateway/http/stream.hpp"

namespace onput::http {
namespace {

// "For ever" must not overflow the clock.
constexpr Duration grace_max = std::chrono::hours(24 * 365);

// One thread with its connections. Everything but the counters belongs to that thread.
struct Lane {
    Lane(const Options& options, Handler& handler, ByteBudget& head_memory, Http2Load& http2_load)
        : loop(Loop::create()),
          context{.options = options,
                  .handler = handler,
                  .loop = loop,
                  .head_memory = head_memory,
                  .http2_load = http2_load} {}

    std::shared_ptr<Loop> loop;
    ConnectionContext context;
    std::unordered_map<std::uint64_t, std::unique_ptr<Connection>> connections;
    std::uint64_t next_id = 1;
    bool finishing = false;
    std::jthread thread;
};

}  // namespace

struct Server::Impl {
    Impl(Options given, Handler& handler);

    void accept_next();
    void take_over(Lane& lane, std::shared_ptr<Stream> stream);
    void remove(Lane& lane, std::uint64_t id);
    void finish(Lane& lane, Duration grace);
    void abort(Lane& lane);

    const Options options;
    ByteBudget own_head_memory;
    Http2Load http2_load;
    std::vector<std::unique_ptr<Lane>> lanes;
    std::unique_ptr<Listener> listener;  // Its loop is the first lane's.
    std::uint16_t port = 0;
    std::size_t next_lane = 0;
    bool accepting = false;
    bool stopping = false;  // The first lane's view; no connection is accepted any more.
    bool stopped = false;   // The owner's view.
    std::atomic<std::size_t> connection_count = 0;
};

Server::Impl::Impl(Options given, Handler& handler) : options(std::move(given)) {
    for (unsigned i = 0; i < options.threads; ++i) {
        lanes.push_back(std::make_unique<Lane>(
            options, handler,
            options.head_memory != nullptr ? *options.head_memory : own_head_memory, http2_load));
    }
}

// On the first lane. Rests while there are as many connections as may be: remove() goes on.
void Server::Impl::accept_next() {
    if (accepting || stopping || connection_count >= options.connections_max) return;
    accepting = true;
    Lane& lane = *lanes[next_lane++ % lanes.size()];
    auto accepted = [this, &lane](std::shared_ptr<Stream> stream) {
        accepting = false;
        if (stopping) return;
        ++connection_count;
        if (&lane == lanes.front().get()) {
            take_over(lane, std::move(stream));
        } else {
            lane.loop->post([this, &lane, stream = std::move(stream)]() mutable {
                take_over(lane, std::move(stream));
            });
        }
        accept_next();
    };
    listener->accept(*lane.loop, std::move(accepted));
}

void Server::Impl::take_over(Lane& lane, std::shared_ptr<Stream> stream) {
    const std::uint64_t id = lane.next_id++;
    auto owned = std::make_unique<Connection>(lane.context, std::move(stream));
    Connection& connection = *owned;
    lane.connections.emplace(id, std::move(owned));
    if (lane.finishing) connection.finish();
    // The connection is still inside its last step when it says so.
    connection.run([this, &lane, id] { lane.loop->post([this, &lane, id] { remove(lane, id); }); });
}

void Server::Impl::remove(Lane& lane, std::uint64_t id) {
    lane.connections.erase(id);
    const std::size_t before = connection_count--;
    if (lane.finishing && lane.connections.empty()) lane.loop->stop();
    if (before >= options.connections_max) {
        lanes.front()->loop->post([this] { accept_next(); });
    }
}

void Server::Impl::finish(Lane& lane, Duration grace) {
    lane.finishing = true;
    if (&lane == lanes.front().get()) {
        stopping = true;
        listener->close();
    }
    if (lane.connections.empty()) return lane.loop->stop();
    // Ending one changes the map only in a later job.
    for (const auto& [id, connection] : lane.connections) connection->finish();
    lane.loop->after(std::min(grace, grace_max), [this, &lane] { abort(lane); });
}

void Server::Impl::abort(Lane& lane) {
    for (const auto& [id, connection] : lane.connections) connection->abort();
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<Server>> Server::start(Options options, Handler& handler) {
    ONPUT_CHECK(options.threads > 0);
    ONPUT_CHECK(options.connections_max > 0);
    ONPUT_CHECK(options.bytes_per_second_min > 0);
    auto impl = std::make_unique<Impl>(std::move(options), handler);
    ONPUT_TRY(impl->listener, Listener::open(*impl->lanes.front()->loop, impl->options.address,
                                             impl->options.port));
    impl->port = impl->listener->port();
    impl->accept_next();
    for (const auto& lane : impl->lanes) {
        lane->thread = std::jthread([loop = lane->loop] { loop->run(); });
    }
    return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::~Server() {
    stop(Duration::zero());
}

std::uint16_t Server::port() const {
    return impl_->port;
}

std::size_t Server::connection_count() const {
    return impl_->connection_count;
}

void Server::stop(Duration grace) {
    if (std::exchange(impl_->stopped, true)) return;
    Impl& impl = *impl_;
    for (const auto& lane : impl.lanes) {
        Lane& ending = *lane;
        ending.loop->post([&impl, &ending, grace] { impl.finish(ending, grace); });
    }
    for (const auto& lane : impl.lanes) lane->thread.join();
}

}  // namespace onput::http
