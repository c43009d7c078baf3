// From a file's bytes to pixels: what is known before decoding, and decoding once.
//
// Only the loader of the sniffed format is ever asked, and nothing is decoded before the header is
// within the limits. A photo is valid when all of it decodes; warnings of a decoder are none of its
// errors. What that notices: files cut short, broken structure, and whatever a format's checksums
// cover (PNG's chunks). What it cannot: JPEG has no checksum, so a flipped bit there is noticed
// only when the codes after it do not fit; and decoding a JPEG smaller reads every code of the file
// all the same, so it notices just as much.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/recipe/recipe.hpp"
#include "services/image/geometry.hpp"
#include "services/image/sniff.hpp"
#include "services/image/vips_image.hpp"

namespace onput::image {

// A photo whose header has been read; its pixels have not.
struct PhotoHeader {
    PhotoFormat format = PhotoFormat::jpeg;
    Image image = {};  // Of the first page. For its metadata.
    Size size = {};    // Of a page, as stored: not turned upright.
    std::uint32_t pages = 1;
    std::uint32_t page = 0;  // The one that stands for the whole: HEIF names one.
    std::uint32_t orientation = 1;
    // Its pages are one moving picture, and all of them are decoded: GIF and WebP.
    bool is_animated = false;
    // Why they are not: together they exceed the limits, which the first page alone does not.
    std::optional<Error> only_first_page = {};

    [[nodiscard]] std::uint32_t pages_decoded() const { return is_animated ? pages : 1; }
};

// invalid_argument too_many_pixels, too_many_pages. Pure.
Result<void> check_limits(Size size, std::uint32_t pages, const recipe::Limits& limits);

// Fails with invalid_argument: too_many_bytes, not_an_image, unsupported_format, damaged,
// too_many_pixels. A moving picture beyond the limits becomes a still of its first page. `bytes`
// outlives what is made of it.
Result<PhotoHeader> read_header(std::string_view bytes, const recipe::Limits& limits);

// The pages that are worked on: all of a moving picture within the limits, else one. 8 bits of RGB
// or RGBA in memory, each side divided by `scale`; 1 for a moving picture. Colours are sRGB, or of
// the embedded profile when the photo is RGB and has one. Not turned upright.
struct DecodedPhoto {
    std::vector<Image> pages;
    bool is_gray = false;  // The photo has no colours: red, green and blue are the same.
};

// Fails with `damaged`, saying why and at about which line, and with job_memory
// (resource_exhausted) before it starts, when the process's limit would not hold it.
Result<DecodedPhoto> decode(const PhotoHeader& header, std::string_view bytes, std::uint32_t scale);

}  // namespace onput::image
