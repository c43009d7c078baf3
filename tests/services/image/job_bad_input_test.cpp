// Hostile and broken uploads: each has a clear end, and says what was wrong and where.
#include <gtest/gtest.h>

#include "tests/services/image/pictures.hpp"

namespace onput::image {
namespace {

using namespace std::string_literals;

const recipe::Recipe thumbnail =
    make_recipe({recipe::FitStep{.width = 32, .height = 32}, recipe::FormatStep{}});

std::string big_endian(std::uint32_t value) {
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) {
        bytes += static_cast<char>(static_cast<unsigned char>(value >> shift));
    }
    return bytes;
}

// CRC-32 as PNG has it, bit by bit.
std::uint32_t png_crc(std::string_view bytes) {
    std::uint32_t crc = 0xffffffff;
    for (const char c : bytes) {
        crc ^= static_cast<unsigned char>(c);
        for (int i = 0; i < 8; ++i) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb88320U : 0U);
    }
    return ~crc;
}

std::string png_chunk(const std::string& type, const std::string& data) {
    return big_endian(static_cast<std::uint32_t>(data.size())) + type + data +
           big_endian(png_crc(type + data));
}

// A PNG whose header claims a size; its pixels need not be there.
std::string png_that_claims(Size size) {
    return "\x89PNG\r\n\x1a\n"s +
           png_chunk("IHDR", big_endian(size.width) + big_endian(size.height) + "\x08\x02\0\0\0"s) +
           png_chunk("IDAT", "x") + png_chunk("IEND", "");
}

TEST(ImageBadInput, a_bomb_is_refused_by_its_header) {
    const Error error = refused(thumbnail, png_that_claims({40'000, 40'000}));
    EXPECT_EQ(error.code, ErrorCode::invalid_argument);
    EXPECT_EQ(error.reason, "too_many_pixels");
    EXPECT_EQ(error.message, "it has 40,000 x 40,000 pixels; 100,000,000 in all are allowed");
}

TEST(ImageBadInput, a_size_beyond_all_counting_is_refused) {
    const Error error = refused(thumbnail, png_that_claims({2'000'000'000, 2'000'000'000}));
    EXPECT_EQ(error.code, ErrorCode::invalid_argument);
    EXPECT_TRUE(error.reason == "too_many_pixels" || error.reason == "damaged") << error.reason;
}

TEST(ImageBadInput, what_is_no_image_is_refused) {
    EXPECT_EQ(refused(thumbnail, "").reason, "not_an_image");
    EXPECT_EQ(refused(thumbnail, "This is a text named photo.jpg").reason, "not_an_image");
    EXPECT_EQ(refused(thumbnail, "<svg xmlns='http://www.w3.org/2000/svg'><rect/></svg>").reason,
              "unsupported_format");
}

TEST(ImageBadInput, too_many_bytes_are_refused_unread) {
    recipe::Recipe recipe = thumbnail;
    const std::string photo = encode_pixels(draw_scene({40, 30}));
    recipe.limits.bytes = photo.size() - 1;
    EXPECT_EQ(refused(recipe, photo).reason, "too_many_bytes");
    recipe.limits.bytes = photo.size();
    EXPECT_TRUE(run(recipe, photo));
}

// A moving picture beyond the limits of all its pages, and what is asked of it.
class TooManyPages : public testing::Test {
protected:
    TooManyPages() {
        recipe.derivatives.push_back({.name = "still", .steps = thumbnail.derivatives[0].steps});
        recipe.derivatives.push_back(
            {.name = "moving", .steps = {recipe::FormatStep{.type = recipe::ImageFormat::webp}}});
        recipe.limits.pages = 5;
    }

    recipe::Recipe recipe;
    const std::string photo = encode_pixels(draw_scene({20, 60}), {.suffix = ".gif", .pages = 6});
};

