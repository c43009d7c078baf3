// Backend: from the HTTP threads to the services and back. A coroutine calls, by its
// RequestContext; the request goes to the loop's thread, whose DEALER sends it; the reply comes
// back to the coroutine through its mailbox.
//
// A service that has been away for reconnect_grace fails every call at once: its clients are told
// to try again, and wait for nothing.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "common/transport/request.hpp"
#include "services/gateway/http/exchange.hpp"

namespace onput::gateway {

inline constexpr Duration connection_check = std::chrono::milliseconds(50);
inline constexpr Duration reconnect_grace = std::chrono::seconds(1);

// A reply with what was attached to it.
template <schema::Message M>
struct Answer {
    typename M::Reply reply;
    std::vector<transport::Frame> attachments;
};
template <schema::Message M>
Result<Answer<M>> read_answer(transport::Reply reply) {
    ONPUT_TRY(auto message, schema::decode<typename M::Reply>(reply.body));
    return Answer<M>{std::move(message), std::move(reply.attachments)};
}

class Backend {
public:
    struct Endpoints {
        std::string storage;
        std::string notifier;
        std::string queue;
    };
    using SteadyTime = std::chrono::steady_clock::time_point;

    // On the loop's thread, as its destruction.
    Backend(transport::Loop& loop, const Endpoints& endpoints);
    ~Backend();
    Backend(const Backend&) = delete;
    Backend& operator=(const Backend&) = delete;

    // Any thread. M::method says whom to ask. The reply comes to the mailbox, of which each call
    // has one: several may be open at once. Errors are the service's own, or unavailable, reason
    // `not_connected`: the service is away, and was not asked. When the client leaves, the service
    // still does what it was asked.
    using ReplyBox = http::Mailbox<transport::Reply>;
    template <schema::Message M>
    ReplyBox start(http::Exchange& exchange, const M& request, transport::CallOptions options) {
        auto mailbox = exchange.make_mailbox<transport::Reply>();
        send(M::method, schema::encode(request), std::move(options), mailbox);
        return mailbox;
    }

    // For requests whose answer nobody waits for.
    template <schema::Message M>
    void send_and_forget(const M& request, transport::CallOptions options) {
        post({.method = M::method,
              .body = schema::encode(request),
              .options = std::move(options),
              .done = [](const Result<transport::Reply>&) {}});
    }

    struct Connected {
        bool storage = false;
        bool notifier = false;
        bool queue = false;
    };
    [[nodiscard]] Connected connected() const;  // Any thread; as of the last connection_check.

private:
    struct Parcel {
        std::string_view method;
        std::string body;
        transport::CallOptions options;
        transport::RequestClient::Callback done;
    };
    // One service. What is sent while it is away waits here for a moment: it may only be starting.
    struct Peer {
        std::string_view name;
        std::unique_ptr<transport::RequestClient> client;
        SteadyTime away_since;
        std::vector<Parcel> waiting{};
        std::atomic<bool> is_connected = false;
    };

    void send(std::string_view method, std::string body, transport::CallOptions options,
              ReplyBox mailbox);
    void post(Parcel parcel);
    void send_now(Parcel parcel);
    void note_connection(Peer& peer);
    Peer& peer_of(std::string_view method);

    transport::Loop& loop_;
    Peer storage_;
    Peer notifier_;
    Peer queue_;
    transport::TimerId check_;
};

}  // namespace onput::gateway
