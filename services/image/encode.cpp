#include "services/image/encode.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>
#include <vips/vips.h>

#include <fmt/format.h>

#include "services/image/color.hpp"
#include "services/image/color_space.hpp"
#include "services/image/encoders.hpp"
#include "services/image/memory.hpp"
#include "services/image/steps/steps.hpp"

namespace onput::image {
namespace {

using recipe::ImageFormat;

// Longest side that each format's header can say.
std::uint32_t side_max_of(ImageFormat format) {
    switch (format) {
        case ImageFormat::webp: return 16'383;
        case ImageFormat::avif: return 16'384;
        case ImageFormat::jpeg:
        case ImageFormat::png:
        case ImageFormat::gif: return side_max;
    }
    return side_max;
}

// What max_bytes searches over.
struct Levels {
    std::uint32_t highest = 100;
    std::uint32_t usual = 0;  // Where the search begins, and what holds without max_bytes.
    bool is_quality = true;
};

Levels levels_of(ImageFormat format) {
    switch (format) {
        case ImageFormat::jpeg: return {.usual = jpeg_quality_default};
        case ImageFormat::webp: return {.usual = webp_quality_default};
        case ImageFormat::avif: return {.usual = avif_quality_default};
        case ImageFormat::png:
            return {.highest = png_levels, .usual = png_levels, .is_quality = false};
        case ImageFormat::gif:
            return {.highest = gif_levels, .usual = gif_levels, .is_quality = false};
    }
    return {};
}

bool can_move(ImageFormat format) {
    return format == ImageFormat::gif || format == ImageFormat::webp;
}

Result<Image> joined(const std::vector<Image>& pages) {
    if (pages.size() == 1) return pages.front();
    std::vector<VipsImage*> list;
    list.reserve(pages.size());
    for (const Image& page : pages) list.push_back(page.get());
    VipsImage* made = nullptr;
    if (vips_arrayjoin(list.data(), &made, static_cast<int>(list.size()), "across", 1, nullptr) !=
        0) {
        return std::unexpected(vips_failure("join pages"));
    }
    return Image(made);
}

void say_pages(const Image& image, Size page, std::size_t pages) {
    if (pages == 1) return;
    vips_image_set_int(image.get(), VIPS_META_PAGE_HEIGHT, static_cast<int>(page.height));
    vips_image_set_int(image.get(), VIPS_META_N_PAGES, static_cast<int>(pages));
}

Result<Image> flattened(const Image& image, Color background) {
    if (!image.has_alpha()) return image;
    const std::array<double, 3> values{static_cast<double>(background.red),
                                       static_cast<double>(background.green),
                                       static_cast<double>(background.blue)};
    VipsArrayDouble* array = vips_array_double_new(values.data(), 3);
    VipsImage* made = nullptr;
    const int result = vips_flatten(image.get(), &made, "background", array, nullptr);
    vips_area_unref(&array->area);
    if (result != 0) return std::unexpected(vips_failure("lay on the background"));
    return Image(made);
}

// One band instead of three that are the same.
Result<Image> in_one_band(const Image& image) {
    VipsImage* made = nullptr;
    if (vips_colourspace(image.get(), &made, VIPS_INTERPRETATION_B_W, nullptr) != 0) {
        return std::unexpected(vips_failure("write grey"));
    }
    return Image(made);
}

// The pixels as the format wants them.
Result<Image> prepare(const Picture& picture, const recipe::FormatStep& format) {
    ONPUT_TRY(Image image, joined(picture.pages));
    const bool wants_srgb = picture.strip.profile || format.type == ImageFormat::gif;
    if (wants_srgb) {
        ONPUT_TRY(image, to_srgb(image));
    }
    if (format.type == ImageFormat::jpeg) {
        ONPUT_TRY(const Color background, parse_color(format.background));
        ONPUT_TRY(image, flattened(image, background));
    }
    const bool can_be_gray = format.type == ImageFormat::jpeg || format.type == ImageFormat::png;
    if (picture.is_gray && can_be_gray && !image.has_profile()) {
        ONPUT_TRY(image, in_one_band(image));
    }
    // Encoded several times, or by an encoder that reads it whole anyway.
    if (format.max_bytes != 0) {
        ONPUT_TRY(image, in_memory(image));
    }
    return image;
}

Result<void> check_side(Size size, ImageFormat format) {
    const std::uint32_t longest = side_max_of(format);
    if (std::max(size.width, size.height) <= longest) return {};
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} holds sides of {} pixels at most, and this has {}x{}",
                            recipe::extension_of(format), longest, size.width, size.height),
                "bad_recipe");
}

