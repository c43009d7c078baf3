// Requests and replies: DEALER -> ROUTER, msgpack headers, raw attachments. common/schema/README.md
// is the protocol.
//
// Server side: one handler gets every request; it replies now or later, once, by the ReplyTo it was
// given. Client side: any number of open calls; each callback is called exactly once, on the loop's
// thread: with the reply, the callee's error, `timeout` when the time is over, or `unavailable`
// when the peer's connection broke while the call was open (reason `peer_lost`: it may have
// happened). Calls made while the peer is away wait for it until their own time-out. A callback
// never runs inside `call`.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/schema/wire.hpp"
#include "common/transport/frame.hpp"
#include "common/transport/loop.hpp"

namespace onput::transport {

inline constexpr std::size_t request_bytes_max = 16 * 1024 * 1024;  // ZMQ_MAXMSGSIZE of a frame.
inline constexpr std::size_t attachments_max = 2048;
// Of one request or reply, together. What a sender has above a limit is refused on its side with
// resource_exhausted; what arrives above one is answered so.
inline constexpr std::size_t attachments_bytes_max = 64 * 1024 * 1024;
inline constexpr std::size_t open_calls_max = 100'000;
inline constexpr std::size_t open_call_bytes_max = 512 * 1024 * 1024;  // Of all open calls.
inline constexpr Duration call_timeout = std::chrono::seconds(30);

// Where a reply goes. Copyable; valid as long as the server.
struct ReplyTo {
    std::string peer;  // ZeroMQ routing id.
    std::uint64_t request_id = 0;
};

struct Request {
    ReplyTo reply_to;
    schema::RequestHeader header;
    std::string body;
    std::vector<Frame> attachments;
};

struct Reply {
    std::string body;
    std::vector<Frame> attachments;
};

class RequestServer {
public:
    using Handler = std::function<void(Request)>;

    // Binds every endpoint, or fails: "bind tcp://127.0.0.1:7001: address in use". Malformed
    // requests are answered with `corruption` where a request id could be read, else dropped and
    // counted.
    static Result<std::unique_ptr<RequestServer>> bind(Loop& loop,
                                                       const std::vector<std::string>& endpoints,
                                                       Handler handler);
    virtual ~RequestServer() = default;

    // To a peer that is gone, or that has not read open_calls_max replies: dropped. A reply above
    // the limits becomes the error `internal`.
    virtual void reply(const ReplyTo& to, Result<Reply> reply) = 0;

    // What the endpoints became, in order: "tcp://127.0.0.1:*" is "tcp://127.0.0.1:40123" then.
    [[nodiscard]] virtual std::vector<std::string> endpoints() const = 0;
};

// What goes with a call besides its message.
struct CallOptions {
    Duration timeout = call_timeout;
    schema::TraceContext trace;
    schema::Principal principal;
    std::vector<Frame> attachments;
    std::string trace_header = {};
    std::optional<schema::AccessContext> access = {};
    // For a connection; else a call that cannot be sent now fails with unavailable, reason
    // not_connected: for whoever can ask another peer.
    bool waits = true;
};

class RequestClient {
public:
    using Callback = UniqueFunction<void(Result<Reply>)>;

    // Connects in the background and again whenever the peer comes back. Calls to something that
    // is not an endpoint are answered with invalid_argument.
    static std::unique_ptr<RequestClient> connect(Loop& loop, const std::string& endpoint);
    // Open calls are answered with `unavailable`. Not from within a callback of its own.
    virtual ~RequestClient() = default;

    virtual void call(std::string_view method, std::string body, CallOptions options,
                      Callback callback) = 0;

    [[nodiscard]] virtual bool is_connected() const = 0;
    [[nodiscard]] virtual std::size_t open_calls() const = 0;
};

// A call whose request and reply are messages: M::method and M::Reply. `callback` takes
// (Result<M::Reply>, std::vector<Frame> attachments).
template <schema::Message M, typename Callback>
void call(RequestClient& client, const M& request, CallOptions options, Callback callback) {
    client.call(M::method, schema::encode(request), std::move(options),
                [callback = std::move(callback)](Result<Reply> reply) mutable {
                    if (!reply) {
                        callback(Result<typename M::Reply>(std::unexpected(reply.error())),
                                 std::vector<Frame>{});
                        return;
                    }
                    callback(schema::decode<typename M::Reply>(reply->body),
                             std::move(reply->attachments));
                });
}

}  // namespace onput::transport
