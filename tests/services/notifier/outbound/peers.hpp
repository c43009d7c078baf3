// Peers on loopback that answer badly, and the harness that sends to them.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/transport/loop.hpp"
#include "services/notifier/outbound/outbound.hpp"

namespace onput::notifier {

// One connection, blocking. Ends when the peer is stopped.
class Connection {
public:
    Connection(int fd, const std::atomic<bool>& is_stopping) : fd_(fd), stopping_(is_stopping) {}

    // Up to and with `end`, or what came until the other side closed.
    std::string read_until(std::string_view end);
    std::string read_bytes(std::size_t count);
    bool write(std::string_view bytes) const;  // False: the other side is gone.
    void wait_for_end();
    // Nothing for a moment; false: the other side is gone.
    bool pause();

private:
    bool receive();

    int fd_;
    const std::atomic<bool>& stopping_;
    std::string received_;
};

// Listens on a free port of 127.0.0.1; each connection is a thread.
class Peer {
public:
    explicit Peer(std::function<void(Connection&)> behaviour);
    ~Peer();
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;

    [[nodiscard]] int port() const { return port_; }
    [[nodiscard]] std::string url(const std::string& path = "/") const {
        return "http://127.0.0.1:" + std::to_string(port_) + path;
    }
    [[nodiscard]] int connections() const { return connections_; }

private:
    void run();

    std::function<void(Connection&)> behaviour_;
    int fd_ = -1;
    int port_ = 0;
    std::atomic<bool> stopping_ = false;
    std::atomic<int> connections_ = 0;
    std::thread thread_;
};

// Answers each request with what `reply` makes of it; keeps connections open.
class HttpPeer {
public:
    explicit HttpPeer(std::string reply);

    // The requests so far, each with its head and body.
    [[nodiscard]] std::vector<std::string> requests() const;
    [[nodiscard]] const Peer& peer() const { return *peer_; }
    [[nodiscard]] std::string url(const std::string& path = "/") const { return peer_->url(path); }

private:
    void serve(Connection& connection, const std::string& reply);

    mutable std::mutex mutex_;
    std::vector<std::string> requests_;
    std::unique_ptr<Peer> peer_;
};

// Reads one request, head and body; empty: the other side closed.
std::string read_request(Connection& connection);

class Sender {
public:
    explicit Sender(OutboundOptions options = {.allowed_networks = {"127.0.0.0/8", "::1/128"}});

    OutboundResult send(OutboundMessage message);
    OutboundResult post(const std::string& url, const std::string& body = "hello") {
        return send(HttpRequest{.url = url, .body = body});
    }
    // Runs the loop until `is_done`, a minute at most.
    void run_until(const std::function<bool()>& is_done);

    transport::Context context;
    transport::Loop loop{context};
    std::unique_ptr<Outbound> outbound;
};

}  // namespace onput::notifier
