// BMP, which libvips reads by ImageMagick only: its header here, its pixels by gdk-pixbuf.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/base/result.hpp"
#include "services/image/geometry.hpp"
#include "services/image/vips_image.hpp"

namespace onput::image {

struct BmpHeader {
    Size size;
    std::uint32_t bits = 0;    // Of a pixel.
    std::uint32_t offset = 0;  // Where the pixels begin.
    bool is_run_length_encoded = false;
    bool has_alpha = false;

    friend bool operator==(const BmpHeader&, const BmpHeader&) = default;
};

// "BM", and a header of a length that some version of BMP has: many a text begins with "BM". Pure.
bool is_bmp(std::string_view bytes);

// Of what is_bmp(). Fails with invalid_argument `damaged` without a size. Pure.
Result<BmpHeader> read_bmp_header(std::string_view bytes);

// False when the file ends before its last pixel, which its reader does not mind. Pure.
bool has_all_pixels(std::string_view bytes, const BmpHeader& header);

// The plain picture of a header's size, without pixels worth to be looked at: for its facts.
Result<Image> bmp_outline(const BmpHeader& header);

// 8 bits of RGB or RGBA, in memory, of a header that is within the limits. Fails with damaged,
// unsupported_format (both invalid_argument), job_memory (resource_exhausted).
Result<Image> decode_bmp(std::string_view bytes, const BmpHeader& header);

// Loads gdk-pixbuf's module, once per process: jobs have no way to it.
Result<void> load_bmp_reader();

}  // namespace onput::image
