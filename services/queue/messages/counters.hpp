// Counters: gives out ids that are never given again, crashes included. Ids are reserved in blocks;
// a restart goes on after the reserved block, so numbers may have holes.
#pragma once

#include "services/queue/messages/ids.hpp"
#include "services/queue/messages/records.hpp"

namespace onput::queue {

inline constexpr std::uint64_t ids_reserved_at_once = 1'000'000;

class Counters {
public:
    void restore(const CountersRecord& reserved);

    // Each writes the reservation to the batch when a block is used up. An id must not be given to
    // anyone before that batch is durable.
    QueueNumber next_queue(store::Batch& batch);
    MessageNumber next_message(store::Batch& batch);
    LeaseId next_lease(store::Batch& batch);

    [[nodiscard]] MessageNumber last_message() const { return MessageNumber(message_); }

private:
    void reserve(store::Batch& batch);

    CountersRecord reserved_;
    std::uint64_t message_ = 0;  // The last one given.
    std::uint64_t lease_ = 0;
};

}  // namespace onput::queue
