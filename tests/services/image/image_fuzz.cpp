// A stranger's photo: it becomes derivatives or a reason, in little memory and time.
//
// The decoders are not instrumented, so nothing leads the fuzzer to them. Its bytes therefore say
// how to spoil a valid file: [which file][bytes cut off the end, 2][position, 2][bits, 1]... File 0
// is no file: the rest is the photo itself.
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>
#include <vips/vips.h>

#include "common/base/check.hpp"
#include "services/image/job.hpp"
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

std::string valid_file(VipsImage* image, const char* suffix) {
    void* data = nullptr;
    std::size_t size = 0;
    ONPUT_CHECK(vips_image_write_to_buffer(image, suffix, &data, &size, nullptr) == 0);
    const std::unique_ptr<void, void (*)(void*)> owner(data, g_free);
    return {static_cast<const char*>(data), size};
}

// Small files of every format that is read, with EXIF and two pages where the format has them.
std::vector<std::string> valid_files() {
    constexpr int side = 32;
    VipsImage* noise = nullptr;
    VipsImage* image = nullptr;
    ONPUT_CHECK(
        vips_gaussnoise(&noise, side, side, "mean", 128.0, "sigma", 40.0, "seed", 7, nullptr) == 0);
    const std::array<VipsImage*, 3> bands{noise, noise, noise};
    VipsImage* color = nullptr;
    ONPUT_CHECK(vips_bandjoin(const_cast<VipsImage**>(bands.data()), &color, 3, nullptr) == 0);
    ONPUT_CHECK(vips_cast_uchar(color, &image, nullptr) == 0);
    vips_image_set_int(image, VIPS_META_PAGE_HEIGHT, side / 2);
    vips_image_set_int(image, VIPS_META_ORIENTATION, 6);
    vips_image_set_string(image, "exif-ifd0-Make", "Onput (Onput, ASCII, 6 components, 6 bytes)");
    std::vector<std::string> files;
    for (const char* suffix :
         {".jpg", ".jpg[interlace]", ".png", ".png[interlace]", ".png[palette]", ".webp",
          ".webp[lossless]", ".gif", ".tif[compression=lzw]", ".tif[tile]", ".avif[effort=0]"}) {
        files.push_back(valid_file(image, suffix));
    }
    g_object_unref(image);
    g_object_unref(color);
    g_object_unref(noise);
    return files;
}

std::string spoiled(std::string file, std::string_view how) {
    const auto byte = [how](std::size_t at) { return static_cast<unsigned char>(how[at]); };
    if (how.size() >= 2) {
        const std::size_t cut = (byte(0) * 256U + byte(1)) % (file.size() + 1);
        // Half of all stay whole, or little else would be tried.
        if (byte(0) % 2 == 0) file.resize(file.size() - cut);
    }
    for (std::size_t at = 2; at + 3 <= how.size() && !file.empty(); at += 3) {
        const std::size_t place = (byte(at) * 256U + byte(at + 1)) % file.size();
        file[place] = static_cast<char>(file[place] ^ how[at + 2]);
    }
    return file;
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
    static const std::vector<std::string> files = valid_files();
    if (size == 0) return 0;
    const std::size_t which = data[0] % (files.size() + 1);
    const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
    const std::string photo = which == 0 ? std::string(rest) : spoiled(files[which - 1], rest);
    const auto made = image::transform(recipe, photo, {});
    if (made) {
        ONPUT_CHECK(made->files.size() == recipe.derivatives.size());
    } else {
        ONPUT_CHECK(!made.error().message.empty());
    }
    return 0;
}
