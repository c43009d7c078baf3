#include "tests/services/image/pictures.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <vips/vips.h>

#include <gtest/gtest.h>

#include "common/base/check.hpp"
#include "common/base/encoding.hpp"

namespace onput::image {
namespace {

void load_once() {
    static const Result<void> loaded = load_image_library();
    ONPUT_CHECK(loaded.has_value());
}

using Handle = std::unique_ptr<VipsImage, void (*)(void*)>;

Handle own(VipsImage* image) {
    if (image == nullptr) ADD_FAILURE() << vips_error_buffer();
    return {image, [](void* object) { g_object_unref(object); }};
}

Pixels pixels_of(VipsImage* image) {
    std::size_t size = 0;
    void* data = vips_image_write_to_memory(image, &size);
    const std::unique_ptr<void, void (*)(void*)> owner(data, g_free);
    EXPECT_NE(data, nullptr) << vips_error_buffer();
    if (data == nullptr) return {};
    const auto* bytes = static_cast<const std::uint8_t*>(data);
    return {.size = {.width = static_cast<std::uint32_t>(vips_image_get_width(image)),
                     .height = static_cast<std::uint32_t>(vips_image_get_height(image))},
            .bands = static_cast<std::uint32_t>(vips_image_get_bands(image)),
            .bytes = std::vector<std::uint8_t>(bytes, bytes + size)};
}

Handle open_bytes(std::string_view bytes, const char* options) {
    return own(vips_image_new_from_buffer(bytes.data(), bytes.size(), options, nullptr));
}

Handle converted(Handle image, const Encoding& encoding) {
    VipsImage* made = nullptr;
    if (!encoding.color_space.empty()) {
        const auto space = static_cast<VipsInterpretation>(
            vips_enum_from_nick("test", VIPS_TYPE_INTERPRETATION, encoding.color_space.c_str()));
        EXPECT_EQ(vips_colourspace(image.get(), &made, space, nullptr), 0) << vips_error_buffer();
        image = own(made);
    }
    if (!encoding.profile.empty()) {
        EXPECT_EQ(vips_icc_transform(image.get(), &made, encoding.profile.c_str(), "input_profile",
                                     "srgb", nullptr),
                  0)
            << vips_error_buffer();
        image = own(made);
    }
    EXPECT_EQ(vips_copy(image.get(), &made, nullptr), 0);
    return own(made);
}

VipsInterpretation interpretation_of(std::uint32_t bands) {
    return bands <= 2 ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB;
}

std::string big_endian(std::uint32_t value, int bytes) {
    std::string text;
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
        text += static_cast<char>(static_cast<unsigned char>(value >> shift));
    }
    return text;
}

// Three numbers with 16 bits behind the point: the white of ICC's connection space.
std::string icc_white() {
    return big_endian(0xf6d6, 4) + big_endian(0x10000, 4) + big_endian(0xd32d, 4);
}

}  // namespace

std::string tiff_ramp(std::uint32_t bits, bool is_signed, std::uint32_t compression) {
    const auto little = [](std::uint32_t value, std::uint32_t bytes) {
        std::string text;
        for (std::uint32_t i = 0; i < bytes; ++i) {
            text += static_cast<char>(static_cast<unsigned char>(value >> (8 * i)));
        }
        return text;
    };
    std::string samples;
    for (std::uint32_t x = 0; x < 256; ++x) {
        const std::string top = little(x, 1);
        for (std::uint32_t i = 0; i < bits / 8; ++i) samples += top;
    }
    constexpr std::uint32_t head_bytes = 8;
    const auto bytes = static_cast<std::uint32_t>(samples.size());
    const std::vector<std::pair<std::uint32_t, std::uint32_t>> tags{
        {256, 256},        {257, 1}, {258, bits}, {259, compression}, {262, 1},
        {273, head_bytes}, {277, 1}, {278, 1},    {279, bytes},       {339, is_signed ? 2 : 1}};
    constexpr std::uint32_t type_long = 4;
    std::string file = "II*" + std::string(1, '\0') + little(head_bytes + bytes, 4) + samples +
                       little(static_cast<std::uint32_t>(tags.size()), 2);
    for (const auto& [tag, value] : tags) {
        file += little(tag, 2) + little(type_long, 2) + little(1, 4) + little(value, 4);
    }
    return file + little(0, 4);
}

