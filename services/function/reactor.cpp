#include "services/function/reactor.hpp"

#include <array>
#include <sys/epoll.h>
#include <utility>

#include "common/base/check.hpp"
#include "common/base/errno_text.hpp"

namespace onput::function {
namespace {

constexpr int events_per_turn = 64;

epoll_event event_of(int fd, Interest interest) {
    epoll_event event{};
    event.events =
        (interest.reading ? EPOLLIN | EPOLLRDHUP : 0U) | (interest.writing ? EPOLLOUT : 0U);
    // The end of both directions is always told: again and again, to who can do nothing about it.
    if (event.events == 0) event.events = EPOLLET;
    event.data.fd = fd;
    return event;
}

}  // namespace

Reactor::Reactor(transport::Loop& loop, worker::FileDescriptor epoll)
    : loop_(loop), epoll_(std::move(epoll)) {
    loop_.watch(epoll_.get(), [this] { dispatch(); });
}

Reactor::~Reactor() {
    loop_.unwatch(epoll_.get());
}

Result<std::unique_ptr<Reactor>> Reactor::open(transport::Loop& loop) {
    worker::FileDescriptor epoll(::epoll_create1(EPOLL_CLOEXEC));
    if (!epoll.is_open())
        return fail(ErrorCode::unavailable, "wait for descriptors: " + errno_text());
    return std::unique_ptr<Reactor>(new Reactor(loop, std::move(epoll)));
}

void Reactor::add(int fd, Interest interest, Ready ready) {
    epoll_event event = event_of(fd, interest);
    ONPUT_CHECK(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0);
    handlers_[fd] = {.interest = interest, .ready = std::make_shared<Ready>(std::move(ready))};
}

void Reactor::change(int fd, Interest interest) {
    if (std::exchange(handlers_.at(fd).interest, interest) == interest) return;
    epoll_event event = event_of(fd, interest);
    ONPUT_CHECK(::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) == 0);
}

void Reactor::remove(int fd) {
    if (handlers_.erase(fd) == 0) return;
    ONPUT_CHECK(::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr) == 0);
}

void Reactor::dispatch() {
    std::array<epoll_event, events_per_turn> events{};
    const int count = ::epoll_wait(epoll_.get(), events.data(), events_per_turn, 0);
    for (int i = 0; i < count; ++i) {
        const epoll_event& event = events.at(static_cast<std::size_t>(i));
        const auto found = handlers_.find(event.data.fd);
        if (found == handlers_.end()) continue;
        const std::shared_ptr<Ready> ready = found->second.ready;
        constexpr std::uint32_t reading = EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR;
        (*ready)({.can_read = (event.events & reading) != 0,
                  .can_write = (event.events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0,
                  .is_broken = (event.events & (EPOLLERR | EPOLLHUP)) != 0});
    }
}

}  // namespace onput::function
