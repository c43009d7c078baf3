// Loop: the EventLoop of a real process (event_loop.hpp). It waits for sockets, timers, file
// descriptors and posted work.
//
// All functions but `post` and `stop` are for the loop's own thread, inside a handler or before
// run(). A Context is the process's one ZeroMQ context; create it after any fork and before any
// socket; sockets must be gone before it.
//
// libzmq looks names up on its I/O threads, again at each attempt to connect, and a name server may
// take seconds to say that a stopped container has none. Such a thread serves nobody else
// meanwhile, so the first hosts that are reached by name have a thread each and the others share
// one, apart from all that needs no name.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/transport/event_loop.hpp"
#include "common/transport/socket_signal.hpp"

namespace zmq {
class context_t;
}

namespace onput::transport {

class Context {
public:
    // ZMQ_AFFINITY's bit of the I/O thread that looks no names up.
    static constexpr std::uint64_t ordinary_thread = 1;

    Context() noexcept;
    ~Context();
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;

    [[nodiscard]] zmq::context_t& handle() const { return *context_; }
    // The I/O threads, as ZMQ_AFFINITY's bits, for a connection to `endpoint`. On one thread at a
    // time.
    [[nodiscard]] std::uint64_t affinity_for(std::string_view endpoint);

private:
    std::unique_ptr<zmq::context_t> context_;
    std::vector<std::string> named_hosts_;  // Those with a thread of their own, in its order.
};

// What a socket of this folder registers with its Loop.
class Pollable {
public:
    virtual ~Pollable() = default;
    virtual SocketSignal& signal() = 0;  // Of a ZeroMQ socket; the same one each time.
    virtual void on_readable() = 0;      // Reads until empty or its bound per turn.

    // True while something waits to be sent: on_writable is called as soon as it can be.
    [[nodiscard]] virtual bool wants_writable() const { return false; }
    virtual void on_writable() {}
};

class Loop final : public EventLoop {
public:
    explicit Loop(Context& context);
    ~Loop() override;
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    void run();   // Until stop().
    void stop();  // Any thread. The current turn ends normally.

    void post(UniqueFunction<void()> work) override;
    TimerId after(Duration delay, UniqueFunction<void()> work) override;
    TimerId every(Duration period, std::function<void()> work) override;
    void cancel(TimerId timer) override;
    void at_turn_end(UniqueFunction<void()> work) override;
    [[nodiscard]] Timestamp now() const override;
    [[nodiscard]] Duration monotonic() const override;

    // Runs `work` while the file descriptor is readable. The descriptor stays the caller's.
    void watch(int fd, std::function<void()> work);
    void unwatch(int fd);

    [[nodiscard]] Context& context() const;

    // For the sockets of this folder.
    void add(Pollable& pollable);
    void remove(Pollable& pollable);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace onput::transport
