// What is known about a photo beside its pixels: PhotoFacts from its header.
#pragma once

#include <string>
#include <string_view>

#include "services/image/decode.hpp"
#include "services/image/job.hpp"

namespace onput::image {

inline constexpr std::size_t exif_fields_max = 64;
inline constexpr std::size_t exif_value_bytes_max = 256;

// All but the dominant colour, which wants pixels.
PhotoFacts read_facts(const PhotoHeader& header);

// The text for a reader of an EXIF value as libvips writes it: "1/60 (1/60 sec., Rational, 1
// components, 8 bytes)" is "1/60 sec.". UTF-8 without control characters, cut to
// exif_value_bytes_max. Pure.
std::string readable_exif(std::string_view value);

}  // namespace onput::image
