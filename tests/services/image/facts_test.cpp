#include "services/image/facts.hpp"

#include <gtest/gtest.h>

#include "common/base/encoding.hpp"

namespace onput::image {
namespace {

TEST(ImageFacts, an_exif_value_is_what_a_reader_wants) {
    EXPECT_EQ(readable_exif("Canon (Canon, ASCII, 6 components, 6 bytes)"), "Canon");
    EXPECT_EQ(readable_exif("1/60 (1/60 sec., Rational, 1 components, 8 bytes)"), "1/60 sec.");
    EXPECT_EQ(readable_exif("28/10 (f/2.8, Rational, 1 components, 8 bytes)"), "f/2.8");
    EXPECT_EQ(readable_exif("A (b), c (A (b), c, ASCII, 8 components, 8 bytes)"), "A (b), c");
    EXPECT_EQ(readable_exif("Exif Version 2.1 (Exif Version 2.1, Undefined, 4 components, 4 "
                            "bytes)"),
              "Exif Version 2.1");
}

TEST(ImageFacts, a_value_of_another_form_stays_as_it_is) {
    EXPECT_EQ(readable_exif("plain"), "plain");
    EXPECT_EQ(readable_exif(""), "");
    EXPECT_EQ(readable_exif(" bytes)"), " bytes)");
    EXPECT_EQ(readable_exif(", , , 4 bytes)"), "");
}

TEST(ImageFacts, control_characters_and_broken_text_go) {
    EXPECT_EQ(readable_exif("a\nb\tc\x7f"), "a b c");
    EXPECT_EQ(readable_exif("caf\xe9"), "caf");
    EXPECT_EQ(readable_exif("caf\xc3\xa9"), "caf\xc3\xa9");
}

TEST(ImageFacts, long_values_are_cut_between_characters) {
    std::string text;
    for (int i = 0; i < 200; ++i) text += "x\xc3\xa9";
    const std::string cut = readable_exif(text);
    EXPECT_LE(cut.size(), exif_value_bytes_max);
    EXPECT_GE(cut.size(), exif_value_bytes_max - 3);
    EXPECT_TRUE(is_utf8(cut));
}

}  // namespace
}  // namespace onput::image
