// The steps of a derivative: the one list of what there is, with every parameter, its default and
// its limits. Parsing reads it (steps.cpp), and services/image/steps applies each step by its type.
//
//     {"fit": {"width": 320, "height": 320}}      ──> FitStep
//
// Each struct declares its fields as `read.<kind>("name", member, limits)`; `required` behind that
// means that there is no default. Rules between fields are check() in steps.cpp.
//
// A new step: its struct and its place in Step here, its apply() in services/image/steps, its row
// in README.md.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace onput::recipe {

// Inclusive.
struct Bounds {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
};
struct RealBounds {
    double low = 0;
    double high = 0;
};
enum class ColorKind : std::uint8_t { opaque, with_alpha };  // #rgb, #rrggbb; or #rrggbbaa too.
struct Required {};
inline constexpr Required required;

// What a text of the configuration stands for.
template <typename Value>
using Choice = std::pair<std::string_view, Value>;

enum class StepUse : std::uint8_t { any, once, last };  // At most once; only as the last step.

struct StepInfo {
    std::string_view name;
    StepUse use = StepUse::any;
    // {"format": "png"} is short for {"format": {"type": "png"}}.
    std::string_view text_field = {};
    // {"autorotate": false} is short for {"autorotate": {"enabled": false}}.
    std::string_view false_field = {};
};

