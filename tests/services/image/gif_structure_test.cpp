#include "services/image/gif_structure.hpp"

#include <string>

#include <gtest/gtest.h>

namespace onput::image {
namespace {

using namespace std::string_literals;

const std::string screen = "GIF89a\x02\0\x02\0\x80\0\0"s + "\0\0\0\xff\xff\xff"s;
const std::string frame = "\x2c\0\0\0\0\x02\0\x02\0\0\x02\x02\x44\x01\0"s;
const std::string control = "\x21\xf9\x04\0\0\0\0\0"s;
const std::string end = ";";

TEST(ImageGifStructure, whole_files_pass) {
    EXPECT_TRUE(check_gif(screen + frame + end));
    EXPECT_TRUE(check_gif(screen + control + frame + control + frame + end));
    EXPECT_TRUE(check_gif(screen + frame + "\0\0"s + end + "anything after the end"));
    EXPECT_TRUE(check_gif(screen + frame));
}

TEST(ImageGifStructure, a_file_that_ends_within_a_block_is_damaged) {
    const std::string whole = screen + control + frame + control + frame + end;
    const std::size_t after_first = screen.size() + control.size() + frame.size();
    for (std::size_t size = 0; size < whole.size() - end.size(); ++size) {
        const bool is_between = size == after_first || size == after_first + control.size();
        const auto checked = check_gif(std::string_view(whole).substr(0, size));
        EXPECT_EQ(checked.has_value(), is_between) << size;
        if (!checked) {
            EXPECT_EQ(checked.error().reason, "damaged");
        }
    }
}

TEST(ImageGifStructure, the_error_names_the_frame) {
    const std::string whole = screen + frame + frame;
    const auto checked = check_gif(std::string_view(whole).substr(0, whole.size() - 2));
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().message, "the gif is damaged: it ends within frame 2");
}

TEST(ImageGifStructure, what_is_no_block_is_damaged) {
    const auto checked = check_gif(screen + frame + "x");
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().message,
              "the gif is damaged: no block begins where one should, before frame 2");
    EXPECT_FALSE(check_gif(screen + end));
}

}  // namespace
}  // namespace onput::image
