// What libzmq's C++ classes answer with an exception, and this folder with a value.
#include "common/transport/socket.hpp"

#include <csignal>
#include <functional>
#include <optional>
#include <sys/resource.h>
#include <sys/time.h>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "tests/common/transport/request_harness.hpp"

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
    // Amid traffic as well: asking a socket what it can do is interrupted, too.
    const itimerval all_the_time{.it_interval = {.tv_sec = 0, .tv_usec = 50},
                                 .it_value = {.tv_sec = 0, .tv_usec = 50}};
    ASSERT_EQ(::setitimer(ITIMER_REAL, &all_the_time, nullptr), 0);
    const TestFolder folder;
    std::unique_ptr<RequestServer> server =
        bind_server(loop.get(), folder.ipc("s"), [&server](const Request& request) {
            server->reply(request.reply_to, Reply{.body = request.body});
        });
    const auto client = RequestClient::connect(loop.get(), folder.ipc("s"));
    std::size_t answered = 0;
    const std::function<void()> call = [&] {
        client->call("test.echo", "", {}, [&](const Result<Reply>& reply) {
            EXPECT_TRUE(reply);
            if (++answered < 2000) call();
        });
    };
    call();
    EXPECT_TRUE(loop.run_until([&] { return answered == 2000; }));
    ASSERT_EQ(::setitimer(ITIMER_REAL, &never, nullptr), 0);
    ASSERT_EQ(::sigaction(SIGALRM, &before, nullptr), 0);
    EXPECT_TRUE(has_run);
}

// A send takes in what has arrived, and the socket's descriptor says nothing of it any more.
TEST(Socket, a_message_that_came_before_a_send_is_found_without_another_one) {
    TestLoop loop;
    const TestFolder folder;
    std::unique_ptr<RequestServer> server;
    std::optional<ReplyTo> unanswered;
    server = bind_server(loop.get(), folder.ipc("s"), [&](const Request& request) {
        // The second one is for taking in the answer to the first; it has none itself.
        if (request.header.method == "test.silence") return;
        unanswered = request.reply_to;
    });
    const auto client = RequestClient::connect(loop.get(), folder.ipc("s"));
    for (int round = 0; round < 300; ++round) {
        bool is_answered = false;
        client->call("test.echo", "", {}, [&](const Result<Reply>& reply) {
            EXPECT_TRUE(reply);
            is_answered = true;
        });
        ASSERT_TRUE(loop.run_until([&] { return unanswered.has_value(); }));
        server->reply(*std::exchange(unanswered, std::nullopt), Reply{});
        // So that the answer is there when the sends begin.
        std::this_thread::yield();
        for (int i = 0; i < 3; ++i) client->call("test.silence", "", {}, [](const auto&) {});
        ASSERT_TRUE(loop.run_until([&] { return is_answered; }));
    }
}

}  // namespace
}  // namespace onput::transport
