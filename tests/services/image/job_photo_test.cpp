// Real photos, from Debian packages where they are installed: through all steps, against libvips's
// own thumbnailer.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>

#include "tests/services/image/pictures.hpp"

namespace onput::image {
namespace {

// 80 x 40 pixels of avifenc, whose left half is red: with a rotation of its own by three quarters,
// after which EXIF's, by one quarter, must not come on top.
constexpr std::string_view turned_avif =
    "00000020667479706176696600000000617669666d6966316d6961664d4131420000013d6d657461000000000000"
    "002868646c720000000000000000706963740000000000000000000000006c696261766966000000000e7069746d"
    "0000000000010000002c696c6f630000000044000002000100000001000001830000003800020000000100000165"
    "0000001e0000004169696e660000000000020000001a696e6665020000000001000061763031436f6c6f72000000"
    "0019696e666502000000000200004578696645786966000000001a69726566000000000000000e63647363000200"
    "0100010000007469707270000000546970636f000000146973706500000000000000500000002800000010706978"
    "6900000000030808080000000c6176314381000c0000000013636f6c726e636c780001000d000680000000096972"
    "6f74030000001869706d61000000000000000100010501028304850000005e6d646174000000004d4d002a000000"
    "0800010112000300000001000600000000000012000a09181967cec1010d0684322944c800c30c30a0b45f16e7f9"
    "8c88aa1c909f5b63f47eb4cbbe4e2f45291efbb4377c9358859ba3b376";

namespace fs = std::filesystem;

// libvips-doc, libdlib19.1 (faces, dogs) and golang-github-rwcarlsen-goexif-dev (cameras, places,
// all orientations).
constexpr std::array<const char*, 4> folders{
    "/usr/share/gtk-doc/html/libvips",
    "/usr/share/doc/libdlib19.1/examples/faces",
    "/usr/share/gocode/src/github.com/rwcarlsen/goexif/exif",
    "/usr/share/gocode/src/github.com/rwcarlsen/goexif/exif/samples",
};

std::vector<std::string> find_photos() {
    std::vector<std::string> roots(folders.begin(), folders.end());
    // Where they were unpacked without being installed: a folder that holds "usr/...".
    if (const char* elsewhere = std::getenv("ONPUT_TEST_PHOTOS"); elsewhere != nullptr) {
        for (const char* folder : folders) roots.push_back(std::string(elsewhere) + folder);
    }
    std::vector<std::string> photos;
    for (const std::string& root : roots) {
        std::error_code none;
        for (const auto& entry : fs::directory_iterator(root, none)) {
            // Those named "sep" are headers without a photo.
            const bool is_header = entry.path().filename().string().contains("-sep-");
            if (entry.path().extension() == ".jpg" && !is_header) photos.push_back(entry.path());
        }
    }
    std::ranges::sort(photos);
    return photos;
}

class ImageRealPhotos : public testing::Test {
protected:
    void SetUp() override {
        photos = find_photos();
        if (photos.empty()) GTEST_SKIP() << "no photos are installed: libdlib19.1 has some";
    }
    std::vector<std::string> photos;
};

recipe::Recipe all_steps() {
    using enum recipe::ImageFormat;
    recipe::Recipe recipe;
    recipe.derivatives = {
        {.name = "thumbnail", .steps = {recipe::FitStep{.width = 160, .height = 160}, as_png}},
        {.name = "web",
         .steps = {recipe::ResizeStep{.width = 640},
                   recipe::FormatStep{.type = webp, .max_bytes = 60'000}}},
        {.name = "tile",
         .steps = {recipe::FillStep{
                       .width = 64, .height = 64, .focus = recipe::CropFocus::attention},
                   recipe::FormatStep{.type = avif}}},
        {.name = "marked",
         .steps = {recipe::FitStep{.width = 320, .height = 320}, text_mark("(c) Onput")}},
        {.name = "retro",
         .steps = {recipe::FitStep{.width = 320, .height = 320},
                   recipe::PixelateStep{.size = 8, .palette = 16},
                   recipe::FormatStep{.type = gif}}},
        {.name = "print",
         .steps = {recipe::RotateStep{.degrees = 5},
                   recipe::CropStep{
                       .focus = recipe::CropFocus::entropy, .width = 120, .height = 80},
                   recipe::GrayscaleStep{}, recipe::StripStep{}}},
    };
    return recipe;
}

TEST_F(ImageRealPhotos, pass_through_all_steps) {
    const recipe::Recipe recipe = all_steps();
    for (const std::string& path : photos) {
        const auto made = run(recipe, read_file(path));
        ASSERT_TRUE(made) << path << ": " << made.error().message;
        ASSERT_EQ(made->files.size(), recipe.derivatives.size());
        for (std::size_t i = 0; i < made->files.size(); ++i) {
            const DerivativeResult& result = made->result.derivatives[i];
            EXPECT_EQ(decode_pixels(made->files[i]).size, (Size{result.width, result.height}))
                << path << " " << result.name;
            EXPECT_FALSE(has_metadata(made->files[i], "exif-ifd3-GPSLatitude")) << path;
        }
    }
}

TEST_F(ImageRealPhotos, have_the_thumbnails_that_libvips_makes) {
    for (const std::string& path : photos) {
        const std::string photo = read_file(path);
        const auto made = run(make_recipe({recipe::FitStep{.width = 160, .height = 160},
                                           recipe::StripStep{.profile = true}, as_png}),
                              photo);
        ASSERT_TRUE(made) << path << ": " << made.error().message;
        const Pixels ours = decode_pixels(made->files.front());
        const Pixels theirs = vips_thumbnail(photo, 160, 160);
        if (made->result.photo.has_profile) continue;
        EXPECT_NEAR(ours.size.width, theirs.size.width, 1) << path;
        EXPECT_NEAR(ours.size.height, theirs.size.height, 1) << path;
        if (ours.size == theirs.size) {
            EXPECT_LE(mean_difference(ours, theirs), 2.0) << path;
        }
    }
}

TEST_F(ImageRealPhotos, tell_their_cameras) {
    const auto sample = std::ranges::find_if(
        photos, [](const std::string& path) { return path.ends_with("/exif/sample1.jpg"); });
    if (sample == photos.end()) {
        GTEST_SKIP() << "golang-github-rwcarlsen-goexif-dev is not installed";
    }
    const auto made = run(make_recipe({}), read_file(*sample));
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(made->result.photo.exif.at("Make"), "NIKON CORPORATION");
    EXPECT_EQ(made->result.photo.exif.at("Model"), "NIKON D2H");
}

TEST(ImageOwnRotation, of_a_heif_is_applied_once) {
    const std::string photo = from_digits(turned_avif);
    for (const bool upright : {true, false}) {
        for (const char* type : {"jpg", "png"}) {
            const recipe::FormatStep format{.type = type == std::string("jpg")
                                                        ? recipe::ImageFormat::jpeg
                                                        : recipe::ImageFormat::png};
            const auto made =
                run(make_recipe({recipe::AutorotateStep{.enabled = upright}, format}), photo);
            ASSERT_TRUE(made) << made.error().message;
            EXPECT_EQ((Size{made->result.photo.width, made->result.photo.height}), (Size{40, 80}));
            EXPECT_EQ(made->result.photo.orientation, 1U);
            const Pixels pixels = decode_pixels(made->files.front());
            ASSERT_EQ(pixels.size, (Size{40, 80}));
            EXPECT_GT(pixels.at(20, 10).red, 200);
            EXPECT_GT(pixels.at(20, 70).blue, 200);
            const std::string told = metadata_of(made->files.front(), "orientation");
            EXPECT_TRUE(told.empty() || told == "1") << told;
            const std::string exif =
                metadata_of(made->files.front(), "exif-ifd0-Orientation").substr(0, 1);
            EXPECT_TRUE(exif.empty() || exif == "1") << exif;
        }
    }
}

}  // namespace
}  // namespace onput::image
