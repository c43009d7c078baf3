// Segment: a blob that has the bytes of an object from `offset` on.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/store/blobs.hpp"

namespace onput::storage {

struct Segment {
    std::uint64_t offset = 0;
    store::BlobRef blob;
    std::string nonce = {};  // What its bytes are encrypted under, if they are.

    friend bool operator==(const Segment&, const Segment&) = default;
};

// The bytes of one segment that belong to a range.
struct SegmentPiece {
    store::BlobRef blob;
    std::uint64_t offset = 0;  // In the blob.
    std::uint64_t length = 0;
    std::string nonce = {};

    friend bool operator==(const SegmentPiece&, const SegmentPiece&) = default;
};

// What to read for [offset, offset + length) of the object, in order. `segments` are in order and
// without holes; those outside the range are left out.
std::vector<SegmentPiece> pieces_of(const std::vector<Segment>& segments, std::uint64_t offset,
                                    std::uint64_t length);

}  // namespace onput::storage
