// Relay: hands an outbox to the notifier (notifier.append). What goes when is the Outbox's
// business; here are the call and the timer. Loop thread only; its owner ends the client's open
// calls before it ends the relay.
#pragma once

#include <functional>
#include <string>

#include "common/outbox/outbox.hpp"
#include "common/transport/event_loop.hpp"
#include "common/transport/request.hpp"

namespace onput::outbox {

inline constexpr Duration relay_timeout = std::chrono::seconds(10);

class Relay {
public:
    struct Parts {
        transport::EventLoop& loop;
        Outbox& outbox;
        const store::View& view;
        transport::RequestClient& notifier;
        std::string source;                      // Names this outbox to the notifier for ever.
        std::string service;                     // "storage": on whose behalf.
        std::function<void(const Error&)> fail;  // Ends the process: the outbox is damaged.
    };
    explicit Relay(Parts parts) : parts_(std::move(parts)) {}

    // Sends what may go now. Call whenever events became durable.
    void pump();

    // Whether the notifier has taken anything in this life of the process.
    [[nodiscard]] bool has_handed_over() const { return has_handed_over_; }

private:
    void send(Outbox::RelayBatch batch);
    void on_reply(const Result<schema::EventsAppended>& reply);
    void wake_later();

    Parts parts_;
    bool is_waking_ = false;  // A timer runs.
    bool has_handed_over_ = false;
};

}  // namespace onput::outbox