inline constexpr Bounds side{1, 16'384};    // Pixels of a side.
inline constexpr Bounds offset{0, 65'535};  // Of a box from the left and the top.

enum class ImageFormat : std::uint8_t { jpeg, png, webp, avif, gif };
inline constexpr std::array<Choice<ImageFormat>, 6> image_formats{{{"jpeg", ImageFormat::jpeg},
                                                                   {"jpg", ImageFormat::jpeg},
                                                                   {"png", ImageFormat::png},
                                                                   {"webp", ImageFormat::webp},
                                                                   {"avif", ImageFormat::avif},
                                                                   {"gif", ImageFormat::gif}}};

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
inline constexpr std::array<Choice<Gravity>, 10> gravities{{{"center", Gravity::center},
                                                            {"centre", Gravity::center},
                                                            {"north", Gravity::north},
                                                            {"north-east", Gravity::north_east},
                                                            {"east", Gravity::east},
                                                            {"south-east", Gravity::south_east},
                                                            {"south", Gravity::south},
                                                            {"south-west", Gravity::south_west},
                                                            {"west", Gravity::west},
                                                            {"north-west", Gravity::north_west}}};

enum class CropFocus : std::uint8_t { centre, entropy, attention, box };
inline constexpr std::array<Choice<CropFocus>, 5> crop_focuses{{{"centre", CropFocus::centre},
                                                                {"center", CropFocus::centre},
                                                                {"entropy", CropFocus::entropy},
                                                                {"attention", CropFocus::attention},
                                                                {"box", CropFocus::box}}};
inline constexpr auto fill_focuses = std::span(crop_focuses).first<4>();  // All but box.

// To `width`, to `height`, or to both whatever the proportions; at least one is given. Enlarges
// only when `enlarge` says so.
struct ResizeStep {
    static constexpr StepInfo info{.name = "resize"};
    std::uint32_t width = 0;  // 0: follows from the other.
    std::uint32_t height = 0;
    bool enlarge = false;

    static void fields(auto& read, auto& step) {
        read.number("width", step.width, side);
        read.number("height", step.height, side);
        read.flag("enlarge", step.enlarge);
    }
};

// As large as fits within the box; proportions stay.
struct FitStep {
    static constexpr StepInfo info{.name = "fit"};
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    bool enlarge = false;

    static void fields(auto& read, auto& step) {
        read.number("width", step.width, side, required);
        read.number("height", step.height, side, required);
        read.flag("enlarge", step.enlarge);
    }
};

// Covers the box exactly: scaled, then what stands out is cut off where `focus` is not.
struct FillStep {
    static constexpr StepInfo info{.name = "fill"};
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    CropFocus focus = CropFocus::centre;

    static void fields(auto& read, auto& step) {
        read.number("width", step.width, side, required);
        read.number("height", step.height, side, required);
        read.choice("focus", step.focus, fill_focuses);
    }
};

// Cuts out, without scaling.
struct CropStep {
    static constexpr StepInfo info{.name = "crop"};
    CropFocus focus = CropFocus::centre;
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    std::uint32_t left = 0;  // With box, and only then: both are given.
    std::uint32_t top = 0;

    static void fields(auto& read, auto& step) {
        read.choice("focus", step.focus, crop_focuses);
        read.number("width", step.width, side, required);
        read.number("height", step.height, side, required);
        read.number("left", step.left, offset);
        read.number("top", step.top, offset);
    }
};

struct RotateStep {
    static constexpr StepInfo info{.name = "rotate"};
    double degrees = 0;                  // Clockwise; multiples of 90 lose nothing.
    std::string background = "#000000";  // What the corners show.

    static void fields(auto& read, auto& step) {
        read.real("degrees", step.degrees, RealBounds{-360, 360}, required);
        read.color("background", step.background, ColorKind::with_alpha);
    }
};

// Every photo is turned upright first, as its EXIF says, unless this says false.
struct AutorotateStep {
    static constexpr StepInfo info{
        .name = "autorotate", .use = StepUse::once, .false_field = "enabled"};
    bool enabled = true;

    static void fields(auto& read, auto& step) { read.flag("enabled", step.enabled); }
};

// Lays a mark over the picture: exactly one of `image` and `text`.
struct WatermarkStep {
    static constexpr StepInfo info{.name = "watermark"};
    std::string image_bucket;
    std::string image_key;
    std::string text;               // Bytes; no control characters but newlines.
    std::string color = "#ffffff";  // Of the text.
    Gravity gravity = Gravity::south_east;
    double opacity = 0.5;
    double scale = 0.2;         // Width of the mark as a share of the picture's.
    std::uint32_t margin = 16;  // Pixels from the edges.
    bool tile = false;          // Repeated all over; gravity and margin play no part.

    static void fields(auto& read, auto& step) {
        read.object("image", step.image_bucket, step.image_key);  // "s3://bucket/key"
        read.text("text", step.text, Bounds{1, 256});
        read.color("color", step.color, ColorKind::opaque);
        read.choice("gravity", step.gravity, gravities);
        read.share("opacity", step.opacity);  // Above 0, to 1.
        read.share("scale", step.scale);
        read.number("margin", step.margin, Bounds{0, side.high});
        read.flag("tile", step.tile);
    }
};

// The retro look: blocks of size x size pixels, in at most `palette` colours.
struct PixelateStep {
    static constexpr StepInfo info{.name = "pixelate"};
    std::uint32_t size = 8;
    std::uint32_t palette = 0;  // 0: colours stay.

    static void fields(auto& read, auto& step) {
        read.number("size", step.size, Bounds{2, 256});
        read.number("palette", step.palette, Bounds{2, 256});
    }
};

struct GrayscaleStep {
    static constexpr StepInfo info{.name = "grayscale"};
    static void fields(auto& /*read*/, auto& /*step*/) {}
};

// How the derivative is written. Without it: JPEG, or PNG when the photo has transparency.
struct FormatStep {
    static constexpr StepInfo info{.name = "format", .use = StepUse::last, .text_field = "type"};
    ImageFormat type = ImageFormat::jpeg;
    std::uint32_t quality = 0;    // Not of PNG and GIF. 0: the format's own default.
    std::uint64_t max_bytes = 0;  // 0: no limit. Else the best quality that fits; no quality.
    std::string background = "#ffffff";  // Behind transparency, for JPEG only.

    static void fields(auto& read, auto& step) {
        read.choice("type", step.type, image_formats, required);
        read.number("quality", step.quality, Bounds{1, 100});
        read.number("max_bytes", step.max_bytes, Bounds{256, 1ULL << 30});
        read.color("background", step.background, ColorKind::opaque);
    }
};

// Metadata that goes. Without the step GPS goes, and the rest of EXIF and the colour profile stay.
struct StripStep {
    static constexpr StepInfo info{.name = "strip", .use = StepUse::once};
    bool exif = true;
    bool profile = false;  // Converted to sRGB first.
    bool gps = true;       // GPS is a part of EXIF: it cannot stay where that goes.

    static void fields(auto& read, auto& step) {
        read.flag("exif", step.exif);
        read.flag("profile", step.profile);
        read.flag("gps", step.gps);
    }
};

using Step = std::variant<ResizeStep, FitStep, FillStep, CropStep, RotateStep, AutorotateStep,
                          WatermarkStep, PixelateStep, GrayscaleStep, FormatStep, StripStep>;

const StepInfo& info_of(const Step& step);

}  // namespace onput::recipe
