// The CRC of two pieces from theirs: of a file from those of its parts, without its bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/digest.hpp"

namespace onput {

// `first` and `second`: what Digest gives for each piece, by crc32, crc32c or crc64nvme;
// `second_bytes`: how long the second piece is. Its time goes by the logarithm of that.
std::string combine_crc(DigestAlgorithm algorithm, std::string_view first, std::string_view second,
                        std::uint64_t second_bytes);

}  // namespace onput