// Pages are encoded one by one, from an image of all.
std::uint64_t encoding_bytes(const Picture& picture, ImageFormat format) {
    const auto pages = static_cast<std::uint32_t>(picture.pages.size());
    const std::uint64_t page = count_pixels(picture.size, 1) * encoder_bytes_per_pixel(format);
    return pages == 1 ? page : page + count_pixels(picture.size, pages) * 4;
}

}  // namespace

recipe::FormatStep default_format(const Picture& picture) {
    return {.type = picture.has_alpha() ? ImageFormat::png : ImageFormat::jpeg};
}

Result<Attempt> best_within(std::uint64_t bytes_max, std::uint32_t level_max,
                            const EncodeAtLevel& encode) {
    ONPUT_TRY(std::string first, encode(level_max));
    if (first.size() <= bytes_max) return Attempt{.bytes = std::move(first), .level = level_max};
    std::size_t smallest = first.size();
    Attempt best;
    std::uint32_t low = 1;
    std::uint32_t high = level_max;  // Known not to fit.
    while (low < high) {
        // The lowest level is tried last: it is no one's wish.
        const std::uint32_t level = low + (high - low) / 2;
        ONPUT_TRY(std::string bytes, encode(level));
        smallest = std::min(smallest, bytes.size());
        if (bytes.size() > bytes_max) {
            high = level;
            continue;
        }
        best = {.bytes = std::move(bytes), .level = level};
        low = level + 1;
    }
    if (best.level != 0) return best;
    return fail(ErrorCode::invalid_argument,
                fmt::format("it cannot be made smaller than {} bytes, and max_bytes is {}",
                            smallest, bytes_max),
                "bad_recipe");
}

Result<Encoded> encode(const Picture& picture, const recipe::FormatStep& format) {
    if (!can_move(format.type) && picture.pages.size() > 1) {
        Picture still = picture;
        still.pages.resize(1);
        return encode(still, format);
    }
    const std::size_t pages = picture.pages.size();
    ONPUT_TRY_VOID(check_side(picture.size, format.type));
    ONPUT_TRY_VOID(reserve_memory(encoding_bytes(picture, format.type)));
    ONPUT_TRY(const Image prepared, prepare(picture, format));
    ONPUT_TRY(const Image image, dress(prepared, picture));
    say_pages(image, picture.size, pages);
    const Levels levels = levels_of(format.type);
    const std::uint32_t level = format.quality != 0 ? format.quality : levels.usual;
    const bool bare = is_bare(picture) && !image.has_profile();
    const auto at_level = [&](std::uint32_t wanted) {
        return encode_at_level(image, format.type, wanted, bare ? Bare::yes : Bare::no);
    };
    Attempt attempt{.level = level};
    if (format.max_bytes == 0) {
        ONPUT_TRY(attempt.bytes, at_level(level));
    } else {
        ONPUT_TRY(attempt, best_within(format.max_bytes, level, at_level));
    }
    const std::uint32_t pages_kept = pages == 1 ? 1 : count_pages(attempt.bytes, format.type);
    return Encoded{.bytes = std::move(attempt.bytes),
                   .format = format.type,
                   .size = picture.size,
                   .pages = pages_kept,
                   .quality = levels.is_quality ? attempt.level : 0};
}

}  // namespace onput::image
