// A name server that takes its time holds up only those who asked it. The lookup of this program
// stands in front of the system's and keeps one name waiting until it is let go.
#include <condition_variable>
#include <dlfcn.h>
#include <mutex>
#include <netdb.h>

#include "common/transport/endpoint.hpp"
#include "tests/common/transport/request_harness.hpp"

namespace {

constexpr std::string_view slow_name = "slow.test";

class SlowName {
public:
    void wait_as_asked() {
        std::unique_lock lock(mutex_);
        ++asked_;
        changed_.notify_all();
        changed_.wait(lock, [this] { return is_let_go_; });
    }
    void await_asked() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return asked_ > 0; });
    }
    void let_go() {
        const std::scoped_lock lock(mutex_);
        is_let_go_ = true;
        changed_.notify_all();
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int asked_ = 0;
    bool is_let_go_ = false;
};

SlowName slow;

}  // namespace

extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints,
                           addrinfo** result) {
    if (node != nullptr && node == slow_name) {
        slow.wait_as_asked();
        return EAI_NONAME;
    }
    using Lookup = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
    static const auto lookup = reinterpret_cast<Lookup>(::dlsym(RTLD_NEXT, "getaddrinfo"));
    return lookup(node, service, hints, result);
}

namespace onput::transport {
namespace {

TEST(NameLookup, only_names_are_looked_up) {
    EXPECT_EQ(named_host("tcp://storage:7101"), "storage");
    EXPECT_EQ(named_host("tcp://queue.example.org:1"), "queue.example.org");
    for (const char* endpoint :
         {"tcp://10.0.0.1:7101", "tcp://[::1]:7101", "ipc:///run/x", "tcp://*:7101", "tcp://"}) {
        EXPECT_EQ(named_host(endpoint), "") << endpoint;
    }
}

TEST(NameLookup, more_names_than_threads_share_the_last) {
    Context context;
    EXPECT_EQ(context.affinity_for("ipc:///run/x"), 1U);
    EXPECT_EQ(context.affinity_for("tcp://10.0.0.1:1"), 1U);
    EXPECT_EQ(context.affinity_for("tcp://storage:1"), 2U);
    EXPECT_EQ(context.affinity_for("tcp://queue:1"), 4U);
    EXPECT_EQ(context.affinity_for("tcp://queue:2"), 4U);
    EXPECT_EQ(context.affinity_for("tcp://notifier:1"), 8U);
    EXPECT_EQ(context.affinity_for("tcp://worker-1:1"), 16U);
    EXPECT_EQ(context.affinity_for("tcp://worker-2:1"), 16U);
    EXPECT_EQ(context.affinity_for("tcp://storage:2"), 2U);
}

TEST(NameLookup, a_slow_name_delays_no_other_peer) {
    TestLoop loop;
    const TestFolder folder;
    std::unique_ptr<RequestServer> server;
    auto bound = RequestServer::bind(
        loop.get(), {"tcp://127.0.0.1:*", folder.ipc("echo")}, [&](Request request) {
            server->reply(request.reply_to, Reply{.body = std::move(request.body)});
        });
    ASSERT_TRUE(bound) << bound.error().message;
    server = std::move(*bound);
    const std::string numeric = server->endpoints()[0];
    const auto waiting = RequestClient::connect(loop.get(), "tcp://slow.test:7101");
    slow.await_asked();

    for (const std::string& endpoint :
         {numeric, "tcp://localhost" + numeric.substr(numeric.rfind(':')), folder.ipc("echo")}) {
        const auto client = RequestClient::connect(loop.get(), endpoint);
        Results results;
        CallOptions options;
        options.timeout = patience;
        client->call("test.echo", "hello", std::move(options), results.take());
        EXPECT_TRUE(loop.run_until([&] { return !results.all.empty(); }));
        EXPECT_TRUE(results.all.at(0).has_value()) << endpoint;
    }
    slow.let_go();
}

}  // namespace
}  // namespace onput::transport
