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
        const std::uint64_t to = std::min(end, at->offset + at->length());
        if (from >= to) continue;
        const std::uint64_t skipped = from - at->offset;
        pieces.push_back({.blob = at->blob,
                          .offset = at->begin + skipped,
                          .length = to - from,
                          .nonce = at->nonce,
                          .nonce_offset = skipped});
    }
    return pieces;
}

}  // namespace onput::storage
