// Backend: from the HTTP threads to the services and back. A coroutine calls; the request goes to
// the loop's thread, whose DEALER sends it; the reply comes back to the coroutine through its
// mailbox.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "common/transport/request.hpp"
#include "services/gateway/http/exchange.hpp"

namespace onput::gateway {

// A reply with what was attached to it.
template <schema::Message M>
struct Answer {
    typename M::Reply reply;
    std::vector<transport::Frame> attachments;
};

class Backend {
public:
    struct Endpoints {
        std::string storage;
        std::string notifier;
        std::string queue;
    };
    // On the loop's thread, as its destruction.
    Backend(transport::Loop& loop, const Endpoints& endpoints);

    // Any thread. M::method says whom to ask. Errors are the service's own, or those of
    // exchange.hpp when the client leaves meanwhile (the service still does what it was asked).
    template <schema::Message M>
    http::Task<Result<Answer<M>>> call(http::Exchange& exchange, const M& request,
                                       transport::CallOptions options) {
        auto mailbox = exchange.make_mailbox<transport::Reply>();
        send(M::method, schema::encode(request), std::move(options), mailbox);
        auto reply = co_await exchange.receive(std::move(mailbox));
        if (!reply) co_return std::unexpected(std::move(reply).error());
        auto message = schema::decode<typename M::Reply>(reply->body);
        if (!message) co_return std::unexpected(std::move(message).error());
        co_return Answer<M>{std::move(*message), std::move(reply->attachments)};
    }

    // Several calls may be open at once: each with a mailbox of its own. receive_answer takes the
    // reply of one.
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
        post(M::method, schema::encode(request), std::move(options));
    }

    struct Connected {
        bool storage = false;
        bool notifier = false;
        bool queue = false;
    };
    [[nodiscard]] Connected connected() const;  // Any thread; as of the last second.
    void note_connections();                    // The loop's thread.

private:
    void send(std::string_view method, std::string body, transport::CallOptions options,
              ReplyBox mailbox);
    void post(std::string_view method, std::string body, transport::CallOptions options);
    transport::RequestClient& peer_of(std::string_view method);

    transport::Loop& loop_;
    std::unique_ptr<transport::RequestClient> storage_;
    std::unique_ptr<transport::RequestClient> notifier_;
    std::unique_ptr<transport::RequestClient> queue_;
    std::atomic<bool> storage_connected_ = false;
    std::atomic<bool> notifier_connected_ = false;
    std::atomic<bool> queue_connected_ = false;
};

}  // namespace onput::gateway
