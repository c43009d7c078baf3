#include "services/storage/objects/segment.hpp"

#include <algorithm>

namespace onput::storage {

std::vector<SegmentPiece> pieces_of(const std::vector<Segment>& segments, std::uint64_t offset,
                                    std::uint64_t length) {
    std::vector<SegmentPiece> pieces;
    const std::uint64_t end = offset + length;
    // The last segment that begins at or before the range.
    auto at = std::ranges::upper_bound(segments, offset, {}, &Segment::offset);
    if (at != segments.begin()) --at;
    for (; at != segments.end() && at->offset < end; ++at) {
        const std::uint64_t from = std::max(offset, at->offset);
        const std::uint64_t to = std::min(end, at->offset + at->blob.length);
        if (from >= to) continue;
        pieces.push_back({.blob = at->blob,
                          .offset = from - at->offset,
                          .length = to - from,
                          .nonce = at->nonce});
    }
    return pieces;
}

}  // namespace onput::storage