TEST_F(TooManyPages, are_refused_where_only_moving_pictures_are_asked_for) {
    recipe.derivatives.erase(recipe.derivatives.begin());
    const Error error = refused(recipe, photo);
    EXPECT_EQ(error.reason, "too_many_pages");
    EXPECT_EQ(error.message, "it has 6 pages; 5 are allowed");
    recipe.limits = {.pixels = 1199};
    EXPECT_EQ(refused(recipe, photo).reason, "too_many_pixels");
}

TEST_F(TooManyPages, become_a_still_of_the_first_page_where_one_is_asked_for) {
    for (const recipe::Limits& limits :
         {recipe::Limits{.pages = 5}, recipe::Limits{.pixels = 1199}}) {
        recipe.limits = limits;
        const auto made = run(recipe, photo);
        ASSERT_TRUE(made) << made.error().message;
        ASSERT_EQ(made->files.size(), 1U);
        EXPECT_EQ(made->files.front(), run(thumbnail, photo)->files.front());
        ASSERT_EQ(made->result.omitted.size(), 1U);
        const OmittedDerivative& moving = made->result.omitted.front();
        EXPECT_EQ(moving.name, "moving");
        EXPECT_EQ(moving.reason, limits.pages == 5 ? "too_many_pages" : "too_many_pixels");
        EXPECT_EQ(made->result.photo.pages, 6U);
    }
}

TEST_F(TooManyPages, do_not_excuse_a_first_page_beyond_the_limits) {
    recipe.limits = {.pixels = 199};
    EXPECT_EQ(refused(recipe, photo).reason, "too_many_pixels");
}

TEST_F(TooManyPages, do_not_count_where_only_one_is_ever_decoded) {
    const auto made = run(recipe, encode_pixels(draw_scene({20, 60}), {".tif", 6}));
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(made->files.size(), 2U);
}

