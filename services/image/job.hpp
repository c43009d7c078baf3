// One image job, as it runs in a child of the worker's zygote: a photo in, its derivatives and what
// is known about it out.
//
//     input:  [photo][watermark image 1][watermark image 2]...   lengths in ImageJob
//     output: [derivative 1][derivative 2]...                    lengths in ImageResult
//
//     sniff -> header within limits -> full decode -> metadata -> each derivative's steps -> encode
//
// One decode serves all derivatives. One that cannot be made of this photo (larger than its format
// can be, more than the memory holds) is omitted, and said to be; when none can be made, the job
// fails as the first of them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/schema/codec.hpp"
#include "common/schema/fields.hpp"

namespace onput::image {

struct WatermarkObject {
    std::string name;  // "s3://bucket/key", as the recipe names it.
    std::uint64_t bytes = 0;

    ONPUT_FIELDS(name, bytes)
    friend bool operator==(const WatermarkObject&, const WatermarkObject&) = default;
};

struct ImageJob {
    static constexpr schema::MessageInfo info{.kind = schema::Kind::image_job};

    std::string recipe;     // The function's configuration: JSON of common/recipe.
    std::string input_key;  // For messages.
    std::uint64_t photo_bytes = 0;
    std::vector<WatermarkObject> watermarks;  // In the order in which they follow the photo.

    ONPUT_FIELDS(recipe, input_key, photo_bytes, watermarks)
    friend bool operator==(const ImageJob&, const ImageJob&) = default;
};

struct DerivativeResult {
    std::string name;
    std::string content_type;
    std::string extension;  // "jpg"
    std::uint64_t bytes = 0;
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    std::uint32_t pages = 1;
    std::uint32_t quality = 0;  // As searched for max_bytes, or as given; 0: the format has none.

    ONPUT_FIELDS(name, content_type, extension, bytes, width, height, pages, quality)
    friend bool operator==(const DerivativeResult&, const DerivativeResult&) = default;
};

// A derivative that cannot be made of this photo; the others are.
struct OmittedDerivative {
    std::string name;
    std::string reason;   // "bad_recipe", "job_memory", "too_many_pages", "too_many_pixels"
    std::string message;  // "format: webp holds sides of 16383 pixels at most, and ..."

    ONPUT_FIELDS(name, reason, message)
    friend bool operator==(const OmittedDerivative&, const OmittedDerivative&) = default;
};

// What is known about the photo itself.
struct PhotoFacts {
    std::string format;  // "jpeg", "png", "webp", "gif", "tiff", "heif", "avif", "bmp": by content.
    std::uint32_t width = 0;  // Upright, one page.
    std::uint32_t height = 0;
    std::uint32_t pages = 1;
    std::uint32_t bands = 3;
    std::uint32_t bits = 8;
    std::string color_space;  // "srgb", "cmyk", "b-w", ...
    bool has_alpha = false;
    bool has_profile = false;
    std::uint32_t orientation = 1;  // EXIF, 1 to 8, before it was turned upright.
    std::string dominant_color;     // "#rrggbb"
    // EXIF by its names ("Make", "DateTimeOriginal"), texts cut to 256 bytes, at most 64; GPS only
    // in `has_gps`.
    std::map<std::string, std::string> exif;
    bool has_gps = false;

    ONPUT_FIELDS(format, width, height, pages, bands, bits, color_space, has_alpha, has_profile,
                 orientation, dominant_color, exif, has_gps)
    friend bool operator==(const PhotoFacts&, const PhotoFacts&) = default;
};

struct ImageResult {
    // Version 2 added omitted.
    static constexpr schema::MessageInfo info{.kind = schema::Kind::image_result, .version = 2};

    PhotoFacts photo = {};
    std::vector<DerivativeResult> derivatives;  // In the recipe's order.
    std::vector<OmittedDerivative> omitted;     // Likewise.

    ONPUT_FIELDS(photo, derivatives, omitted)
    friend bool operator==(const ImageResult&, const ImageResult&) = default;
};

// The JobFunction of the worker's zygote, whose initialise is load_image_library(). `parameters` is
// an encoded ImageJob, the result an encoded ImageResult. Fails with invalid_argument when the
// photo is at fault: reasons not_an_image, unsupported_format, too_many_bytes, too_many_pixels,
// too_many_pages, damaged; bad_recipe, bad_watermark when the configuration is. The message says
// what and where.
Result<std::string> run_image_job(std::string_view parameters, int input_fd, int output_fd);

// Once per process, before the zygote forks jobs: blocks untrusted loaders, one thread, no cache.
Result<void> load_image_library();

// What the library reads later: modules, plugins, fonts of text watermarks.
std::vector<std::string> image_library_files();

}  // namespace onput::image
