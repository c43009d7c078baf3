#include "services/storage/objects/trash.hpp"

#include <algorithm>

#include "common/base/check.hpp"

namespace onput::storage {

void Pins::unpin(const store::BlobRef& blob) {
    const auto found = counts_.find({blob.segment, blob.id});
    ONPUT_CHECK(found != counts_.end());
    if (--found->second == 0) counts_.erase(found);
}

void TrashCan::take_back(std::uint64_t number) {
    if (!waiting_.empty() && waiting_.back().number == number) waiting_.pop_back();
}

void TrashCan::put_back(const std::vector<Trash>& trash) {
    waiting_.insert(waiting_.begin(), trash.begin(), trash.end());
}

std::vector<Trash> TrashCan::take(std::uint64_t durable_number, const Pins& pins) {
    std::vector<Trash> taken;
    const std::size_t looks = std::min(waiting_.size(), trash_taken_max);
    for (std::size_t i = 0; i < looks; ++i) {
        const Trash trash = waiting_.front();
        waiting_.pop_front();
        if (trash.number <= durable_number && !pins.has(trash.blob)) {
            taken.push_back(trash);
        } else {
            // Behind the others, so that what is pinned for long does not block them.
            waiting_.push_back(trash);
        }
    }
    return taken;
}

}  // namespace onput::storage
