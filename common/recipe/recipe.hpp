// Recipe: what an image function makes of a photo, as its configuration says it in JSON. Parsed and
// checked when the function is set, and again by the worker. Pure.
//
//     {
//       "output": {"bucket": "outbox", "prefix": "photos/"},
//       "invalid": "quarantine",         "keep" (default), "delete" or "quarantine"
//       "quarantine": {"bucket": "outbox", "prefix": "quarantine/"},
//       "limits": {"bytes": 52428800, "pixels": 100000000, "pages": 100},
//       "sidecar": true,
//       "derivatives": [
//         {"name": "thumbnail", "steps": [{"fit": {"width": 320, "height": 320}},
//                                         {"format": {"type": "jpeg", "quality": 80}}]},
//         {"name": "web", "steps": [{"resize": {"width": 1600}},
//                                   {"format": {"type": "webp", "max_bytes": 200000}}]},
//         {"name": "retro", "steps": [{"pixelate": {"size": 8, "palette": 16}}, {"format": "png"}]}
//       ]
//     }
//
// A derivative of inbox/cats/tom.jpg becomes <output.prefix>cats/tom.<name>.<extension>; the
// sidecar <output.prefix>cats/tom.json. Every photo is first turned upright as its EXIF says,
// unless a derivative has "autorotate": false among its steps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/result.hpp"

