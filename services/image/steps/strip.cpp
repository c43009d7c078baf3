// strip: metadata that goes. The step notes what; dress() does it at the end.
#include <array>
#include <string>
#include <string_view>
#include <vector>
#include <vips/vips.h>

#include "services/image/steps/steps.hpp"

namespace onput::image {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view exif_prefix = "exif-";
constexpr std::string_view thumbnail_prefix = "exif-ifd1-";
constexpr std::string_view gps_prefix = "exif-ifd3-";
// The block that the encoders rewrite from the fields.
constexpr std::string_view exif_block = VIPS_META_EXIF_NAME;

// Free texts and XML that may name the place.
constexpr std::array place_blocks{std::string_view(VIPS_META_XMP_NAME),
                                  std::string_view(VIPS_META_IPTC_NAME),
                                  std::string_view(VIPS_META_PHOTOSHOP_NAME)};
constexpr std::array never{"jpeg-thumbnail-data"sv, "exif-ifd2-MakerNote"sv, "gif-palette"sv,
                           "heif-primary"sv, "png-comment"sv};
constexpr std::array of_moving_pictures{"delay"sv, "loop"sv, "gif-delay"sv, "gif-loop"sv};
constexpr std::array of_orientation{std::string_view(VIPS_META_ORIENTATION),
                                    "exif-ifd0-Orientation"sv};

template <typename List>
bool holds(const List& list, std::string_view name) {
    for (const std::string_view one : list) {
        if (one == name) return true;
    }
    return false;
}

bool goes(std::string_view name, const Picture& picture) {
    const recipe::StripStep& strip = picture.strip;
    if (holds(never, name) || name.starts_with(thumbnail_prefix)) return true;
    if (name.starts_with("png-comment"sv)) return true;
    if (holds(of_orientation, name)) return picture.is_upright || strip.exif;
    if (holds(place_blocks, name)) return strip.gps || strip.exif;
    if (name.starts_with(gps_prefix)) return strip.gps || strip.exif;
    if (name.starts_with(exif_prefix)) return strip.exif;
    return false;
}

bool is_wanted(std::string_view name, const Picture& picture) {
    const bool is_known = name.starts_with(exif_prefix) || holds(place_blocks, name) ||
                          holds(of_orientation, name) ||
                          (picture.pages.size() > 1 && holds(of_moving_pictures, name));
    return is_known && !goes(name, picture);
}

struct Dressing {
    VipsImage* image = nullptr;
    const Picture* picture = nullptr;
    std::vector<std::string> unwanted;

    static void* add(VipsImage* /*from*/, const char* name, GValue* value, void* self) {
        const auto* dressing = static_cast<Dressing*>(self);
        if (is_wanted(name, *dressing->picture)) {
            vips_image_set(dressing->image, name, value);
        }
        return nullptr;
    }
    static void* note_unwanted(VipsImage* /*from*/, const char* name, GValue* /*value*/,
                               void* self) {
        auto* dressing = static_cast<Dressing*>(self);
        const bool is_of_pages = name == std::string_view(VIPS_META_PAGE_HEIGHT) ||
                                 name == std::string_view(VIPS_META_N_PAGES) ||
                                 holds(of_moving_pictures, name);
        const bool is_still = dressing->picture->pages.size() == 1;
        if (goes(name, *dressing->picture) || (is_still && is_of_pages)) {
            dressing->unwanted.emplace_back(name);
        }
        return nullptr;
    }
};

}  // namespace

Result<void> apply(const recipe::StripStep& step, Picture& picture) {
    picture.strip = step;
    return {};
}

Result<Image> dress(const Image& image, const Picture& picture) {
    VipsImage* made = nullptr;
    if (vips_copy(image.get(), &made, nullptr) != 0) {
        return std::unexpected(vips_failure("copy metadata"));
    }
    Image dressed(made);
    Dressing dressing{.image = dressed.get(), .picture = &picture};
    vips_image_map(picture.metadata.get(), &Dressing::add, &dressing);
    vips_image_map(dressed.get(), &Dressing::note_unwanted, &dressing);
    for (const std::string& name : dressing.unwanted) {
        vips_image_remove(dressed.get(), name.c_str());
    }
    return dressed;
}

bool is_bare(const Picture& picture) {
    VipsImage* metadata = picture.metadata.get();
    const bool has_exif = vips_image_get_typeof(metadata, exif_block.data()) != 0;
    const bool has_blocks = vips_image_get_typeof(metadata, VIPS_META_XMP_NAME) != 0 ||
                            vips_image_get_typeof(metadata, VIPS_META_IPTC_NAME) != 0 ||
                            vips_image_get_typeof(metadata, VIPS_META_PHOTOSHOP_NAME) != 0;
    const bool keeps_exif = has_exif && !picture.strip.exif;
    const bool keeps_blocks = has_blocks && !picture.strip.gps && !picture.strip.exif;
    return !keeps_exif && !keeps_blocks && !picture.pages.front().has_profile();
}

}  // namespace onput::image
