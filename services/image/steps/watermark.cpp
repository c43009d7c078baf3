// watermark: an image or a text over the picture, in a corner, in the middle, or all over.
//
// Only the box under the mark is composited; the rest of the picture is passed on byte for byte.
#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vips/vips.h>

#include "common/base/check.hpp"
#include "services/image/color.hpp"
#include "services/image/color_space.hpp"
#include "services/image/steps/steps.hpp"

namespace onput::image {
namespace {

constexpr const char* text_font = "sans bold 48";
constexpr int text_dpi = 72;
constexpr int text_dpi_max = 10'000;

Error bad_watermark(const std::string& why) {
    return Error{.code = ErrorCode::invalid_argument, .message = why, .reason = "bad_watermark"};
}

// As wide as `scale` says, and no higher than the picture.
Size mark_size(Size mark, double scale, Size picture) {
    const double across = std::max(1.0, std::round(picture.width * scale)) / mark.width;
    const double down = static_cast<double>(picture.height) / mark.height;
    const double factor = std::min(across, down);
    const auto side = [factor](std::uint32_t length, std::uint32_t longest) {
        const double scaled_length = std::max(1.0, std::round(length * factor));
        return std::min(static_cast<std::uint32_t>(scaled_length), longest);
    };
    return {.width = side(mark.width, picture.width), .height = side(mark.height, picture.height)};
}

// One band: how much of the colour is seen.
Result<Image> draw_text(const std::string& text, int dpi) {
    // The text is text, whatever markup it looks like.
    const std::unique_ptr<char, void (*)(void*)> escaped(
        g_markup_escape_text(text.c_str(), static_cast<gssize>(text.size())), g_free);
    VipsImage* made = nullptr;
    if (vips_text(&made, escaped.get(), "font", text_font, "dpi", dpi, nullptr) != 0) {
        return std::unexpected(bad_watermark("the text cannot be drawn: " + take_vips_message()));
    }
    return in_memory(Image(made));
}

// Drawn small once to be measured, then as large as it will be seen: letters stay sharp.
Result<Image> text_mask(const recipe::WatermarkStep& step, Size picture) {
    ONPUT_TRY(const Image probe, draw_text(step.text, text_dpi));
    const Size wanted = mark_size(probe.size(), step.scale, picture);
    const double enlarged = static_cast<double>(wanted.width) / probe.size().width;
    const int dpi = std::clamp(static_cast<int>(std::lround(text_dpi * enlarged)), 1, text_dpi_max);
    ONPUT_TRY(const Image drawn, draw_text(step.text, dpi));
    return scaled(drawn, mark_size(drawn.size(), step.scale, picture));
}

Result<Image> text_mark(const recipe::WatermarkStep& step, Size picture) {
    ONPUT_TRY(const Color color, parse_color(step.color));
    ONPUT_TRY(const Image mask, text_mask(step, picture));
    VipsImage* made = nullptr;
    VipsImage* colored = vips_image_new_from_image1(mask.get(), 0);
    if (colored == nullptr) return std::unexpected(vips_failure("colour a text"));
    const std::array<double, 3> values{static_cast<double>(color.red),
                                       static_cast<double>(color.green),
                                       static_cast<double>(color.blue)};
    const Image black(colored);
    colored = vips_image_new_from_image(black.get(), values.data(), 3);
    if (colored == nullptr) return std::unexpected(vips_failure("colour a text"));
    const Image plain(colored);
    if (vips_bandjoin2(plain.get(), mask.get(), &made, nullptr) != 0) {
        return std::unexpected(vips_failure("colour a text"));
    }
    const Image joined(made);
    if (vips_copy(joined.get(), &made, "interpretation", VIPS_INTERPRETATION_sRGB, nullptr) != 0) {
        return std::unexpected(vips_failure("colour a text"));
    }
    return Image(made);
}

Result<Image> image_mark(const recipe::WatermarkStep& step, Size picture, Watermarks& watermarks) {
    ONPUT_TRY(const Image mark,
              watermarks.find("s3://" + step.image_bucket + "/" + step.image_key));
    return scaled(mark, mark_size(mark.size(), step.scale, picture));
}

Result<Image> with_opacity(const Image& mark, double opacity) {
    std::array<double, 4> factors{1, 1, 1, opacity};
    std::array<double, 4> nothing{};
    VipsImage* made = nullptr;
    if (vips_linear(mark.get(), &made, factors.data(), nothing.data(), 4, nullptr) != 0) {
        return std::unexpected(vips_failure("fade the watermark"));
    }
    const Image faded(made);
    if (vips_copy(faded.get(), &made, "interpretation", VIPS_INTERPRETATION_sRGB, nullptr) != 0) {
        return std::unexpected(vips_failure("fade the watermark"));
    }
    return in_memory(Image(made));
}

// Marks with gaps of half a mark's height, from the upper left on.
Result<Image> tiled(const Image& mark, Size picture) {
    const Size size = mark.size();
    const std::uint32_t gap = std::max(size.height / 2, 1U);
    const Size cell{.width = size.width + gap, .height = size.height + gap};
    VipsImage* made = nullptr;
    if (vips_embed(mark.get(), &made, static_cast<int>(gap / 2), static_cast<int>(gap / 2),
                   static_cast<int>(cell.width), static_cast<int>(cell.height), "extend",
                   VIPS_EXTEND_BLACK, nullptr) != 0) {
        return std::unexpected(vips_failure("tile the watermark"));
    }
    const Image framed(made);
    if (vips_replicate(framed.get(), &made, static_cast<int>(picture.width / cell.width + 1),
                       static_cast<int>(picture.height / cell.height + 1), nullptr) != 0) {
        return std::unexpected(vips_failure("tile the watermark"));
    }
    return cropped(Image(made), {.width = picture.width, .height = picture.height});
}

Result<Image> composited(const Image& under, const Image& mark) {
    VipsImage* made = nullptr;
    if (vips_composite2(under.get(), mark.get(), &made, VIPS_BLEND_MODE_OVER, "compositing_space",
                        VIPS_INTERPRETATION_sRGB, nullptr) != 0) {
        return std::unexpected(vips_failure("lay the watermark over the picture"));
    }
    const Image blended(made);
    if (vips_rint(blended.get(), &made, nullptr) != 0) {
        return std::unexpected(vips_failure("lay the watermark over the picture"));
    }
    const Image rounded(made);
    if (vips_cast_uchar(rounded.get(), &made, nullptr) != 0) {
        return std::unexpected(vips_failure("lay the watermark over the picture"));
    }
    const Image all(made);
    return under.has_alpha() ? Result<Image>(all) : without_alpha(all);
}

Result<Image> marked(const Image& page, const Image& mark, Box box) {
    ONPUT_TRY(const Image base, to_srgb(page));
    ONPUT_TRY(const Image under, cropped(base, box));
    ONPUT_TRY(const Image over, composited(under, mark));
    VipsImage* made = nullptr;
    if (vips_insert(base.get(), over.get(), &made, static_cast<int>(box.left),
                    static_cast<int>(box.top), nullptr) != 0) {
        return std::unexpected(vips_failure("put the watermark in its place"));
    }
    return Image(made);
}

}  // namespace

Result<void> apply(const recipe::WatermarkStep& step, Picture& picture, Watermarks& watermarks) {
    ONPUT_CHECK(picture.is_whole());
    ONPUT_TRY(Image mark, step.text.empty() ? image_mark(step, picture.size, watermarks)
                                            : text_mark(step, picture.size));
    ONPUT_TRY(mark, with_opacity(mark, step.opacity));
    Box box{.width = picture.size.width, .height = picture.size.height};
    if (step.tile) {
        ONPUT_TRY(mark, tiled(mark, picture.size));
    } else {
        box = placed_box(step.gravity, step.margin, mark.size(), picture.size);
    }
    // The base is read twice, beside and under the mark.
    ONPUT_TRY_VOID(change_pages(picture, in_memory));
    ONPUT_TRY_VOID(
        change_pages(picture, [&](const Image& page) { return marked(page, mark, box); }));
    picture.is_gray = false;
    return {};
}

}  // namespace onput::image
