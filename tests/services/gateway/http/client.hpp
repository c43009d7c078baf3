// A plain blocking HTTP client and a server around one function, for the tests of the server.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

#include "common/base/check.hpp"
#include "services/gateway/http/server.hpp"

namespace onput::http {

struct Answer {
    int status = 0;
    std::string head;  // With its blank line.
    std::string body;

    [[nodiscard]] bool says(std::string_view text) const { return head.contains(text); }
};

// Every wait ends after this; a test that meets it has failed.
constexpr std::chrono::seconds patience{10};

// One connection to the server under test. Each read has `patience`.
class Client {
public:
    // `narrow` takes few bytes at a time, in packets as small as a network's: its kernel asks for
    // more whenever a little was read. Over loopback it would wait for hundreds of kilobytes.
    enum class Receive { wide, narrow };
    explicit Client(std::uint16_t port, Receive receive = Receive::wide);
    ~Client();
    Client(Client&& other) noexcept
        : socket_(std::exchange(other.socket_, -1)), connected_(other.connected_) {}
    Client& operator=(Client&&) = delete;
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    [[nodiscard]] bool connected() const { return connected_; }

    // False when the server has cut the connection off.
    bool send(std::string_view bytes);
    // Sends until the connection takes no more for a tenth of a second; how much that was.
    std::size_t send_until_blocked(std::size_t bytes_max);

    enum class Body { by_head, none };
    // The next answer; status 0 when the connection ends first. The body is that which the head
    // announces (chunks are left encoded), or up to the end of the connection.
    Answer receive(Body body = Body::by_head);
    Answer exchange(std::string_view request) {
        send(request);
        return receive();
    }
    // All until the server closes; nothing if it does not, or resets.
    std::optional<std::string> receive_rest();

    // Reads so many bytes of whatever comes and drops them; how many came before the end.
    std::size_t read_some(std::size_t bytes);
    bool readable_within(std::chrono::milliseconds time);
    void shut_output();
    void reset();

private:
    bool fill();

    int socket_ = -1;
    bool connected_ = false;
    std::string input_;
    bool ended_ = false;  // In order, not by a reset.
};

class FunctionHandler final : public Handler {
public:
    using Function = std::function<Task<void>(Exchange&)>;
    explicit FunctionHandler(Function function) : function_(std::move(function)) {}
    Task<void> handle(Exchange& exchange) override { return function_(exchange); }

private:
    Function function_;
};

class ServerTest : public testing::Test {
protected:
    void serve(FunctionHandler::Function function, Options options = {}) {
        handler.emplace(std::move(function));
        auto started = Server::start(std::move(options), *handler);
        ASSERT_TRUE(started) << started.error().message;
        server = *std::move(started);
    }
    Client connect(Client::Receive receive = Client::Receive::wide) {
        return Client(server->port(), receive);
    }

    // Answers each request with its method, path and body.
    static Task<void> echo(Exchange& exchange);

    std::optional<FunctionHandler> handler;
    std::unique_ptr<Server> server;
};

// What a handler reports to its test.
template <typename T>
class Report {
public:
    void set(T value) { promise_.set_value(std::move(value)); }
    T get() {
        auto future = promise_.get_future();
        ONPUT_CHECK(future.wait_for(patience) == std::future_status::ready);
        return future.get();
    }

private:
    std::promise<T> promise_;
};

}  // namespace onput::http
