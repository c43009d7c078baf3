// Segment: where the bytes of an object from `offset` on are, in a blob.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/store/blobs.hpp"

namespace onput::storage {

struct Segment {
    std::uint64_t offset = 0;
    store::BlobRef blob;
    std::string nonce = {};   // What its bytes are encrypted under, if they are.
    std::uint64_t begin = 0;  // In the blob.
    std::uint64_t end = 0;    // In the blob; 0: the blob's own.

    [[nodiscard]] std::uint64_t length() const { return (end == 0 ? blob.length : end) - begin; }

    friend bool operator==(const Segment&, const Segment&) = default;
};

// The bytes of one segment that belong to a range.
struct SegmentPiece {
    store::BlobRef blob;
    std::uint64_t offset = 0;  // In the blob.
    std::uint64_t length = 0;
    std::string nonce = {};
    std::uint64_t nonce_offset = 0;  // Of what is encrypted under the nonce.

    friend bool operator==(const SegmentPiece&, const SegmentPiece&) = default;
};

// What to read for [offset, offset + length) of the object, in order. `segments` are in order and
// without holes; those outside the range are left out.
std::vector<SegmentPiece> pieces_of(const std::vector<Segment>& segments, std::uint64_t offset,
                                    std::uint64_t length);

}  // namespace onput::storage
