// What the core wants sent to the outside, and what came of it. As Delivery and DeliveryAnswer are
// for the queue service.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/time.hpp"
#include "services/notifier/outbound/notification.hpp"

namespace onput::notifier {

// One message for one endpoint, to be sent now. The answer goes to on_sent with the same id.
struct OutboundDelivery {
    std::uint64_t id = 0;
    std::string subscription_arn;
    OutboundMessage message;
};

enum class OutboundVerdict : std::uint8_t { delivered, refused, failed };

struct OutboundAnswer {
    std::uint64_t id = 0;
    OutboundVerdict verdict = OutboundVerdict::failed;
    std::int32_t status_code = 0;  // 0: there was no answer.
    Duration latency = {};
    std::string error = {};  // Empty when delivered.
};

}  // namespace onput::notifier
