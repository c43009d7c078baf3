// What the core wants sent, and what came of it. Delivery and DeliveryAnswer (effects.hpp) go to
// the queue service and back, the types here to endpoints outside.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/base/time.hpp"
#include "services/notifier/delivery/owed_window.hpp"
#include "services/notifier/effects.hpp"
#include "services/notifier/outbound/notification.hpp"

namespace onput::notifier {

// One message for one endpoint, to be sent now. The answer goes to on_sent with the same id.
struct OutboundDelivery {
    std::uint64_t id = 0;
    std::string subscription_arn;
    OutboundMessage message;
};

enum class OutboundVerdict : std::uint8_t {
    delivered,
    refused,
    failed,
    unneeded,  // Never sent: nobody waits for it any more. Only within the core.
};

struct OutboundAnswer {
    std::uint64_t id = 0;
    OutboundVerdict verdict = OutboundVerdict::failed;
    std::int32_t status_code = 0;  // 0: there was no answer.
    Duration latency = {};
    std::string error = {};                          // Empty when delivered.
    std::optional<std::int64_t> retry_after_s = {};  // OutboundResult::retry_after_s.
};

using Answer = std::variant<DeliveryAnswer, OutboundAnswer>;

// What one destination is sent at once.
struct Sending {
    std::uint64_t number = 0;  // Of its first message.
    std::variant<schema::Deliver, OutboundMessage> message = {};
    std::size_t bytes = 0;  // Held outside; 0 to the queue service.
    // It is not to be sent: this is what comes of it.
    std::optional<OutboundAnswer> known_answer = {};
};

// What came of one attempt to deliver one message.
struct AttemptOutcome {
    Pending item;
    std::uint32_t attempt = 1;  // 1: the first.
    bool is_delivered = false;
    std::string error = {};
    std::int32_t status_code = 0;
    Duration latency = {};
    std::optional<Timestamp> next_at = {};  // When it is tried again.
    std::string exhausted = {};  // Of a target's policy of retry: the limit that ended them.

    // The destination does not get it.
    [[nodiscard]] bool is_end() const { return !is_delivered && !next_at; }
};

// What an answer changed.
struct Settlement {
    bool has_changed_row = false;
    std::vector<AttemptOutcome> attempts;  // Those to be journaled, or kept as undelivered.
};

}  // namespace onput::notifier
