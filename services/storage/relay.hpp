// Relay: hands the outbox to the notifier. What goes when is the Outbox's business; here are the
// call and the timer. Loop thread only.
#pragma once

#include <functional>

#include "common/transport/loop.hpp"
#include "common/transport/request.hpp"
#include "services/storage/core.hpp"

namespace onput::storage {

inline constexpr Duration relay_timeout = std::chrono::seconds(10);

class Relay {
public:
    struct Parts {
        transport::Loop& loop;
        StorageCore& core;
        const store::View& view;
        transport::RequestClient& notifier;
        std::function<void(const Error&)> fail;  // Ends the process: the outbox is damaged.
    };
    explicit Relay(Parts parts) : parts_(std::move(parts)) {}

    // Sends what may go now. Call whenever events became durable.
    void pump();

private:
    void send(Outbox::HandOver hand_over);
    void on_reply(const Result<schema::EventsAppended>& reply);
    void wake_later();

    Parts parts_;
    bool is_waking_ = false;  // A timer runs.
};

}  // namespace onput::storage
