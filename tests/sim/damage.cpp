#include "tests/sim/damage.hpp"

#include <algorithm>

namespace onput::sim {

void Damage::flipped(const DiskBlobs::Flip& flip) {
    ++flips_;
    if (flip.to == 0) return;
    spoilt_.insert_or_assign(place_of(flip.blob), Span{.from = flip.from, .to = flip.to});
}

const std::vector<store::BlobRef>& Damage::blobs_of(const std::string& event_id) const {
    static const std::vector<store::BlobRef> none;
    const auto found = blobs_.find(event_id);
    return found == blobs_.end() ? none : found->second;
}

bool Damage::touches(const std::string& event_id, std::uint64_t offset,
                     std::uint64_t length) const {
    const std::uint64_t end = length > UINT64_MAX - offset ? UINT64_MAX : offset + length;
    std::uint64_t begin_of_blob = 0;
    return std::ranges::any_of(blobs_of(event_id), [&](const store::BlobRef& blob) {
        const std::uint64_t begin = std::exchange(begin_of_blob, begin_of_blob + blob.length);
        const auto spoilt = spoilt_.find(place_of(blob));
        if (spoilt == spoilt_.end()) return false;
        return begin + spoilt->second.from < end && offset < begin + spoilt->second.to;
    });
}

}  // namespace onput::sim
