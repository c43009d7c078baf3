// Pictures for tests: made here, encoded by libvips, and read back as plain bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/recipe/recipe.hpp"
#include "services/image/color.hpp"
#include "services/image/geometry.hpp"
#include "services/image/transform.hpp"

namespace onput::image {

// 8-bit pixels in rows, with 1 to 4 bands. A roll of pages when `pages` is more than one.
struct Pixels {
    Size size = {};
    std::uint32_t bands = 3;
    std::vector<std::uint8_t> bytes = {};

    [[nodiscard]] Color at(std::uint32_t x, std::uint32_t y) const;
    friend bool operator==(const Pixels&, const Pixels&) = default;
};

using ColorAt = std::function<Color(std::uint32_t x, std::uint32_t y)>;
Pixels draw(Size size, std::uint32_t bands, const ColorAt& color_at);

// A picture that looks like nothing, with edges and slopes in every part; the same each time.
Pixels draw_scene(Size size, std::uint32_t bands = 3);
Pixels draw_flat(Size size, Color color, std::uint32_t bands = 3);

// What libvips is told beside the pixels.
struct Encoding {
    std::string suffix = ".png";  // With options: ".jpg[Q=90]".
    std::uint32_t pages = 1;      // The pixels are a roll of so many.
    std::uint32_t orientation = 1;
    std::vector<std::pair<std::string, std::string>> exif = {};  // "exif-ifd0-Make" -> "..."
    std::string color_space = {};  // "cmyk", "rgb16", "b-w": converted to it first.
    std::string profile = {};      // One that libvips brings along: "p3".
    std::string icc = {};          // An ICC profile that is attached as it is.
    bool inks = false;             // The four bands are inks.
};

// 256 x 1 grey pixels of a TIFF that rise from no bit to all.
std::string tiff_ramp(std::uint32_t bits, bool is_signed, std::uint32_t compression = 1);

// An ICC profile of one grey channel, whose numbers are light to the power of 1 / gamma.
std::string gray_profile(double gamma);

std::string encode_pixels(const Pixels& pixels, const Encoding& encoding = {});
// As any reader would show it: by libvips, all pages, not turned, bands as stored.
Pixels decode_pixels(std::string_view bytes);
// What libvips's own thumbnailer makes of it, as JPEG's pixels before they are encoded.
Pixels vips_thumbnail(std::string_view bytes, int width, int height);
// A metadata field as text; empty when there is none.
std::string metadata_of(std::string_view bytes, const std::string& name);
bool has_metadata(std::string_view bytes, const std::string& name);

// The largest difference of a band of a pixel; 999 when sizes differ.
int difference(const Pixels& a, const Pixels& b);
double mean_difference(const Pixels& a, const Pixels& b);

// From a file written down as hexadecimal digits.
std::string from_digits(std::string_view digits);
std::string read_file(const std::string& path);

// Recipes of one derivative named "it".
recipe::Recipe make_recipe(std::vector<recipe::Step> steps);

// Loads the library when first called; transforms, and fails the test when that fails.
Result<Transformed> run(const recipe::Recipe& recipe, std::string_view photo,
                        Watermarks::Objects watermarks = {});
std::string make(std::vector<recipe::Step> steps, std::string_view photo,
                 Watermarks::Objects watermarks = {});
// A watermark of this text, as the configuration's defaults have it.
recipe::WatermarkStep text_mark(std::string text);

// The error of a photo or recipe that must not pass.
Error refused(const recipe::Recipe& recipe, std::string_view photo,
              Watermarks::Objects watermarks = {});

inline const recipe::FormatStep as_png{.type = recipe::ImageFormat::png};

}  // namespace onput::image
