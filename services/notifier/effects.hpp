// What the notifier's core asks of the world, and who asks the core.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/schema/notifier.hpp"
#include "common/schema/queue.hpp"
#include "common/store/store.hpp"

namespace onput::notifier {

// Who sent a command, and when it arrived.
struct Caller {
    schema::Principal principal;
    schema::TraceContext trace;
    Timestamp now;
};

// A message that a destination will not get. For the shell to log; the row is in `writes`.
struct Undeliverable {
    std::string arn;
    std::string event_id;
    std::uint64_t sequence = 0;
    std::string error;
};

struct Effects {
    std::vector<store::Batch> writes;              // Each one atomic commit, in order.
    std::vector<schema::JournalRecord> published;  // For the bus, once `writes` are durable.
    std::vector<Undeliverable> undeliverable;
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
