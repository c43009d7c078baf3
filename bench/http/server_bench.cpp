// http_bench_server: the HTTP server with nothing behind it, to be measured from outside.
//
//     http_bench_server [port [threads]]   until a line or the end comes on standard input
//
//     GET /small        a few bytes at once    wrk -t1 -c64 -d5s http://127.0.0.1:PORT/small
//     GET /thread       the same by way of another thread and a mailbox
//     GET /source?N     N bytes                curl -o /dev/null http://127.0.0.1:PORT/source?9999
//     PUT /sink         how many bytes came    curl -T file http://127.0.0.1:PORT/sink
#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "services/gateway/http/server.hpp"

namespace {

using namespace onput;

constexpr std::size_t piece_bytes = 256 * 1024;

// Stands for the thread that talks to the other services.
class Echo {
public:
    void ask(http::Mailbox<std::string> answers) {
        {
            const std::lock_guard lock(mutex_);
            waiting_.push_back(std::move(answers));
        }
        arrived_.notify_one();
    }

private:
    void run(const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        while (arrived_.wait(lock, stop, [this] { return !waiting_.empty(); })) {
            const auto batch = std::exchange(waiting_, {});
            lock.unlock();
            for (const auto& answers : batch) answers.put(std::string("hello\n"));
            lock.lock();
        }
    }

    std::mutex mutex_;
    std::condition_variable_any arrived_;
    std::deque<http::Mailbox<std::string>> waiting_;
    std::jthread thread_{[this](const std::stop_token& stop) { run(stop); }};
};

class BenchHandler final : public http::Handler {
public:
    http::Task<void> handle(http::Exchange& exchange) override {
        const std::string_view path = exchange.request().path;
        if (path == "/sink") return sink(exchange);
        if (path == "/source") return source(exchange);
        if (path == "/thread") return by_thread(exchange);
        return small(exchange);
    }

private:
    http::Task<void> small(http::Exchange& exchange) {
        http::ResponseHead head;
        static_cast<void>(co_await exchange.respond(std::move(head), "hello\n"));  // Gone: fine.
    }

    http::Task<void> by_thread(http::Exchange& exchange) {
        auto answers = exchange.make_mailbox<std::string>();
        echo_.ask(answers);
        auto answer = co_await exchange.receive(answers, std::chrono::seconds(5));
        if (!answer) co_return;
        http::ResponseHead head;
        static_cast<void>(co_await exchange.respond(std::move(head), std::move(*answer)));
    }

    http::Task<void> sink(http::Exchange& exchange) {
        std::uint64_t bytes = 0;
        while (true) {
            const auto piece = co_await exchange.read_body(piece_bytes);
            if (!piece) co_return;
            if (piece->empty()) break;
            bytes += piece->size();
        }
        http::ResponseHead head;
        std::string body = std::to_string(bytes) + "\n";
        static_cast<void>(co_await exchange.respond(std::move(head), std::move(body)));
    }

    http::Task<void> source(http::Exchange& exchange) {
        const std::string_view text = exchange.request().query;
        std::uint64_t left = 0;
        std::from_chars(text.data(), text.data() + text.size(), left);
        http::ResponseHead head;
        head.content_length = left;
        if (!exchange.start(std::move(head))) co_return;
        const std::string piece(piece_bytes, 'x');
        while (left > 0) {
            const std::string_view part(piece.data(), std::min<std::uint64_t>(left, piece.size()));
            const auto written = co_await exchange.write(part);
            if (!written) co_return;
            left -= part.size();
        }
        static_cast<void>(co_await exchange.finish());
    }

    Echo echo_;
};

}  // namespace

int main(int argc, char** argv) {
    http::Options options;
    if (argc > 1) options.port = static_cast<std::uint16_t>(std::stoi(argv[1]));
    if (argc > 2) options.threads = static_cast<unsigned>(std::stoi(argv[2]));
    BenchHandler handler;
    const auto server = http::Server::start(std::move(options), handler);
    if (!server) {
        std::fprintf(stderr, "%s\n", server.error().message.c_str());
        return 1;
    }
    std::printf("http://127.0.0.1:%d\n", (*server)->port());
    std::fflush(stdout);
    static_cast<void>(std::getchar());  // Its end is as good as a line.
    return 0;
}
