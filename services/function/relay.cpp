#include "services/function/relay.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fmt/format.h>

#include "common/base/text.hpp"
#include "services/function/limits.hpp"

namespace onput::function {
namespace {

bool would_block() {
    return errno == EAGAIN || errno == EINTR;
}

void send_at_once(int fd) {
    const int on = 1;
    static_cast<void>(::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
}

}  // namespace

Result<sockaddr_in> parse_address(const std::string& address) {
    const std::size_t colon = address.rfind(':');
    const auto port =
        colon == std::string::npos
            ? std::nullopt
            : parse_number<std::uint16_t>(std::string_view(address).substr(colon + 1));
    if (!port || *port == 0) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("'{}' is no host and port, like 127.0.0.1:4566", address));
    }
    const std::string host = address.substr(0, colon);
    addrinfo hints{};
    hints.ai_family = AF_INET;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
    if (error != 0) {
        return fail(ErrorCode::not_found,
                    fmt::format("the host '{}' is not found: {}", host, ::gai_strerror(error)));
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(found, &::freeaddrinfo);
    sockaddr_in target = *reinterpret_cast<const sockaddr_in*>(found->ai_addr);  // NOLINT
    target.sin_port = htons(*port);
    return target;
}

Relay::~Relay() {
    while (!pairs_.empty()) drop(**pairs_.begin());
}

void Relay::take(worker::FileDescriptor from) {
    worker::FileDescriptor to(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!to.is_open()) return;
    send_at_once(from.get());
    send_at_once(to.get());
    const auto* target = reinterpret_cast<const sockaddr*>(&target_);  // NOLINT: the API's own way.
    if (::connect(to.get(), target, sizeof target_) != 0 && errno != EINPROGRESS) return;
    auto made = std::make_unique<Pair>();
    Pair& pair = *made;
    pair.handler = std::move(from);
    pair.gateway = std::move(to);
    pairs_.insert(std::move(made));
    reactor_.add(pair.handler.get(), {.reading = true}, [this, &pair](Readiness ready) {
        // Nobody is left to answer.
        ready.is_broken ? drop(pair) : move(pair);
    });
    reactor_.add(pair.gateway.get(), {.writing = true}, [this, &pair](Readiness ready) {
        pair.is_connected = pair.is_connected || ready.can_write;
        move(pair);
    });
}

// Reads what there is room for and writes what it can; false when the side is broken.
bool Relay::read(const worker::FileDescriptor& from, Flow& flow) {
    std::array<char, read_bytes_max> piece{};
    while (!flow.has_ended && flow.bytes.size() < relay_bytes_max) {
        const ssize_t count = ::recv(from.get(), piece.data(), piece.size(), 0);
        if (count < 0) return would_block();
        if (count == 0) flow.has_ended = true;
        flow.bytes.append(piece.data(), static_cast<std::size_t>(count));
    }
    return true;
}

bool Relay::write(const worker::FileDescriptor& to, Flow& flow) {
    std::size_t sent = 0;
    bool is_well = true;
    while (sent < flow.bytes.size()) {
        const ssize_t count =
            ::send(to.get(), flow.bytes.data() + sent, flow.bytes.size() - sent, MSG_NOSIGNAL);
        if (count < 0) {
            is_well = would_block();
            break;
        }
        sent += static_cast<std::size_t>(count);
    }
    flow.bytes.erase(0, sent);
    if (flow.has_ended && flow.bytes.empty() && !flow.is_passed_on) {
        flow.is_passed_on = true;
        static_cast<void>(::shutdown(to.get(), SHUT_WR));
    }
    return is_well;
}

void Relay::move(Pair& pair) {
    bool is_well = read(pair.handler, pair.to_gateway);
    if (pair.is_connected) {
        is_well = is_well && write(pair.gateway, pair.to_gateway);
        is_well = is_well && read(pair.gateway, pair.to_handler);
        is_well = is_well && write(pair.handler, pair.to_handler);
    }
    // When the gateway has said all, there is nothing left to wait for.
    if (!is_well || pair.to_handler.is_passed_on) return drop(pair);
    const auto wants_more = [](const Flow& flow) {
        return !flow.has_ended && flow.bytes.size() < relay_bytes_max;
    };
    reactor_.change(pair.handler.get(), {.reading = wants_more(pair.to_gateway),
                                         .writing = !pair.to_handler.bytes.empty()});
    reactor_.change(pair.gateway.get(),
                    {.reading = pair.is_connected && wants_more(pair.to_handler),
                     .writing = !pair.is_connected || !pair.to_gateway.bytes.empty()});
}

void Relay::drop(Pair& pair) {
    reactor_.remove(pair.handler.get());
    reactor_.remove(pair.gateway.get());
    const auto found = std::ranges::find(pairs_, &pair, &std::unique_ptr<Pair>::get);
    if (found != pairs_.end()) pairs_.erase(found);
}

}  // namespace onput::function
