// What a file is, by its first bytes; its name plays no part. Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/base/result.hpp"

namespace onput::image {

enum class PhotoFormat : std::uint8_t { jpeg, png, webp, gif, tiff, heif, avif, bmp };

std::string_view to_string(PhotoFormat format);  // "jpeg"

// Fails with invalid_argument: not_an_image, or unsupported_format when it is something known that
// is not read here (SVG and PDF are programs of a kind, and their readers have been broken often).
Result<PhotoFormat> sniff(std::string_view bytes);

}  // namespace onput::image