namespace onput::recipe {

inline constexpr std::size_t derivatives_max = 16;
inline constexpr std::size_t steps_max = 16;                  // Of one derivative.
inline constexpr std::size_t derivative_name_bytes_max = 32;  // a-z, 0-9, '-', '_'.
inline constexpr std::uint32_t dimension_max = 16'384;        // Pixels of a side.
inline constexpr std::size_t watermark_text_bytes_max = 256;
inline constexpr std::size_t watermark_objects_max = 8;     // Different ones, of one recipe.
inline constexpr std::size_t recipe_bytes_max = 32 * 1024;  // Of the JSON.
inline constexpr std::size_t prefix_bytes_max = 512;        // Of a place.
inline constexpr std::size_t key_bytes_max = 1024;          // Of an object's key, as on S3.
inline constexpr std::uint32_t crop_offset_max = 65'535;    // Of a box from the left and the top.
inline constexpr double rotate_degrees_max = 360;
inline constexpr std::uint32_t pixelate_min = 2;  // Of a block's side, and of colours.
inline constexpr std::uint32_t pixelate_max = 256;
inline constexpr std::uint32_t quality_max = 100;
inline constexpr std::uint64_t format_bytes_min = 256;  // Of max_bytes.
inline constexpr std::uint64_t format_bytes_max = 1ULL << 30;
inline constexpr std::uint64_t limit_bytes_max = 1ULL << 30;  // The highest that limits may be set.
inline constexpr std::uint64_t limit_pixels_max = 1'000'000'000;
inline constexpr std::uint32_t limit_pages_max = 10'000;

enum class ImageFormat : std::uint8_t { jpeg, png, webp, avif, gif };
enum class Gravity : std::uint8_t {
    center,
    north,
    north_east,
    east,
    south_east,
    south,
    south_west,
    west,
    north_west
};
enum class CropFocus : std::uint8_t { centre, entropy, attention, box };

// To `width`, to `height`, or to both whatever the proportions; at least one is given. Enlarges
// only when `enlarge` says so.
struct ResizeStep {
    std::uint32_t width = 0;  // 0: follows from the other.
    std::uint32_t height = 0;
    bool enlarge = false;
};
// As large as fits within the box; proportions stay.
struct FitStep {
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    bool enlarge = false;
};
// Covers the box exactly: scaled, then what stands out is cut off where `focus` is not.
struct FillStep {
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    CropFocus focus = CropFocus::centre;
};
struct CropStep {
    CropFocus focus = CropFocus::centre;
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    std::uint32_t left = 0;  // With box only.
    std::uint32_t top = 0;
};
struct RotateStep {
    double degrees = 0;                  // Clockwise, -360 to 360; multiples of 90 lose nothing.
    std::string background = "#000000";  // #rgb, #rrggbb or #rrggbbaa: what the corners show.
};
struct AutorotateStep {
    bool enabled = true;
};
// Exactly one of `image` and `text`.
struct WatermarkStep {
    std::string image_bucket;
    std::string image_key;  // "s3://bucket/key" in the configuration.
    std::string text;
    std::string color = "#ffffff";  // Of the text.
    Gravity gravity = Gravity::south_east;
    double opacity = 0.5;       // Above 0, to 1.
    double scale = 0.2;         // Width of the mark as a share of the picture's, above 0, to 1.
    std::uint32_t margin = 16;  // Pixels from the edges.
    bool tile = false;          // Repeated all over; gravity and margin play no part.
};
// The retro look: blocks of size x size pixels, in at most `palette` colours.
struct PixelateStep {
    std::uint32_t size = 8;     // 2 to 256.
    std::uint32_t palette = 0;  // 2 to 256; 0: colours stay.
};
struct GrayscaleStep {};
// The last step of a derivative, or none: JPEG as it comes, PNG when the photo has transparency.
struct FormatStep {
    ImageFormat type = ImageFormat::jpeg;
    std::uint32_t quality = 0;    // 1 to 100; 0: the format's own default.
    std::uint64_t max_bytes = 0;  // 0: no matter. Else the best quality that fits is searched.
    std::string background = "#ffffff";  // Behind transparency, for JPEG.
};
// Metadata that goes. Without the step GPS goes and the rest of EXIF and the colour profile stay.
struct StripStep {
    bool exif = true;
    bool profile = false;  // Converted to sRGB first.
    bool gps = true;
};

using Step = std::variant<ResizeStep, FitStep, FillStep, CropStep, RotateStep, AutorotateStep,
                          WatermarkStep, PixelateStep, GrayscaleStep, FormatStep, StripStep>;

struct Derivative {
    std::string name;
    std::vector<Step> steps;
};

enum class InvalidPolicy : std::uint8_t { keep, remove, quarantine };

struct Place {
    std::string bucket;
    std::string prefix;
};

struct Limits {
    std::uint64_t bytes = 50ULL << 20;   // Of the upload.
    std::uint64_t pixels = 100'000'000;  // Width times height, of all pages together.
    std::uint32_t pages = 100;
};

struct Recipe {
    Place output;
    InvalidPolicy invalid = InvalidPolicy::keep;
    Place quarantine;
    Limits limits;
    bool sidecar = true;
    std::vector<Derivative> derivatives;
};

// invalid_argument `bad_recipe`, naming derivative, step and field: "derivative 'web', step 2
// (format): 'quality' 101 is not from 1 to 100". Unknown names are refused.
Result<Recipe> parse_recipe(std::string_view json);

// "thumbnail" of "cats/tom.jpg" as WebP -> "cats/tom.thumbnail.webp"; without a prefix. What
// follows the last dot is an extension when it is 1 to 8 letters and digits and something stands
// before the dot. Never the input key itself, and different for every derivative of a recipe. A key
// that would be longer than `bytes_max` (at least key_bytes_max - prefix_bytes_max) is cut, and a
// hash of the input key put in: "cats/to~0123456789abcdef.thumbnail.webp".
std::string derivative_key(std::string_view input_key, std::string_view derivative,
                           ImageFormat format, std::size_t bytes_max = key_bytes_max);
// "cats/tom.json"; of "cats/tom.json" itself "cats/tom.json.json".
std::string sidecar_key(std::string_view input_key, std::size_t bytes_max = key_bytes_max);
// The input key, cut when it must be.
std::string quarantine_key(std::string_view input_key, std::size_t bytes_max = key_bytes_max);

std::string_view extension_of(ImageFormat format);     // "jpg"
std::string_view content_type_of(ImageFormat format);  // "image/jpeg"

// The same recipe with these derivatives only, as JSON. bad_recipe when it has no such derivative.
Result<std::string> select_derivatives(std::string_view json,
                                       const std::vector<std::string>& names);

// The watermark objects of all derivatives, each once, in order of first mention.
std::vector<std::string> watermark_objects(const Recipe& recipe);  // "s3://bucket/key"

}  // namespace onput::recipe
