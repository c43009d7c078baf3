// Relay: connections of a sandbox to the AWS endpoint, carried on to the gateway byte by byte.
//
//     handler ──127.0.0.1:9002──> Relay ──> gateway
//
// A side that is slow stops the other one: each direction holds relay_bytes_max at most. When a
// side has said all, that is passed on, and the answer still comes. On the loop's thread.
#pragma once

#include <memory>
#include <netinet/in.h>
#include <set>
#include <string>

#include "common/base/result.hpp"
#include "services/function/reactor.hpp"

namespace onput::function {

// "127.0.0.1:4566"; a name is looked up, once. invalid_argument, or not_found.
Result<sockaddr_in> parse_address(const std::string& address);

class Relay {
public:
    // `reactor` outlives it.
    Relay(Reactor& reactor, const sockaddr_in& target) : reactor_(reactor), target_(target) {}
    ~Relay();
    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;

    // Carries what `from` says. A target that cannot be reached closes it.
    void take(worker::FileDescriptor from);

    [[nodiscard]] std::size_t connections() const { return pairs_.size(); }

private:
    // One direction.
    struct Flow {
        std::string bytes;
        bool has_ended = false;     // The reading side has said all.
        bool is_passed_on = false;  // And the writing side knows.
    };
    struct Pair {
        worker::FileDescriptor handler;
        worker::FileDescriptor gateway;
        bool is_connected = false;
        Flow to_gateway;
        Flow to_handler;
    };

    void move(Pair& pair);
    static bool read(const worker::FileDescriptor& from, Flow& flow);
    static bool write(const worker::FileDescriptor& to, Flow& flow);
    void drop(Pair& pair);

    Reactor& reactor_;
    sockaddr_in target_;
    std::set<std::unique_ptr<Pair>> pairs_;
};

}  // namespace onput::function
