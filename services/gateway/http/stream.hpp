// Loop, Listener, Stream: threads and sockets behind plain interfaces. Internal to http; the one
// place that knows Asio. Everything is called on the loop's own thread unless said otherwise.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/base/unique_function.hpp"
#include "services/gateway/http/mailbox.hpp"

namespace onput::http {

using SteadyTime = std::chrono::steady_clock::time_point;

// One thread's event loop. Shared: mailboxes of other threads post to it, even after its end.
class Loop : public Executor {
public:
    static std::shared_ptr<Loop> create();

    // Runs until stop(); the thread that calls it becomes the loop's own.
    virtual void run() = 0;
    virtual void stop() = 0;  // Any thread.
    virtual void after(Duration delay, UniqueFunction<void()> job) = 0;
};

// What the owner of a stream is told.
class StreamEvents {
public:
    StreamEvents() = default;
    StreamEvents(const StreamEvents&) = delete;
    StreamEvents& operator=(const StreamEvents&) = delete;
    virtual ~StreamEvents() = default;

    virtual void on_read(std::size_t bytes) = 0;  // 0: the peer will send no more.
    virtual void on_written(std::size_t bytes) = 0;
    virtual void on_broken() = 0;  // Reset by the peer, or the network is.
    virtual void on_deadline() = 0;
};

// What one write gathers; empty pieces cost nothing.
using Pieces = std::array<std::string_view, 4>;

// One TCP connection. Shared: the operations that the kernel still holds keep it alive.
class Stream {
public:
    Stream() = default;
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    virtual ~Stream() = default;

    // Before anything else.
    virtual void set_owner(StreamEvents& owner) = 0;

    // Begins a read of whatever comes first; one at a time. Ends in on_read or on_broken.
    virtual void start_read(std::span<char> into) = 0;
    [[nodiscard]] virtual bool reading() const = 0;

    // Writes what the socket takes now, perhaps nothing; no value when the connection is broken.
    virtual std::optional<std::size_t> write_now(const Pieces& pieces) = 0;
    // Waits until the socket takes some; one at a time. Ends in on_written or on_broken. The bytes
    // stay in place.
    virtual void start_write(const Pieces& pieces) = 0;

    // Bytes that were written and that the peer's kernel has not acknowledged.
    [[nodiscard]] virtual std::size_t unacknowledged() const = 0;

    // on_deadline is called once, not before this moment; a new deadline replaces the old one.
    virtual void set_deadline(SteadyTime deadline) = 0;
    virtual void clear_deadline() = 0;

    virtual void shut_output() = 0;  // The peer sees the end; reading goes on.
    // Forgets the owner and all operations. `reset` lets the peer see that something was cut off.
    enum class Close { orderly, reset };
    virtual void close(Close how) = 0;

    // Whether the peer learns the end of a body from the transport: no chunks are needed then.
    [[nodiscard]] virtual bool ends_bodies() const { return false; }

    [[nodiscard]] virtual std::string peer() const = 0;
};

// Destroyed only after the loops it accepts for have stopped.
class Listener {
public:
    Listener() = default;
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    virtual ~Listener() = default;

    // Fails with `unavailable` when the address is in use, invalid_argument when it is not a
    // numeric address.
    static Result<std::unique_ptr<Listener>> open(Loop& loop, const std::string& address,
                                                  std::uint16_t port);

    [[nodiscard]] virtual std::uint16_t port() const = 0;

    using Accepted = UniqueFunction<void(std::shared_ptr<Stream>)>;
    // Accepts one connection whose events belong to `loop`; `accepted` is called on the listener's
    // loop. Failures of the moment (too many open files) are waited out.
    virtual void accept(Loop& loop, Accepted accepted) = 0;
    virtual void close() = 0;
};

}  // namespace onput::http
