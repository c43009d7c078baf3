// Server: HTTP/1.1 on one port. Each request goes to the handler as a coroutine (exchange.hpp).
//
//     auto server = http::Server::start({.port = 4566}, handler);
//     ...
//     (*server)->stop(10s);
//
// Keeps nothing durable. Limits and time-outs: options.hpp. Without TLS.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "common/async/task.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "services/gateway/http/exchange.hpp"
#include "services/gateway/http/options.hpp"

namespace onput::http {

// What the server serves. Called on the server's threads; with more than one, at the same time.
class Handler {
public:
    Handler() = default;
    Handler(const Handler&) = delete;
    Handler& operator=(const Handler&) = delete;
    virtual ~Handler() = default;

    // The exchange outlives the task, which awaits only the exchange's operations.
    virtual Task<void> handle(Exchange& exchange) = 0;
};

class Server {
public:
    // Listens from its return on. The handler outlives the server.
    // Fails with `unavailable` when the address is taken, invalid_argument when it is none.
    static Result<std::unique_ptr<Server>> start(Options options, Handler& handler);

    ~Server();  // stop(0).
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    [[nodiscard]] std::uint16_t port() const;
    [[nodiscard]] std::size_t connection_count() const;  // Any thread.

    // Stops listening, closes idle connections, lets running requests end until the grace is over,
    // then cuts them off. Returns when every handler has ended and the threads are gone.
    // Not from a handler; a second call does nothing.
    void stop(Duration grace);

private:
    struct Impl;
    explicit Server(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace onput::http
