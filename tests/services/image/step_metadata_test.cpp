// strip, autorotate and what is told about a photo: EXIF stays where it may and goes where it must.
#include <gtest/gtest.h>

#include "tests/services/image/pictures.hpp"

namespace onput::image {
namespace {

using recipe::ImageFormat;

constexpr const char* make_field = "exif-ifd0-Make";
constexpr const char* gps_field = "exif-ifd3-GPSLatitude";
constexpr const char* profile_field = "icc-profile-data";

std::string photo_with_place(const std::string& suffix = ".jpg[Q=95]") {
    return encode_pixels(
        draw_scene({64, 48}),
        {.suffix = suffix,
         .exif = {{make_field, "Onput (Onput, ASCII, 6 components, 6 bytes)"},
                  {gps_field, "10/1 45/1 0/1 (10, 45,  0, Rational, 3 components, 24 bytes)"},
                  {"exif-ifd3-GPSLatitudeRef", "N (N, ASCII, 2 components, 2 bytes)"}}});
}

TEST(ImageMetadata, the_place_goes_and_the_camera_stays_without_being_told) {
    const std::string photo = photo_with_place();
    ASSERT_TRUE(has_metadata(photo, gps_field));
    for (const auto type : {ImageFormat::jpeg, ImageFormat::webp, ImageFormat::avif}) {
        const std::string made = make({recipe::FormatStep{.type = type}}, photo);
        EXPECT_FALSE(has_metadata(made, gps_field)) << recipe::extension_of(type);
        EXPECT_FALSE(has_metadata(made, "exif-ifd3-GPSLatitudeRef"));
        EXPECT_TRUE(metadata_of(made, make_field).starts_with("Onput"))
            << recipe::extension_of(type);
    }
}

TEST(ImageMetadata, the_place_stays_only_when_told) {
    const std::string made =
        make({recipe::StripStep{.exif = false, .gps = false}}, photo_with_place());
    EXPECT_TRUE(has_metadata(made, gps_field));
}

TEST(ImageMetadata, strip_takes_all_exif) {
    const std::string made = make({recipe::StripStep{}}, photo_with_place());
    EXPECT_FALSE(has_metadata(made, make_field));
    EXPECT_FALSE(has_metadata(made, gps_field));
    EXPECT_FALSE(has_metadata(made, "exif-data"));
}

TEST(ImageMetadata, facts_tell_the_camera_and_that_there_was_a_place) {
    const auto made = run(make_recipe({}), photo_with_place());
    ASSERT_TRUE(made) << made.error().message;
    const PhotoFacts& photo = made->result.photo;
    EXPECT_EQ(photo.exif.at("Make"), "Onput");
    EXPECT_TRUE(photo.has_gps);
    for (const auto& [name, value] : photo.exif) {
        EXPECT_EQ(name.find("GPS"), std::string::npos) << name << " " << value;
    }
    EXPECT_EQ(photo.format, "jpeg");
    EXPECT_EQ(photo.width, 64U);
    EXPECT_EQ(photo.bits, 8U);
    EXPECT_EQ(photo.bands, 3U);
    EXPECT_EQ(photo.color_space, "srgb");
}

// The scene as a photo stored so that its orientation turns it back upright.
struct Stored {
    std::uint32_t orientation;
    std::function<Color(const Pixels&, std::uint32_t, std::uint32_t)>
        shown;  // Upright, from stored.
};

TEST(ImageMetadata, each_orientation_is_turned_upright_and_said_no_more) {
    const Pixels stored = draw_scene({24, 16});
    const auto w = stored.size.width - 1;
    const auto h = stored.size.height - 1;
    using P = const Pixels&;
    using U = std::uint32_t;
    const std::vector<Stored> table{
        {1, [](P p, U x, U y) { return p.at(x, y); }},
        {2, [w](P p, U x, U y) { return p.at(w - x, y); }},
        {3, [w, h](P p, U x, U y) { return p.at(w - x, h - y); }},
        {4, [h](P p, U x, U y) { return p.at(x, h - y); }},
        {5, [](P p, U x, U y) { return p.at(y, x); }},
        {6, [h](P p, U x, U y) { return p.at(y, h - x); }},
        {7, [w, h](P p, U x, U y) { return p.at(w - y, h - x); }},
        {8, [w](P p, U x, U y) { return p.at(w - y, x); }},
    };
    for (const Stored& one : table) {
        const std::string photo =
            encode_pixels(stored, {.suffix = ".tif", .orientation = one.orientation});
        const auto made = run(make_recipe({as_png}), photo);
        ASSERT_TRUE(made) << made.error().message;
        const Size size = one.orientation < 5 ? Size{24, 16} : Size{16, 24};
        const Pixels upright = draw(size, 3, [&](U x, U y) { return one.shown(stored, x, y); });
        EXPECT_EQ(difference(decode_pixels(made->files.front()), upright), 0) << one.orientation;
        EXPECT_EQ(made->result.photo.orientation, one.orientation);
        EXPECT_EQ((Size{made->result.photo.width, made->result.photo.height}), size);
    }
}

TEST(ImageMetadata, an_upright_derivative_is_not_turned_again_by_its_reader) {
    const std::string photo =
        encode_pixels(draw_scene({64, 48}), {.suffix = ".jpg", .orientation = 6});
    ASSERT_EQ(metadata_of(photo, "orientation"), "6");
    const std::string made = make({recipe::FormatStep{}}, photo);
    EXPECT_EQ(decode_pixels(made).size, (Size{48, 64}));
    const std::string said = metadata_of(made, "orientation");
    EXPECT_TRUE(said.empty() || said == "1") << said;
}

TEST(ImageMetadata, a_derivative_left_as_stored_still_says_how_to_turn_it) {
    const std::string photo =
        encode_pixels(draw_scene({64, 48}), {.suffix = ".jpg", .orientation = 6});
    recipe::Recipe recipe = make_recipe({recipe::AutorotateStep{.enabled = false}});
    recipe.derivatives.push_back({.name = "upright", .steps = {recipe::ResizeStep{.width = 24}}});
    const auto made = run(recipe, photo);
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(decode_pixels(made->files[0]).size, (Size{64, 48}));
    EXPECT_EQ(metadata_of(made->files[0], "orientation"), "6");
    EXPECT_EQ(decode_pixels(made->files[1]).size, (Size{24, 32}));
}

TEST(ImageMetadata, a_profile_stays_with_its_pixels_or_both_change) {
    const Pixels flat = draw_flat({32, 32}, {200, 60, 40});
    const std::string photo = encode_pixels(flat, {.suffix = ".png", .profile = "p3"});
    const Pixels stored = decode_pixels(photo);
    ASSERT_GT(difference(stored, flat), 3);  // Display P3 writes the same colour in other numbers.

    const std::string kept = make({as_png}, photo);
    EXPECT_TRUE(has_metadata(kept, profile_field));
    EXPECT_EQ(difference(decode_pixels(kept), stored), 0);

    const std::string converted = make({recipe::StripStep{.profile = true}, as_png}, photo);
    EXPECT_FALSE(has_metadata(converted, profile_field));
    EXPECT_LE(difference(decode_pixels(converted), flat), 2);
}

TEST(ImageMetadata, facts_hold_at_most_so_many_fields) {
    EXPECT_LE(run(make_recipe({}), photo_with_place())->result.photo.exif.size(), 64U);
}

}  // namespace
}  // namespace onput::image
