// How fast requests and lanes are between two processes on one machine.
//
//   transport_bench [seconds per figure]      one line per figure, on stdout
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

#include "common/transport/lane.hpp"
#include "common/transport/request.hpp"

namespace {

using namespace onput;
using namespace onput::transport;
using Monotonic = std::chrono::steady_clock;

constexpr std::size_t body_bytes = 200;

// Runs `work` in a forked process until this one is done with it.
class Peer {
public:
    explicit Peer(const std::function<void()>& work) : pid_(::fork()) {
        if (pid_ != 0) return;
        work();
        ::_exit(0);
    }
    ~Peer() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;

private:
    pid_t pid_;
};

template <typename T>
T expect(Result<T> result) {
    if (!result) {
        std::fprintf(stderr, "%s\n", result.error().message.c_str());
        std::exit(1);  // NOLINT(concurrency-mt-unsafe): no other thread is at exit.
    }
    return std::move(*result);
}

void serve_echo(const std::string& endpoint) {
    Context context;
    Loop loop(context);
    std::unique_ptr<RequestServer> server;
    server = expect(RequestServer::bind(loop, {endpoint}, [&](Request request) {
        server->reply(request.reply_to, Reply{.body = std::move(request.body)});
    }));
    loop.run();
}

// Calls per second with `open_max` calls open all the time.
double measure_requests(const std::string& endpoint, std::size_t open_max, Duration time) {
    const Peer peer([&] { serve_echo(endpoint); });
    Context context;
    Loop loop(context);
    const auto client = RequestClient::connect(loop, endpoint);
    const std::string body(body_bytes, 'x');
    std::uint64_t answered = 0;
    bool is_over = false;
    std::function<void()> call = [&] {
        client->call("bench.echo", body, {}, [&](const Result<Reply>& reply) {
            if (!reply || is_over) return;
            ++answered;
            call();
        });
    };
    for (std::size_t i = 0; i < open_max; ++i) call();
    // The first answers come after the connection: only what follows is counted.
    Monotonic::time_point begin;
    std::uint64_t before = 0;
    loop.after(time / 4, [&] {
        begin = Monotonic::now();
        before = answered;
        loop.after(time, [&] { loop.stop(); });
    });
    loop.run();
    is_over = true;
    const std::chrono::duration<double> passed = Monotonic::now() - begin;
    return static_cast<double>(answered - before) / passed.count();
}

// Acks what it is granted, one message per grant message.
void work(const std::string& control) {
    Context context;
    Loop loop(context);
    std::unique_ptr<LaneEnd> end;
    end = expect(
        LaneEnd::open(loop, "tcp://127.0.0.1:*", control, [&](const schema::LaneGrants& grants) {
            schema::LaneAck ack;
            ack.worker_id = "w";
            for (const auto& grant : grants.grants) {
                ack.leases.push_back(grant.lease);
            }
            end->send(ack);
        }));
    schema::LaneHello hello;
    hello.worker_id = "w";
    hello.endpoint = end->endpoint();
    end->send(hello);
    loop.run();
}

// Leases per second, each granted and acked, with at most `credit` of them out; `batched`: the
// grants that a turn's acks make room for go in one message, as the queue sends them.
double measure_lanes(const std::string& control, std::size_t credit, bool batched,  // NOLINT
                     Duration time) {
    const Peer peer([&] { work(control); });
    Context context;
    Loop loop(context);
    std::unique_ptr<LaneHub> hub;
    std::uint64_t acked = 0;
    std::size_t room = 0;
    const auto grant = [&] {
        const std::size_t size = batched ? std::min(room, schema::lane_grants_max) : 1;
        for (; room > 0; room -= std::min(size, room)) {
            schema::LaneGrants grants;
            grants.worker_id = "w";
            grants.grants.resize(std::min(size, room));
            for (auto& one : grants.grants) one.body.assign(body_bytes, 'x');
            hub->send("w", grants);
        }
    };
    hub = expect(LaneHub::bind(loop, {control}, [&](const LaneControl& message) {
        if (const auto* ack = std::get_if<schema::LaneAck>(&message)) {
            acked += ack->leases.size();
            room += ack->leases.size();
        } else if (const auto* hello = std::get_if<schema::LaneHello>(&message)) {
            if (!hub->connect("w", hello->endpoint)) std::abort();
            room = credit;
        }
    }));
    loop.at_turn_end(grant);
    Monotonic::time_point begin;
    std::uint64_t before = 0;
    loop.after(time / 4, [&] {
        begin = Monotonic::now();
        before = acked;
        loop.after(time, [&] { loop.stop(); });
    });
    loop.run();
    const std::chrono::duration<double> passed = Monotonic::now() - begin;
    return static_cast<double>(acked - before) / passed.count();
}

// Turns per second: each posts the next.
double measure_posts(Duration time) {
    Context context;
    Loop loop(context);
    std::uint64_t ran = 0;
    std::function<void()> again = [&] {
        ++ran;
        loop.post(again);
    };
    loop.post(again);
    loop.after(time, [&] { loop.stop(); });
    loop.run();
    return static_cast<double>(ran) * 1e6 / static_cast<double>(time.count());
}

}  // namespace

int main(int argc, char** argv) {
    int seconds = 2;
    if (argc > 1)
        std::from_chars(argv[1], argv[1] + std::char_traits<char>::length(argv[1]), seconds);
    const Duration time = std::chrono::seconds(seconds);
    const std::string ipc = "ipc:///tmp/onput-bench-" + std::to_string(::getpid());
    const std::string tcp = "tcp://127.0.0.1:17399";
    for (const std::size_t open : {1U, 16U, 64U, 1000U}) {
        std::printf("requests ipc open=%zu %.0f/s\n", open, measure_requests(ipc, open, time));
        std::fflush(stdout);
    }
    std::printf("requests tcp open=1000 %.0f/s\n", measure_requests(tcp, 1000, time));
    for (const std::size_t credit : {16U, 64U, 256U}) {
        std::printf("lanes ipc+tcp credit=%zu one per message %.0f/s\n", credit,
                    measure_lanes(ipc, credit, false, time));
        std::printf("lanes ipc+tcp credit=%zu batched %.0f/s\n", credit,
                    measure_lanes(ipc, credit, true, time));
        std::fflush(stdout);
    }
    std::printf("loop turns by post %.0f/s\n", measure_posts(time));
    ::unlink(ipc.substr(6).c_str());
    return 0;
}
