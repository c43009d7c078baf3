// What the notifier's core asks of the world, and who asks the core.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/schema/notifier.hpp"
#include "common/schema/queue.hpp"
#include "common/service/caller.hpp"
#include "common/service/effects.hpp"

namespace onput::notifier {

using service::Caller;

// A message that a destination will not get. For the shell to log; the row is in a change.
struct Undeliverable {
    std::string arn;
    std::string event_id;
    std::uint64_t sequence = 0;
    std::string error;
};

struct Effects : service::Effects<> {
    std::vector<schema::JournalRecord> published;  // For the bus.
    std::vector<Undeliverable> undeliverable;

    [[nodiscard]] bool is_done() const { return published.empty() && undeliverable.empty(); }
};

// A batch for one destination, to be sent now. The answer goes to on_delivered with the same id.
struct Delivery {
    std::uint64_t id = 0;
    schema::Deliver message;
};

struct DeliveryAnswer {
    std::uint64_t id = 0;
    Result<schema::Delivered> result;
};

}  // namespace onput::notifier
