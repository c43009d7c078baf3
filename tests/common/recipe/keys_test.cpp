#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "common/base/encoding.hpp"
#include "common/recipe/recipe.hpp"

namespace {

using namespace onput;
using namespace onput::recipe;

constexpr std::size_t shortest_bytes_max = key_bytes_max - prefix_bytes_max;

struct Named {
    std::string input;
    std::string thumbnail;
    std::string sidecar;
};

TEST(Keys, put_the_derivative_before_the_extension) {
    const std::vector<Named> table = {
        {"cats/tom.jpg", "cats/tom.thumbnail.webp", "cats/tom.json"},
        {"tom", "tom.thumbnail.webp", "tom.json"},
        {"a.b/tom", "a.b/tom.thumbnail.webp", "a.b/tom.json"},
        {"tom.2024.JPEG", "tom.2024.thumbnail.webp", "tom.2024.json"},
        {".profile", ".profile.thumbnail.webp", ".profile.json"},
        {"a/.jpg", "a/.jpg.thumbnail.webp", "a/.jpg.json"},
        {"a/", "a/.thumbnail.webp", "a/.json"},
        {"/", "/.thumbnail.webp", "/.json"},
        {"tom.", "tom..thumbnail.webp", "tom..json"},
        {"St. Mary", "St. Mary.thumbnail.webp", "St. Mary.json"},
        {"v1.123456789", "v1.123456789.thumbnail.webp", "v1.123456789.json"},
        {"tom.json", "tom.thumbnail.webp", "tom.json.json"},
        {"tom.json.json", "tom.json.thumbnail.webp", "tom.json.json.json"},
    };
    for (const Named& row : table) {
        SCOPED_TRACE(row.input);
        EXPECT_EQ(derivative_key(row.input, "thumbnail", ImageFormat::webp), row.thumbnail);
        EXPECT_EQ(sidecar_key(row.input), row.sidecar);
    }
}

TEST(Keys, of_one_photo_never_collide) {
    const std::vector<std::string> inputs = {"a",
                                             "a.jpg",
                                             "a.b.jpg",
                                             "a.json",
                                             ".json",
                                             "a/",
                                             "a/.jpg",
                                             "a.thumb.jpg",
                                             "a.thumb.json",
                                             "a.thumb",
                                             "x.json/y",
                                             "thumb.jpg",
                                             ".thumb.jpg",
                                             "a.jpg.thumb.jpg",
                                             ".",
                                             "..",
                                             "a..",
                                             std::string(1024, 'k'),
                                             std::string(1020, 'k') + ".jpg",
                                             std::string(1019, 'k') + ".json"};
    for (const std::string& input : inputs) {
        SCOPED_TRACE(input);
        std::set<std::string> keys = {input};
        std::size_t count = 1;
        for (const std::string name : {"thumb", "jpg", "json", "b"}) {
            keys.insert(derivative_key(input, name, ImageFormat::jpeg));
            ++count;
        }
        keys.insert(sidecar_key(input));
        EXPECT_EQ(keys.size(), count + 1);
        for (const std::string& key : keys) EXPECT_LE(key.size(), key_bytes_max);
    }
}

TEST(Keys, that_would_be_too_long_are_cut_and_stay_apart) {
    const std::string first = std::string(1019, 'a') + "1.jpg";
    const std::string second = std::string(1019, 'a') + "2.jpg";
    const std::string first_key = derivative_key(first, "web", ImageFormat::png);
    EXPECT_EQ(first_key.size(), key_bytes_max);
    EXPECT_TRUE(first_key.ends_with(".web.png"));
    EXPECT_EQ(first_key[key_bytes_max - 8 - 17], '~');
    EXPECT_NE(first_key, derivative_key(second, "web", ImageFormat::png));
    EXPECT_EQ(first_key, derivative_key(first, "web", ImageFormat::png));
    EXPECT_NE(sidecar_key(first, shortest_bytes_max), sidecar_key(second, shortest_bytes_max));
    EXPECT_EQ(sidecar_key(first, shortest_bytes_max).size(), shortest_bytes_max);
    EXPECT_NE(quarantine_key(first, shortest_bytes_max),
              quarantine_key(second, shortest_bytes_max));
}

TEST(Keys, that_just_fit_are_not_cut) {
    const std::string stem(key_bytes_max - 8, 's');
    EXPECT_EQ(derivative_key(stem + ".gif", "web", ImageFormat::png), stem + ".web.png");
    const std::string key(key_bytes_max, 'q');
    EXPECT_EQ(quarantine_key(key), key);
}

TEST(Keys, are_not_cut_within_a_character) {
    std::string input;
    while (input.size() < 1000) input += "ộ";
    for (std::size_t bytes_max = shortest_bytes_max; bytes_max < shortest_bytes_max + 3;
         ++bytes_max) {
        const std::string key = derivative_key(input, "web", ImageFormat::avif, bytes_max);
        EXPECT_TRUE(is_utf8(key));
        EXPECT_LE(key.size(), bytes_max);
    }
}

TEST(Keys, formats_have_their_extensions_and_content_types) {
    EXPECT_EQ(extension_of(ImageFormat::jpeg), "jpg");
    EXPECT_EQ(extension_of(ImageFormat::avif), "avif");
    EXPECT_EQ(content_type_of(ImageFormat::jpeg), "image/jpeg");
    EXPECT_EQ(content_type_of(ImageFormat::webp), "image/webp");
    EXPECT_EQ(content_type_of(ImageFormat::png), "image/png");
    EXPECT_EQ(content_type_of(ImageFormat::gif), "image/gif");
}

}  // namespace
