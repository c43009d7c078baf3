// RecordCache: messages that will likely be handed out soon, so that their rows need not be read
// back. Bounded by bytes; the oldest go first, at the next trim(): so what one command puts in can
// be read by the same command before its batch is committed. Otherwise only an optimisation:
// anything may be missing.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <unordered_map>

#include "services/queue/messages/ids.hpp"
#include "services/queue/messages/records.hpp"

namespace onput::queue {

class RecordCache {
public:
    explicit RecordCache(std::size_t bytes_max) : bytes_max_(bytes_max) {}

    void put(MessageNumber number, MessageRecord record);
    [[nodiscard]] bool contains(MessageNumber number) const { return records_.contains(number); }
    [[nodiscard]] const MessageRecord* find(MessageNumber number) const;
    void remove(MessageNumber number);
    void trim();

    // Removes and returns it.
    std::optional<MessageRecord> take(MessageNumber number);

    [[nodiscard]] std::size_t bytes() const { return bytes_; }

private:
    void drop_stale();

    std::size_t bytes_max_;
    std::size_t bytes_ = 0;
    std::unordered_map<MessageNumber, MessageRecord> records_;
    std::deque<MessageNumber> order_;  // As they came; those taken meanwhile are skipped.
};

}  // namespace onput::queue
