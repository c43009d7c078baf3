#include "services/queue/messages/record_cache.hpp"

namespace onput::queue {
namespace {

// The struct, its map node and the many short texts, in round numbers.
constexpr std::size_t record_overhead_bytes = 512;

constexpr std::size_t order_compaction_min = 1024;

std::size_t cost(const MessageRecord& record) {
    std::size_t bytes = record_overhead_bytes + record.body.size();
    for (const auto& [name, attribute] : record.attributes) {
        bytes += name.size() + attribute.value.size() + record_overhead_bytes / 4;
    }
    return bytes;
}

}  // namespace

void RecordCache::put(MessageNumber number, MessageRecord record) {
    const std::size_t bytes = cost(record);
    if (!records_.emplace(number, std::move(record)).second) return;
    bytes_ += bytes;
    order_.push_back(number);
    drop_stale();
}

void RecordCache::trim() {
    while (bytes_ > bytes_max_) {
        static_cast<void>(take(order_.front()));
        drop_stale();
    }
}

const MessageRecord* RecordCache::find(MessageNumber number) const {
    const auto found = records_.find(number);
    return found == records_.end() ? nullptr : &found->second;
}

void RecordCache::remove(MessageNumber number) {
    static_cast<void>(take(number));
}

std::optional<MessageRecord> RecordCache::take(MessageNumber number) {
    const auto found = records_.find(number);
    if (found == records_.end()) return {};
    bytes_ -= cost(found->second);
    std::optional<MessageRecord> record = std::move(found->second);
    records_.erase(found);
    return record;
}

void RecordCache::drop_stale() {
    // A record that nobody takes would keep everything behind it: compact when most are stale.
    if (order_.size() > 2 * records_.size() + order_compaction_min) {
        std::erase_if(order_, [this](MessageNumber number) { return !records_.contains(number); });
    }
    while (!order_.empty() && !records_.contains(order_.front())) order_.pop_front();
}

}  // namespace onput::queue
