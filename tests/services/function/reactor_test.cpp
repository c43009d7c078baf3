#include "services/function/reactor.hpp"

#include <array>
#include <sys/socket.h>

#include <gtest/gtest.h>

#include "common/transport/loop.hpp"

namespace onput::function {
namespace {

TEST(Reactor, a_peer_that_is_gone_is_told_once_to_who_waits_for_nothing) {
    transport::Context context;
    transport::Loop loop(context);
    const auto reactor = Reactor::open(loop);
    ASSERT_TRUE(reactor);
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()), 0);
    const worker::FileDescriptor ours(ends[0]);
    worker::FileDescriptor theirs(ends[1]);
    int told = 0;
    (*reactor)->add(ours.get(), {}, [&](Readiness ready) {
        told += ready.is_broken ? 1 : 0;
        (*reactor)->change(ours.get(), {});
    });
    theirs.reset();
    int turns = 0;
    const std::function<void()> turn = [&] {
        if (++turns < 100) return loop.post(turn);
        loop.stop();
    };
    loop.post(turn);
    loop.run();
    EXPECT_EQ(told, 1);
    (*reactor)->remove(ours.get());
}

}  // namespace
}  // namespace onput::function
