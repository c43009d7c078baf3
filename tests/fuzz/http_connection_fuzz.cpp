// A whole connection, HTTP/1.1 or HTTP/2, whose bytes come in pieces: whatever they are, every
// request that reaches the handler ends, and so does the connection, with nothing held.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "common/base/check.hpp"
#include "services/gateway/http/connection.hpp"
#include "services/gateway/http/server.hpp"

namespace {

using namespace onput::http;
using onput::Task;

class QueueLoop final : public Loop {
public:
    void post(onput::UniqueFunction<void()> job) override { jobs_.push_back(std::move(job)); }
    void after(onput::Duration /*delay*/, onput::UniqueFunction<void()> job) override {
        jobs_.push_back(std::move(job));
    }
    void stop() override {}
    void run() override {
        while (!jobs_.empty()) {
            auto job = std::move(jobs_.front());
            jobs_.pop_front();
            job();
        }
    }

private:
    std::deque<onput::UniqueFunction<void()>> jobs_;
};

// Takes everything that is written, and hands out what feed() has.
class FedStream final : public Stream {
public:
    void set_owner(StreamEvents& owner) override { owner_ = &owner; }
    void start_read(std::span<char> into) override {
        ONPUT_CHECK(into_.empty() && !into.empty());
        into_ = into;
    }
    [[nodiscard]] bool reading() const override { return !into_.empty(); }
    std::optional<std::size_t> write_now(const Pieces& pieces) override {
        std::size_t bytes = 0;
        for (const auto piece : pieces) bytes += piece.size();
        return bytes;
    }
    void start_write(const Pieces& /*pieces*/) override {}
    [[nodiscard]] std::size_t unacknowledged() const override { return 0; }
    void set_deadline(SteadyTime /*deadline*/) override {}
    void clear_deadline() override {}
    void shut_output() override {}
    void close(Close /*how*/) override {
        owner_ = nullptr;
        into_ = {};
    }
    [[nodiscard]] std::string peer() const override { return "127.0.0.1:1"; }

    // The bytes taken; none when nobody reads.
    std::size_t feed(std::string_view bytes) {
        const std::size_t taken = std::min(bytes.size(), into_.size());
        if (taken == 0) return 0;
        std::memcpy(into_.data(), bytes.data(), taken);
        into_ = {};
        owner_->on_read(taken);
        return taken;
    }
    void end() {
        if (owner_ == nullptr) return;
        if (!reading()) return owner_->on_broken();
        into_ = {};
        owner_->on_read(0);
    }

private:
    StreamEvents* owner_ = nullptr;
    std::span<char> into_{};
};

// Reads its body and says how long it was.
class Counter final : public Handler {
public:
    Task<void> handle(Exchange& exchange) override {
        ++running;
        std::size_t bytes = 0;
        bool is_whole = false;
        while (true) {
            const auto piece = co_await exchange.read_body(1000);
            if (!piece) break;
            is_whole = piece->empty();
            if (is_whole) break;
            bytes += piece->size();
        }
        --running;
        if (!is_whole) co_return;
        ResponseHead head{.status = 200};
        static_cast<void>(co_await exchange.respond(std::move(head), std::to_string(bytes)));
    }

    int running = 0;
};

constexpr std::string_view empty_settings("\0\0\0\4\0\0\0\0\0", 9);

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const std::size_t piece_bytes = 1U + data[0];
    std::string input(reinterpret_cast<const char*>(data) + 2, size - 2);
    // Half of them get through the door of HTTP/2.
    if (data[1] % 2 == 0) input.insert(0, std::string(http2_preface).append(empty_settings));

    Options options{.header_bytes_max = 4096};
    auto loop = std::make_shared<QueueLoop>();
    Counter handler;
    ByteBudget heads;
    Http2Load load;
    ConnectionContext context{.options = options,
                              .handler = handler,
                              .loop = loop,
                              .head_memory = heads,
                              .http2_load = load};
    auto stream = std::make_shared<FedStream>();
    auto connection = std::make_unique<Connection>(context, stream);
    bool has_ended = false;
    connection->run([&has_ended] { has_ended = true; });
    loop->run();
    std::string_view rest = input;
    while (!rest.empty()) {
        const std::size_t taken = stream->feed(rest.substr(0, piece_bytes));
        loop->run();
        if (taken == 0) break;
        rest.remove_prefix(taken);
    }
    stream->end();
    loop->run();
    if (!has_ended) connection->abort();
    loop->run();
    ONPUT_CHECK(has_ended);
    ONPUT_CHECK(handler.running == 0);
    connection.reset();
    loop->run();
    ONPUT_CHECK(heads.bytes_in_use() == 0);
    ONPUT_CHECK(load.unread.bytes_in_use() == 0);
    ONPUT_CHECK(load.streams == 0 && load.wide_windows == 0);
    return 0;
}
