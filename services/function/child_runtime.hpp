// ChildRuntime: one environment's sandbox with its sockets: the connections to the Runtime API, the
// relay to the AWS endpoint, the log. It decides nothing: what comes in goes to its owner.
// On the loop's thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "services/function/http_message.hpp"
#include "services/function/reactor.hpp"
#include "services/function/relay.hpp"
#include "services/function/sandbox.hpp"

namespace onput::function {

using ConnectionId = std::uint64_t;

class ChildRuntime {
public:
    class Owner {
    public:
        virtual ~Owner() = default;
        // The owner answers by answer(), now or later.
        virtual void on_request(ChildRuntime& runtime, ConnectionId connection,
                                const HttpRequest& request) = 0;
        // A request that cannot be read, and what is known of it. Likewise; the connection is
        // closed behind the answer.
        virtual void on_bad_request(ChildRuntime& runtime, ConnectionId connection,
                                    const HttpRequest& head, const Error& error) = 0;
        virtual void on_closed(ChildRuntime& runtime, ConnectionId connection) = 0;
        virtual void on_log(ChildRuntime& runtime, std::string_view bytes) = 0;
        // It has ended, as wait() tells; all of its log has been told. The last call.
        virtual void on_end(ChildRuntime& runtime, int wait_status) = 0;
    };

    struct Parts {
        Reactor& reactor;
        Owner& owner;
        std::optional<sockaddr_in> endpoint;  // Where the relay leads; nothing: nowhere.
    };
    ChildRuntime(const Parts& parts, std::uint64_t id, Sandbox sandbox);
    ~ChildRuntime();
    ChildRuntime(const ChildRuntime&) = delete;
    ChildRuntime& operator=(const ChildRuntime&) = delete;

    [[nodiscard]] std::uint64_t id() const { return id_; }
    [[nodiscard]] pid_t pid() const { return sandbox_.pid(); }

    // To a connection that is gone: dropped.
    void answer(ConnectionId connection, std::string text);
    void kill() const { sandbox_.kill(); }
    // Tells what is in the log's pipe now: all that was written before what came by a connection.
    void read_log();

private:
    struct Connection {
        explicit Connection(worker::FileDescriptor socket);
        worker::FileDescriptor fd;
        HttpReader reader;
        std::string unsent{};
        bool has_request = false;  // One at a time; the next is read behind its answer.
        bool is_last = false;      // It is closed behind the next answer.
    };

    void accept_api();
    void accept_endpoint();
    void on_ready(ConnectionId id, Readiness ready);
    // False when the connection is gone.
    bool receive(ConnectionId id);
    bool send(ConnectionId id);
    void take_request(ConnectionId id);
    void close(ConnectionId id);
    void on_end();
    // Nothing of it is looked at any more.
    void leave_reactor();

    Parts parts_;
    std::uint64_t id_;
    Sandbox sandbox_;
    std::optional<Relay> relay_;
    std::map<ConnectionId, Connection> connections_;
    ConnectionId last_connection_ = 0;
    bool has_log_ = true;
};

}  // namespace onput::function