// 1200 x 20000 pixels were enough for the shipped recipe; WebP has sides of 16383 at most.
TEST(ImageBadInput, a_derivative_that_cannot_be_is_named_and_the_others_are_made) {
    recipe::Recipe recipe;
    const recipe::FormatStep webp{.type = recipe::ImageFormat::webp};
    const recipe::FormatStep tiny{.max_bytes = 256};
    recipe.derivatives = {{.name = "first", .steps = {recipe::FitStep{.width = 32, .height = 32}}},
                          {.name = "tall", .steps = {webp}},
                          {.name = "tiny", .steps = {tiny}},
                          {.name = "last", .steps = {recipe::FitStep{.width = 16, .height = 32}}}};
    const auto made = run(recipe, encode_pixels(draw_scene({60, 20'000}), {.suffix = ".jpg"}));
    ASSERT_TRUE(made) << made.error().message;
    ASSERT_EQ(made->files.size(), 2U);
    EXPECT_EQ(made->result.derivatives[0].name, "first");
    EXPECT_EQ(made->result.derivatives[1].name, "last");
    ASSERT_EQ(made->result.omitted.size(), 2U);
    EXPECT_EQ(made->result.omitted[0],
              (OmittedDerivative{.name = "tall",
                                 .reason = "bad_recipe",
                                 .message = "format: webp holds sides of 16383 pixels at most, and "
                                            "this has 60x20000"}));
    EXPECT_EQ(made->result.omitted[1].name, "tiny");
}

TEST(ImageBadInput, a_jpeg_named_by_nothing_but_its_bytes_is_taken) {
    EXPECT_TRUE(run(thumbnail, encode_pixels(draw_scene({40, 30}), {.suffix = ".jpg"})));
}

struct Cut {
    std::string suffix;
    std::uint32_t pages = 1;
};

const std::vector<Cut> cuts{{".jpg[Q=90]"},
                            {".jpg[Q=90,interlace]"},
                            {".png"},
                            {".png[interlace]"},
                            {".webp"},
                            {".webp[lossless]"},
                            {".gif"},
                            {".gif", 4},
                            {".webp", 4},
                            {".tif"},
                            {".tif[compression=lzw]"},
                            {".avif"}};

std::string whole_file(const Cut& cut) {
    return encode_pixels(draw_scene({320, 240}), {.suffix = cut.suffix, .pages = cut.pages});
}

TEST(ImageBadInput, a_file_cut_anywhere_is_damaged) {
    for (const Cut& cut : cuts) {
        const std::string whole = whole_file(cut);
        ASSERT_TRUE(run(thumbnail, whole)) << cut.suffix;
        for (const int percent : {10, 50, 90}) {
            const std::string part =
                whole.substr(0, whole.size() * static_cast<std::size_t>(percent) / 100);
            const auto made = run(thumbnail, part);
            ASSERT_FALSE(made) << cut.suffix << " at " << percent << " %";
            EXPECT_EQ(made.error().reason, "damaged") << made.error().message;
            EXPECT_EQ(made.error().code, ErrorCode::invalid_argument);
        }
    }
}

TEST(ImageBadInput, a_photo_that_nothing_is_made_of_is_decoded_all_the_same) {
    const std::string whole = whole_file({".jpg[Q=90]"});
    EXPECT_TRUE(run({}, whole));
    EXPECT_EQ(refused({}, whole.substr(0, whole.size() / 2)).reason, "damaged");
}

TEST(ImageBadInput, a_cut_jpeg_says_where_it_ends) {
    const std::string whole = encode_pixels(draw_scene({400, 2400}), {.suffix = ".jpg[Q=90]"});
    const Error error = refused(thumbnail, whole.substr(0, whole.size() / 2));
    const std::string says = "the jpeg is damaged: ";
    ASSERT_TRUE(error.message.starts_with(says)) << error.message;
    const std::size_t at = error.message.find("at about line 1,");
    EXPECT_NE(at, std::string::npos) << error.message;
    EXPECT_TRUE(error.message.ends_with(" of 2,400")) << error.message;
}

TEST(ImageBadInput, a_flipped_bit_ends_in_a_picture_or_in_a_reason) {
    for (const Cut& cut : cuts) {
        const std::string whole = whole_file(cut);
        for (std::size_t i = 0; i < 60; ++i) {
            std::string bad = whole;
            const std::size_t at = (i * 7919 + 13) % bad.size();
            bad[at] = static_cast<char>(bad[at] ^ (1 << (i % 8)));
            const auto made = run(thumbnail, bad);
            if (made) continue;
            EXPECT_EQ(made.error().code, ErrorCode::invalid_argument)
                << cut.suffix << " at " << at << ": " << made.error().message;
            EXPECT_EQ(made.error().message.find('/'), std::string::npos) << made.error().message;
        }
    }
}

TEST(ImageBadInput, a_flipped_bit_in_the_pixels_of_a_png_is_noticed) {
    const std::string whole = whole_file({".png"});
    const std::size_t begin = whole.find("IDAT") + 4;
    for (std::size_t at = begin; at + 20 < whole.size(); at += whole.size() / 50) {
        std::string bad = whole;
        bad[at] = static_cast<char>(bad[at] ^ 16);
        const Error error = refused(thumbnail, bad);
        EXPECT_EQ(error.reason, "damaged") << at;
        EXPECT_NE(error.message.find("libpng read error ("), std::string::npos) << error.message;
    }
}

TEST(ImageBadInput, a_tiff_that_the_library_has_not_learnt_is_unsupported_and_not_damaged) {
    struct Unknown {
        std::uint32_t bits;
        std::uint32_t compression;
        std::string says;
    };
    for (const Unknown& unknown :
         {Unknown{8, 9999, "Compression scheme 9999 strip decoding is not implemented"},
          Unknown{8, 34892, "Compression scheme 34892 strip decoding is not implemented"},
          Unknown{64, 1, "samples out of range"}}) {
        const Error error = refused(thumbnail, tiff_ramp(unknown.bits, false, unknown.compression));
        EXPECT_EQ(error.reason, "unsupported_format") << error.message;
        EXPECT_EQ(error.message.find("the tiff is of a kind that is not read: " + unknown.says), 0U)
            << error.message;
    }
}

// Wherever it is broken.
TEST(ImageBadInput, the_reason_of_a_broken_png_is_never_empty) {
    for (const char* suffix : {".png", ".png[interlace]", ".png[palette]"}) {
        const std::string whole = encode_pixels(draw_scene({24, 18}), {.suffix = suffix});
        for (std::size_t at = 8; at < whole.size(); ++at) {
            std::string flipped = whole;
            flipped[at] = static_cast<char>(flipped[at] ^ 0x21);
            for (const std::string& bad : {whole.substr(0, at), flipped}) {
                const auto made = run(thumbnail, bad);
                if (made) continue;
                const std::string& says = made.error().message;
                EXPECT_GT(says.size(), std::string("the png is damaged: ").size() + 4) << at;
                EXPECT_EQ(says.find("gives no reason"), std::string::npos) << at << ": " << says;
                EXPECT_EQ(says.find(": ,"), std::string::npos) << at << ": " << says;
                EXPECT_EQ(says.find("()"), std::string::npos) << at << ": " << says;
            }
        }
    }
}

// As some phones write them: the decoder warns of "extraneous bytes before marker", and has it all.
TEST(ImageBadInput, a_jpeg_of_which_the_decoder_only_warns_is_a_photo) {
    for (const char* suffix : {".jpg[Q=90]", ".jpg[Q=90,interlace]"}) {
        std::string photo = encode_pixels(draw_scene({640, 480}), {.suffix = suffix});
        photo.insert(photo.size() - 2, std::string(4, '\0'));  // Before the end-of-image marker.
        const auto made = run(thumbnail, photo);
        EXPECT_TRUE(made.has_value()) << suffix << ": " << made.error().message;
    }
}

// JPEG has no checksum: a flipped bit is another picture. Whatever the scale, the verdict is one.
TEST(ImageBadInput, a_thumbnail_refuses_no_jpeg_that_a_full_decode_takes) {
    const recipe::Recipe full = make_recipe({recipe::FormatStep{}});
    const recipe::Recipe small = make_recipe({recipe::FitStep{.width = 20, .height = 20}});
    for (const char* suffix : {".jpg[Q=90]", ".jpg[Q=90,interlace]"}) {
        const std::string whole = encode_pixels(draw_scene({640, 480}), {.suffix = suffix});
        for (std::size_t i = 0; i < 100; ++i) {
            std::string bad = whole;
            const std::size_t at = 700 + (i * 104'729) % (bad.size() - 702);
            bad[at] = static_cast<char>(bad[at] ^ (1 << (i % 8)));
            EXPECT_TRUE(!run(full, bad).has_value() || run(small, bad).has_value())
                << suffix << " at " << at;
        }
    }
}

TEST(ImageBadInput, the_smallest_and_the_longest_photos_pass) {
    for (const Size size : {Size{1, 1}, Size{30'000, 1}, Size{1, 30'000}, Size{2, 3}}) {
        for (const char* suffix : {".png", ".jpg"}) {
            const auto made = run(thumbnail, encode_pixels(draw_scene(size), {.suffix = suffix}));
            ASSERT_TRUE(made) << made.error().message;
            const DerivativeResult& result = made->result.derivatives.front();
            EXPECT_EQ(result.width, std::min(size.width, 32U));
            EXPECT_EQ(result.height, std::min(size.height, 32U));
        }
    }
}

TEST(ImageBadInput, a_photo_at_the_limit_passes_and_a_pixel_more_does_not) {
    recipe::Recipe recipe = thumbnail;
    recipe.limits.pixels = 100 * 50;
    EXPECT_TRUE(run(recipe, encode_pixels(draw_scene({100, 50}))));
    EXPECT_EQ(refused(recipe, encode_pixels(draw_scene({101, 50}))).reason, "too_many_pixels");
}

TEST(ImageBadInput, bytes_after_the_end_do_no_harm) {
    for (const Cut& cut : cuts) {
        const auto made = run(thumbnail, whole_file(cut) + std::string(1000, 'x'));
        EXPECT_TRUE(made) << cut.suffix << ": " << made.error().message;
    }
}

}  // namespace
}  // namespace onput::image
