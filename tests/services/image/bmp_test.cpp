// BMP: every version of its header, and pixels that come in its odd orders.
#include "services/image/bmp.hpp"

#include <gtest/gtest.h>

#include "tests/services/image/pictures.hpp"

namespace onput::image {
namespace {

std::string little(std::uint32_t value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i) {
        text += static_cast<char>(static_cast<unsigned char>(value >> (8 * i)));
    }
    return text;
}

struct Form {
    std::uint32_t header_bytes = 40;
    std::uint32_t bits = 24;
    bool from_top = false;
    std::uint32_t alpha = 0;  // Of each pixel.
};

const Size size{3, 2};

// Red, green, blue above; black, grey, white below.
Color color_at(std::uint32_t x, std::uint32_t y) {
    const auto full = [x](std::uint32_t at) -> std::uint8_t { return x == at ? 255 : 0; };
    if (y == 0) return {full(0), full(1), full(2)};
    const auto gray = static_cast<std::uint8_t>(x * 127);
    return {gray, gray, gray};
}

std::string bmp(const Form& form) {
    std::string rows;
    for (std::uint32_t line = 0; line < size.height; ++line) {
        const std::uint32_t y = form.from_top ? line : size.height - 1 - line;
        for (std::uint32_t x = 0; x < size.width; ++x) {
            const Color color = color_at(x, y);
            rows += little(color.blue | color.green << 8U | color.red << 16U | form.alpha << 24U,
                           static_cast<int>(form.bits / 8));
        }
        rows.resize((rows.size() + 3) / 4 * 4);
    }
    std::string header = little(form.header_bytes, 4);
    if (form.header_bytes == 12) {
        header +=
            little(size.width, 2) + little(size.height, 2) + little(1, 2) + little(form.bits, 2);
    } else {
        const bool is_masked = form.header_bytes >= 56;
        header += little(size.width, 4) +
                  little(form.from_top ? 0U - size.height : size.height, 4) + little(1, 2) +
                  little(form.bits, 2) + little(is_masked ? 3 : 0, 4) +
                  little(static_cast<std::uint32_t>(rows.size()), 4) + std::string(16, '\0');
        if (is_masked) {
            header +=
                little(0xff0000, 4) + little(0xff00, 4) + little(0xff, 4) + little(0xff000000, 4);
        }
        header.resize(form.header_bytes);
    }
    const auto offset = static_cast<std::uint32_t>(14 + header.size());
    return "BM" + little(static_cast<std::uint32_t>(offset + rows.size()), 4) +
           std::string(4, '\0') + little(offset, 4) + header + rows;
}

void expect_colors(const std::string& photo, std::uint32_t bands) {
    const auto made = run(make_recipe({as_png}), photo);
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(made->result.photo.format, "bmp");
    EXPECT_EQ(made->result.photo.bands, bands);
    const Pixels pixels = decode_pixels(made->files.front());
    ASSERT_EQ(pixels.size, size);
    for (std::uint32_t y = 0; y < size.height; ++y) {
        for (std::uint32_t x = 0; x < size.width; ++x) {
            Color wanted = color_at(x, y);
            wanted.alpha = pixels.at(x, y).alpha;
            EXPECT_EQ(pixels.at(x, y), wanted) << x << " " << y;
        }
    }
}

TEST(ImageBmp, is_read_in_every_version) {
    expect_colors(bmp({}), 3);
    expect_colors(bmp({.from_top = true}), 3);
    expect_colors(bmp({.header_bytes = 12}), 3);
    expect_colors(bmp({.bits = 32}), 3);
    expect_colors(bmp({.header_bytes = 124, .bits = 32, .alpha = 255}), 4);
}

TEST(ImageBmp, has_transparency_where_its_header_says_so_and_some_pixel_shows) {
    const auto alpha_of = [](const Form& form) {
        return decode_pixels(make({as_png}, bmp(form))).at(1, 0).alpha;
    };
    EXPECT_EQ(alpha_of({.header_bytes = 124, .bits = 32, .alpha = 128}), 128);
    EXPECT_EQ(alpha_of({.header_bytes = 124, .bits = 32, .alpha = 0}), 255);
    EXPECT_EQ(alpha_of({.header_bytes = 40, .bits = 32, .alpha = 128}), 255);
}

TEST(ImageBmp, cut_anywhere_is_no_picture) {
    const std::string whole = bmp({});
    for (std::size_t bytes = 18; bytes < whole.size() - 3; ++bytes) {
        const Error error = refused(make_recipe({as_png}), whole.substr(0, bytes));
        EXPECT_EQ(error.reason, "damaged") << bytes << ": " << error.message;
        EXPECT_GT(error.message.size(), std::string("the bmp is damaged: ").size()) << bytes;
    }
}

TEST(ImageBmp, of_runs_is_whole_when_its_last_line_is) {
    const BmpHeader header{.size = {6, 2}, .bits = 8, .is_run_length_encoded = true};
    const std::string runs = std::string("\4\1\2\1\0\0\0\3\1\2\3\0\3\7", 14);  // 4+2, line, 3, 3.
    EXPECT_TRUE(has_all_pixels(runs, header));
    EXPECT_TRUE(has_all_pixels(std::string("\4\1\0\1", 4), header));
    for (std::size_t bytes = 0; bytes < runs.size(); ++bytes) {
        EXPECT_FALSE(has_all_pixels(runs.substr(0, bytes), header)) << bytes;
    }
}

TEST(ImageBmp, without_the_filling_of_its_last_row_is_whole) {
    const std::string whole = bmp({});
    expect_colors(whole.substr(0, whole.size() - 3), 3);
}

TEST(ImageBmp, of_too_many_pixels_is_refused_by_its_header) {
    std::string large = bmp({});
    large.replace(18, 8, little(40'000, 4) + little(0U - 40'000, 4));
    EXPECT_EQ(refused(make_recipe({as_png}), large).message,
              "it has 40,000 x 40,000 pixels; 100,000,000 in all are allowed");
    for (const auto& [width, height] : {std::pair(0U, 2U), {3U, 0U}, {0x80000000U, 1U}}) {
        large.replace(18, 8, little(width, 4) + little(height, 4));
        EXPECT_EQ(refused(make_recipe({as_png}), large).reason, "damaged");
    }
    std::string flat = bmp({.header_bytes = 12});
    flat.replace(20, 2, 2, '\0');
    EXPECT_EQ(refused(make_recipe({as_png}), flat).reason, "damaged");
    large.replace(18, 8, little(1, 4) + little(0x80000000U, 4));
    EXPECT_EQ(refused(make_recipe({as_png}), large).reason, "too_many_pixels");
}

TEST(ImageBmp, with_any_byte_changed_ends_in_a_picture_or_in_a_reason) {
    for (const Form& form : {Form{}, Form{.header_bytes = 124, .bits = 32, .alpha = 9}}) {
        const std::string whole = bmp(form);
        for (std::size_t at = 0; at < whole.size(); ++at) {
            std::string bad = whole;
            bad[at] = static_cast<char>(bad[at] ^ 0x55);
            const auto made = run(make_recipe({as_png}), bad);
            if (made) continue;
            EXPECT_EQ(made.error().code, ErrorCode::invalid_argument) << made.error().message;
        }
    }
}

}  // namespace
}  // namespace onput::image
