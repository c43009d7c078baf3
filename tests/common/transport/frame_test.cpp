#include "common/transport/frame.hpp"

#include <gtest/gtest.h>

namespace onput::transport {
namespace {

TEST(Frame, an_empty_frame_is_empty) {
    EXPECT_EQ(Frame().view(), "");
    EXPECT_EQ(Frame(std::string()).size(), 0U);
}

TEST(Frame, small_and_large_texts_come_back_whole) {
    for (const std::size_t size : {1U, 33U, 34U, 512U, 513U, 100'000U}) {
        const std::string text(size, 'x');
        EXPECT_EQ(Frame(std::string(text)).view(), text) << size;
        EXPECT_EQ(Frame::copy_of(text).to_string(), text) << size;
    }
}

TEST(Frame, moving_takes_the_bytes_along_and_leaves_an_empty_frame) {
    Frame first(std::string(1000, 'a'));
    Frame second(std::move(first));
    EXPECT_EQ(second.size(), 1000U);
    EXPECT_EQ(first.size(), 0U);  // NOLINT: what is left behind is promised.
    Frame third(std::string("short"));
    third = std::move(second);
    EXPECT_EQ(third.size(), 1000U);
    EXPECT_EQ(second.size(), 0U);  // NOLINT: it does not keep what the third held.
}

TEST(Frame, a_large_text_is_not_copied) {
    std::string text(100'000, 'x');
    const char* const data = text.data();
    EXPECT_EQ(Frame(std::move(text)).view().data(), data);
}

}  // namespace
}  // namespace onput::transport
