// Any bytes as a photo: they become derivatives or a reason, in little memory and time.
#include <cstdint>
#include <string_view>

#include "common/base/check.hpp"
#include "services/image/transform.hpp"

namespace {

using namespace onput;

recipe::Recipe tiny_recipe() {
    recipe::Recipe recipe;
    recipe.limits = {.bytes = 1 << 16, .pixels = 1 << 16, .pages = 8};
    recipe.derivatives = {
        {.name = "small", .steps = {recipe::FitStep{.width = 16, .height = 16}}},
        {.name = "moving",
         .steps = {recipe::CropStep{.width = 8, .height = 8},
                   recipe::PixelateStep{.size = 2, .palette = 4},
                   recipe::FormatStep{.type = recipe::ImageFormat::gif}}},
        {.name = "kept", .steps = {recipe::StripStep{.exif = false, .gps = false}}}};
    return recipe;
}

}  // namespace

// GLib keeps its types for the life of the process, which a leak checker takes for leaks.
extern "C" const char* __asan_default_options() {  // NOLINT: the sanitizer's own name.
    return "detect_leaks=0";
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const bool loaded = image::load_image_library().has_value();
    ONPUT_CHECK(loaded);
    static const recipe::Recipe recipe = tiny_recipe();
    const std::string_view photo(reinterpret_cast<const char*>(data), size);
    const auto made = image::transform(recipe, photo, {});
    if (made) {
        ONPUT_CHECK(made->files.size() == recipe.derivatives.size());
    } else {
        ONPUT_CHECK(!made.error().message.empty());
    }
    return 0;
}
