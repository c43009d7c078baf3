// What destinations in the queue service are sent, out of the journal: S3's record of an event, the
// envelope of a message to a subscription, what a target wants of an event on a bus, the last two
// as dead letters. Pure but for reading the journal.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "services/notifier/delivery/owed_window.hpp"
#include "services/notifier/delivery/s3_record.hpp"
#include "services/notifier/journal/journal.hpp"
#include "services/notifier/rules/rule_book.hpp"
#include "services/notifier/topics/topic_book.hpp"
#include "services/notifier/writer.hpp"

namespace onput::notifier {

inline constexpr std::size_t deliver_items_max = 256;
// Of a subscription: each one that is refused may take four rows of a batch.
inline constexpr std::size_t subscription_items_max = 128;
inline constexpr std::size_t deliver_bytes_max = 2 * 1024 * 1024;  // One item is always sent.
inline constexpr std::string_view delivering_service = "s3.amazonaws.com";
inline constexpr std::string_view notifying_service = "sns.amazonaws.com";

// What this record owes the destination, in rising order.
std::vector<Pending> owed_to(const DestinationRecord& destination, const JournalEntry& entry);

class QueueItems {
public:
    QueueItems(RecordOptions options, const Journal& journal, const TopicBook& topics,
               MessageWriter& writer)
        : options_(std::move(options)), journal_(journal), topics_(topics), writer_(writer) {}

    struct Target {
        const DestinationRecord& record;
        const Subscription* subscription = nullptr;  // Whose destination it is, if anybody's.
        const BusTarget* target = nullptr;           // Likewise.
    };
    // What the target is to be sent of its window, of records up to `durable_sequence`, as one
    // batch in order. No items: nothing is durable.
    Result<schema::Deliver> build(const Target& target, const std::deque<Pending>& window,
                                  std::uint64_t durable_sequence) const;

private:
    [[nodiscard]] schema::Deliver empty_for(const Target& target) const;
    // False: the batch is complete without this one.
    Result<bool> add(const Target& target, const Pending& pending, schema::Deliver& message,
                     std::size_t& bytes) const;
    [[nodiscard]] Result<schema::DeliverItem> event_item(const Target& target,
                                                         const Pending& pending) const;
    [[nodiscard]] Result<schema::DeliverItem> message_item(const Target& target,
                                                           const Pending& pending,
                                                           std::uint64_t message_sequence) const;
    [[nodiscard]] Result<schema::DeliverItem> target_item(const Target& target,
                                                          const Pending& pending) const;

    RecordOptions options_;
    const Journal& journal_;
    const TopicBook& topics_;
    MessageWriter& writer_;
};

}  // namespace onput::notifier