std::string gray_profile(double gamma) {
    constexpr std::size_t head_bytes = 128;
    constexpr std::size_t tag_bytes = 12;
    // libpng takes no profile for one that compresses too well.
    std::string words = "text" + std::string(4, '\0');
    for (int i = 0; i < 80; ++i) words += std::to_string(i * 7919);
    words.resize(words.size() / 4 * 4);
    const std::array<std::pair<std::string, std::string>, 3> tags{
        {{"cprt", words},
         {"wtpt", "XYZ " + std::string(4, '\0') + icc_white()},
         {"kTRC", "curv" + std::string(4, '\0') + big_endian(1, 4) +
                      big_endian(static_cast<std::uint32_t>(gamma * 256), 2) +
                      std::string(2, '\0')}}};
    std::string table = big_endian(tags.size(), 4);
    std::string data;
    for (const auto& [name, value] : tags) {
        const std::size_t at = head_bytes + 4 + tag_bytes * tags.size() + data.size();
        table += name + big_endian(static_cast<std::uint32_t>(at), 4) +
                 big_endian(static_cast<std::uint32_t>(value.size()), 4);
        data += value;
    }
    const std::size_t all = head_bytes + table.size() + data.size();
    std::string head = big_endian(static_cast<std::uint32_t>(all), 4) + std::string(4, '\0') +
                       big_endian(0x02100000, 4) + "prtrGRAYXYZ " + std::string(12, '\0') + "acsp" +
                       std::string(28, '\0') + icc_white();
    head.resize(head_bytes);
    return head + table + data;
}

Color Pixels::at(std::uint32_t x, std::uint32_t y) const {
    const std::uint8_t* pixel = &bytes[(std::size_t{y} * size.width + x) * bands];
    if (bands <= 2) {
        return {.red = pixel[0],
                .green = pixel[0],
                .blue = pixel[0],
                .alpha = bands == 2 ? pixel[1] : std::uint8_t{255}};
    }
    return {.red = pixel[0],
            .green = pixel[1],
            .blue = pixel[2],
            .alpha = bands == 4 ? pixel[3] : std::uint8_t{255}};
}

Pixels draw(Size size, std::uint32_t bands, const ColorAt& color_at) {
    Pixels pixels{.size = size, .bands = bands};
    for (std::uint32_t y = 0; y < size.height; ++y) {
        for (std::uint32_t x = 0; x < size.width; ++x) {
            const Color color = color_at(x, y);
            const std::array values{color.red, color.green, color.blue, color.alpha};
            const std::array gray{color.red, color.alpha};
            if (bands <= 2) {
                pixels.bytes.insert(pixels.bytes.end(), gray.begin(), gray.begin() + bands);
            } else {
                pixels.bytes.insert(pixels.bytes.end(), values.begin(), values.begin() + bands);
            }
        }
    }
    return pixels;
}

Pixels draw_scene(Size size, std::uint32_t bands) {
    std::uint32_t noise = 12345;
    return draw(size, bands, [&](std::uint32_t x, std::uint32_t y) -> Color {
        noise = noise * 1664525 + 1013904223;
        const bool inside = (x * 7 / size.width + y * 5 / size.height) % 2 == 0;
        const auto grain = static_cast<std::uint8_t>(noise >> 28);
        return {.red = static_cast<std::uint8_t>(200 * x / size.width + grain),
                .green = static_cast<std::uint8_t>(200 * y / size.height + grain),
                .blue = static_cast<std::uint8_t>((inside ? 180 : 40) + grain),
                .alpha = static_cast<std::uint8_t>(inside ? 255 : 128)};
    });
}

Pixels draw_flat(Size size, Color color, std::uint32_t bands) {
    Pixels pixels =
        draw({size.width, 1}, bands, [color](std::uint32_t, std::uint32_t) { return color; });
    const std::vector<std::uint8_t> row = pixels.bytes;
    pixels.size.height = size.height;
    pixels.bytes.reserve(row.size() * size.height);
    for (std::uint32_t y = 1; y < size.height; ++y) {
        pixels.bytes.insert(pixels.bytes.end(), row.begin(), row.end());
    }
    return pixels;
}

