// Counters: gives out ids that are never given again, crashes included. Ids are reserved in blocks;
// a restart goes on after the reserved block, so numbers may have holes.
#pragma once

#include "services/queue/messages/ids.hpp"
#include "services/queue/messages/records.hpp"

namespace onput::queue {

inline constexpr std::uint64_t ids_reserved_at_once = 1'000'000;

// More than a few blocks of rows could have held unseen.
inline constexpr std::uint64_t ids_skipped = 16 * ids_reserved_at_once;
inline constexpr std::uint32_t queues_skipped = 10'000;

class Counters {
public:
    // `fresh_receipt_key` signs receipts until a store brings the key that it has.
    explicit Counters(std::string fresh_receipt_key = {}) {
        reserved_.receipt_key = std::move(fresh_receipt_key);
    }

    void restore(const CountersRecord& reserved);

    // Rows are missing: goes on far beyond the ids that were seen and those that were reserved.
    void skip(const CountersRecord& seen);

    // Each writes the reservation to the batch when a block is used up. An id must not be given to
    // anyone before that batch is durable.
    QueueNumber next_queue(store::Batch& batch);
    MessageNumber next_message(store::Batch& batch);
    LeaseId next_lease(store::Batch& batch);

    // What receipts are signed with. Kept beside the ids: the first lease of a start reserves some,
    // so the key is durable before any receipt is given.
    [[nodiscard]] const std::string& receipt_key() const { return reserved_.receipt_key; }
    [[nodiscard]] MessageNumber last_message() const { return MessageNumber(message_); }

private:
    void reserve(store::Batch& batch);

    CountersRecord reserved_;
    std::uint64_t message_ = 0;  // The last one given.
    std::uint64_t lease_ = 0;
};

}  // namespace onput::queue
