// The CRC of many pieces from theirs: of a file from those of its parts, without its bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/digest.hpp"

namespace onput {

class CrcCombiner {
public:
    // crc32, crc32c or crc64nvme.
    explicit CrcCombiner(DigestAlgorithm algorithm) : algorithm_(algorithm) {}

    // The next piece: what Digest gives for it, and how long it is. A piece as long as the one
    // before costs one multiplication, any other as many as its length has bits.
    void append(std::string_view crc, std::uint64_t bytes);

    // Of all pieces; empty when there was none.
    [[nodiscard]] const std::string& crc() const { return crc_; }

private:
    template <typename Word>
    void append_as(std::string_view crc, std::uint64_t bytes, Word polynomial);

    DigestAlgorithm algorithm_;
    std::string crc_;
    std::uint64_t bytes_ = 0;  // `shift_` is for pieces of this length.
    std::uint64_t shift_ = 0;
};

}  // namespace onput