std::string encode_pixels(const Pixels& pixels, const Encoding& encoding) {
    load_once();
    Handle image = own(vips_image_new_from_memory_copy(
        pixels.bytes.data(), pixels.bytes.size(), static_cast<int>(pixels.size.width),
        static_cast<int>(pixels.size.height), static_cast<int>(pixels.bands), VIPS_FORMAT_UCHAR));
    VipsImage* made = nullptr;
    EXPECT_EQ(vips_copy(image.get(), &made, "interpretation",
                        encoding.inks ? VIPS_INTERPRETATION_CMYK : interpretation_of(pixels.bands),
                        nullptr),
              0);
    image = converted(own(made), encoding);
    if (encoding.pages > 1) {
        vips_image_set_int(image.get(), VIPS_META_PAGE_HEIGHT,
                           static_cast<int>(pixels.size.height / encoding.pages));
    }
    if (encoding.orientation != 1) {
        vips_image_set_int(image.get(), VIPS_META_ORIENTATION,
                           static_cast<int>(encoding.orientation));
    }
    for (const auto& [name, value] : encoding.exif) {
        vips_image_set_string(image.get(), name.c_str(), value.c_str());
    }
    if (!encoding.icc.empty()) {
        vips_image_set_blob_copy(image.get(), VIPS_META_ICC_NAME, encoding.icc.data(),
                                 encoding.icc.size());
    }
    void* data = nullptr;
    std::size_t size = 0;
    EXPECT_EQ(
        vips_image_write_to_buffer(image.get(), encoding.suffix.c_str(), &data, &size, nullptr), 0)
        << vips_error_buffer();
    const std::unique_ptr<void, void (*)(void*)> owner(data, g_free);
    return data == nullptr ? std::string() : std::string(static_cast<const char*>(data), size);
}

Pixels decode_pixels(std::string_view bytes) {
    load_once();
    const bool moves = bytes.starts_with("GIF8") || bytes.substr(0, 16).ends_with("WEBPVP8X");
    const Handle image = open_bytes(bytes, moves ? "[n=-1]" : "");
    return image ? pixels_of(image.get()) : Pixels();
}

Pixels vips_thumbnail(std::string_view bytes, int width, int height) {
    load_once();
    VipsImage* made = nullptr;
    void* data = const_cast<char*>(bytes.data());
    EXPECT_EQ(vips_thumbnail_buffer(data, bytes.size(), &made, width, "height", height, "size",
                                    VIPS_SIZE_DOWN, nullptr),
              0)
        << vips_error_buffer();
    return pixels_of(own(made).get());
}

std::string metadata_of(std::string_view bytes, const std::string& name) {
    load_once();
    const Handle image = open_bytes(bytes, "");
    if (vips_image_get_typeof(image.get(), name.c_str()) == 0) return {};
    char* text = nullptr;
    EXPECT_EQ(vips_image_get_as_string(image.get(), name.c_str(), &text), 0);
    const std::unique_ptr<char, void (*)(void*)> owner(text, g_free);
    return text;
}

bool has_metadata(std::string_view bytes, const std::string& name) {
    load_once();
    const Handle image = open_bytes(bytes, "");
    return vips_image_get_typeof(image.get(), name.c_str()) != 0;
}

int difference(const Pixels& a, const Pixels& b) {
    if (a.size != b.size || a.bands != b.bands) return 999;
    int most = 0;
    for (std::size_t i = 0; i < a.bytes.size(); ++i) {
        most = std::max(most, std::abs(a.bytes[i] - b.bytes[i]));
    }
    return most;
}

double mean_difference(const Pixels& a, const Pixels& b) {
    if (a.size != b.size || a.bands != b.bands || a.bytes.empty()) return 999;
    double sum = 0;
    for (std::size_t i = 0; i < a.bytes.size(); ++i) sum += std::abs(a.bytes[i] - b.bytes[i]);
    return sum / static_cast<double>(a.bytes.size());
}

std::string from_digits(std::string_view digits) {
    auto bytes = from_hex(digits);
    EXPECT_TRUE(bytes);
    return bytes.value_or(std::string());
}

std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

recipe::Recipe make_recipe(std::vector<recipe::Step> steps) {
    recipe::Recipe recipe;
    recipe.derivatives.push_back({.name = "it", .steps = std::move(steps)});
    return recipe;
}

Result<Transformed> run(const recipe::Recipe& recipe, std::string_view photo,
                        Watermarks::Objects watermarks) {
    load_once();
    return transform(recipe, photo, std::move(watermarks));
}

std::string make(std::vector<recipe::Step> steps, std::string_view photo,
                 Watermarks::Objects watermarks) {
    auto transformed = run(make_recipe(std::move(steps)), photo, std::move(watermarks));
    EXPECT_TRUE(transformed) << transformed.error().message;
    return transformed ? transformed->files.front() : std::string();
}

recipe::WatermarkStep text_mark(std::string text) {
    recipe::WatermarkStep step;
    step.text = std::move(text);
    return step;
}

Error refused(const recipe::Recipe& recipe, std::string_view photo,
              Watermarks::Objects watermarks) {
    const auto transformed = run(recipe, photo, std::move(watermarks));
    EXPECT_FALSE(transformed) << "it was taken";
    return transformed ? Error() : transformed.error();
}

}  // namespace onput::image
