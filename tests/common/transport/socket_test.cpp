// What libzmq's C++ classes answer with an exception, and this folder with a value.
#include "common/transport/socket.hpp"

#include <atomic>
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

// Interrupts this thread, and what it waits for, every so many microseconds.
class Interruptions {
public:
    explicit Interruptions(suseconds_t every_us) {
        struct sigaction counting{};
        counting.sa_handler = [](int) { ++counted; };
        EXPECT_EQ(::sigaction(SIGALRM, &counting, &before_), 0);
        repeat(every_us);
    }
    ~Interruptions() {
        repeat(0);
        EXPECT_EQ(::sigaction(SIGALRM, &before_, nullptr), 0);
    }
    Interruptions(const Interruptions&) = delete;
    Interruptions& operator=(const Interruptions&) = delete;

    static void repeat(suseconds_t every_us) {
        const timeval time{.tv_sec = 0, .tv_usec = every_us};
        const itimerval timer{.it_interval = time, .it_value = time};
        EXPECT_EQ(::setitimer(ITIMER_REAL, &timer, nullptr), 0);
    }
    [[nodiscard]] static int count() { return counted; }

private:
    inline static std::atomic<int> counted = 0;  // Free of locks, so a handler may change it.
    struct sigaction before_{};
};

TEST(Socket, signals_do_not_end_a_waiting_loop) {
    const Interruptions interruptions(1000);
    TestLoop loop;
    bool has_run = false;
    loop.get().after(50ms, [&] { has_run = true; });
    loop.get().after(60ms, [&] { loop.get().stop(); });
    loop.get().run();
    EXPECT_TRUE(has_run);
}

// Asking a socket what it can do is interrupted, too.
TEST(Socket, signals_amid_traffic_fail_no_call) {
    const Interruptions interruptions(50);
    TestLoop loop;
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
}

// Each of these asks libzmq for something that a signal interrupts.
TEST(Socket, sockets_and_their_monitors_are_made_amid_signals) {
    const TestFolder folder;
    Context context;
    const Interruptions interruptions(20);
    const int before = Interruptions::count();
    for (int round = 0; round < 300 || Interruptions::count() - before < 2000; ++round) {
        const std::string endpoint = folder.ipc(std::to_string(round));
        auto router = Socket::open(context, {.type = SocketType::router});
        ASSERT_TRUE(router);
        ConnectionMonitor of_router(context, *router);
        ASSERT_TRUE(router->bind(endpoint));
        auto dealer = Socket::open(context, dealer_options);
        ASSERT_TRUE(dealer);
        ConnectionMonitor of_dealer(context, *dealer);
        ASSERT_TRUE(dealer->connect(endpoint));
    }
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
