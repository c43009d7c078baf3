// What libzmq's C++ classes answer with an exception, and this folder with a value.
#include "common/transport/socket.hpp"

#include <csignal>
#include <sys/resource.h>
#include <sys/time.h>

#include <gtest/gtest.h>

#include "tests/common/transport/harness.hpp"

namespace onput::transport {
namespace {

constexpr SocketOptions dealer_options{.type = SocketType::dealer};

TEST(Socket, opening_one_without_a_file_descriptor_is_an_error) {
    Context context;
    // The first socket makes the context's threads.
    auto first = Socket::open(context, {.type = SocketType::router});
    ASSERT_TRUE(first);
    // The sanitizer of undefined behaviour needs descriptors to look at the first exception.
    ASSERT_FALSE(first->bind("tcp://192.0.2.1:7001"));
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    const rlimit none{.rlim_cur = 0, .rlim_max = before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
    const auto second = Socket::open(context, dealer_options);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::resource_exhausted);
    EXPECT_EQ(second.error().message, "open a socket: too many open files");
}

TEST(Socket, a_message_without_a_peer_is_not_sent_now_and_stays_the_callers) {
    Context context;
    auto dealer = Socket::open(context, dealer_options);
    ASSERT_TRUE(dealer);
    std::vector<Frame> frames;
    frames.emplace_back(std::string(1000, 'x'));
    EXPECT_EQ(dealer->send(frames), Sent::not_now);
    EXPECT_EQ(frames[0].size(), 1000U);
}

TEST(Socket, a_routers_message_to_an_unknown_peer_is_not_sent) {
    Context context;
    auto router = Socket::open(context, {.type = SocketType::router});
    ASSERT_TRUE(router);
    ASSERT_TRUE(router->bind("tcp://127.0.0.1:*"));
    std::vector<Frame> frames;
    frames.push_back(Frame::copy_of("nobody"));
    frames.push_back(Frame::copy_of("body"));
    EXPECT_EQ(router->send(frames), Sent::not_now);
}

TEST(Socket, an_address_that_is_not_this_machines_is_an_invalid_argument) {
    Context context;
    auto router = Socket::open(context, {.type = SocketType::router});
    ASSERT_TRUE(router);
    const auto bound = router->bind("tcp://192.0.2.1:7001");
    ASSERT_FALSE(bound);
    EXPECT_EQ(bound.error().code, ErrorCode::invalid_argument);
    EXPECT_TRUE(bound.error().message.starts_with("bind tcp://192.0.2.1:7001: "))
        << bound.error().message;
}

TEST(Socket, signals_do_not_end_a_waiting_loop) {
    struct sigaction quiet{};
    quiet.sa_handler = [](int) {};
    struct sigaction before{};
    ASSERT_EQ(::sigaction(SIGALRM, &quiet, &before), 0);
    const itimerval often{.it_interval = {.tv_sec = 0, .tv_usec = 1000},
                          .it_value = {.tv_sec = 0, .tv_usec = 1000}};
    const itimerval never{};
    ASSERT_EQ(::setitimer(ITIMER_REAL, &often, nullptr), 0);
    TestLoop loop;
    bool has_run = false;
    loop.get().after(50ms, [&] { has_run = true; });
    loop.get().after(60ms, [&] { loop.get().stop(); });
    loop.get().run();
    ASSERT_EQ(::setitimer(ITIMER_REAL, &never, nullptr), 0);
    ASSERT_EQ(::sigaction(SIGALRM, &before, nullptr), 0);
    EXPECT_TRUE(has_run);
}

}  // namespace
}  // namespace onput::transport
