#include "services/storage/objects/trash.hpp"

#include <algorithm>

#include "common/base/check.hpp"

namespace onput::storage {
namespace {

template <typename Counts, typename Key>
void decrement(Counts& counts, const Key& key) {
    const auto found = counts.find(key);
    ONPUT_CHECK(found != counts.end());
    if (--found->second == 0) counts.erase(found);
}

std::pair<std::uint64_t, std::uint64_t> place_of(const store::BlobRef& blob) {
    return {blob.segment, blob.id};
}

}  // namespace

void Pins::pin(const StoredBytes& bytes) {
    if (bytes.blob) ++blobs_[place_of(*bytes.blob)];
    if (!bytes.manifest.empty()) ++manifests_[bytes.manifest];
}

void Pins::unpin(const StoredBytes& bytes) {
    if (bytes.blob) decrement(blobs_, place_of(*bytes.blob));
    if (!bytes.manifest.empty()) decrement(manifests_, bytes.manifest);
}

bool Pins::has(const StoredBytes& bytes) const {
    return (bytes.blob && blobs_.contains(place_of(*bytes.blob))) ||
           (!bytes.manifest.empty() && manifests_.contains(bytes.manifest));
}

void TrashCan::take_back(std::uint64_t number) {
    if (!waiting_.empty() && waiting_.back().number == number) waiting_.pop_back();
}

void TrashCan::put_back(const std::vector<Trash>& trash) {
    waiting_.insert(waiting_.begin(), trash.begin(), trash.end());
}

std::vector<Trash> TrashCan::take(std::uint64_t durable_number, const Pins& pins) {
    std::vector<Trash> taken;
    std::size_t blobs = 0;
    const std::size_t looks = std::min(waiting_.size(), trash_taken_max);
    for (std::size_t i = 0; i < looks && blobs < trash_blobs_max; ++i) {
        Trash trash = std::move(waiting_.front());
        waiting_.pop_front();
        if (trash.number <= durable_number && !pins.has(trash.bytes)) {
            blobs += trash.blobs;
            taken.push_back(std::move(trash));
        } else {
            // Behind the others, so that what is pinned for long does not block them.
            waiting_.push_back(std::move(trash));
        }
    }
    return taken;
}

}  // namespace onput::storage
