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
// sidecar <output.prefix>cats/tom.json. steps.hpp is the list of steps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/recipe/steps.hpp"

namespace onput::recipe {

inline constexpr std::size_t derivatives_max = 16;
inline constexpr std::size_t steps_max = 16;                  // Of one derivative.
inline constexpr std::size_t derivative_name_bytes_max = 32;  // a-z, 0-9, '-', '_'.
inline constexpr std::size_t watermark_objects_max = 8;       // Different ones, of one recipe.
inline constexpr std::size_t recipe_bytes_max = 32 * 1024;    // Of the JSON.
inline constexpr std::size_t prefix_bytes_max = 512;          // Of a place.
inline constexpr std::size_t key_bytes_max = 1024;            // Of an object's key, as on S3.
inline constexpr std::uint64_t limit_bytes_max = 1ULL << 30;  // The highest that limits may be set.
inline constexpr std::uint64_t limit_pixels_max = 1'000'000'000;
inline constexpr std::uint32_t limit_pages_max = 10'000;

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
