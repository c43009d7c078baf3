// Reactor: descriptors that are waited for in both directions, in a loop that knows reading only.
// On the loop's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>

#include "common/base/result.hpp"
#include "common/transport/loop.hpp"
#include "common/worker/file_descriptor.hpp"

namespace onput::function {

struct Readiness {
    bool can_read = false;  // Or is at its end, or broken: reading says which.
    bool can_write = false;
    bool is_broken =
        false;  // The peer is gone, in both directions; also while nothing is waited for.
};

// What one descriptor waits for. With neither it is told once that its peer is gone, however often
// it is looked at.
struct Interest {
    bool reading = false;
    bool writing = false;

    friend bool operator==(const Interest&, const Interest&) = default;
};

class Reactor {
public:
    using Ready = std::function<void(Readiness)>;

    static Result<std::unique_ptr<Reactor>> open(transport::Loop& loop);
    ~Reactor();
    Reactor(const Reactor&) = delete;
    Reactor& operator=(const Reactor&) = delete;

    // `ready` may be called once more for a descriptor that was given up in the same turn and whose
    // number has a new owner: reading and writing do not block, so that does no harm. It may remove
    // any descriptor, its own too.
    void add(int fd, Interest interest, Ready ready);
    void change(int fd, Interest interest);
    void remove(int fd);

private:
    Reactor(transport::Loop& loop, worker::FileDescriptor epoll);
    void dispatch();

    transport::Loop& loop_;
    worker::FileDescriptor epoll_;
    struct Handler {
        Interest interest;
        std::shared_ptr<Ready> ready;  // Shared, because one that runs may remove itself.
    };
    std::map<int, Handler> handlers_;
};

}  // namespace onput::function
