#include "services/tts/book/messages.hpp"

#include <gtest/gtest.h>

namespace onput::tts {
namespace {

using Offsets = std::vector<std::uint64_t>;

TEST(BookHeadings, of_a_part_are_counted_from_its_begin) {
    const Offsets all{0, 10, 99, 100, 150, 200};
    EXPECT_EQ(headings_within(all, {.begin = 0, .end = 100}), (Offsets{0, 10, 99}));
    EXPECT_EQ(headings_within(all, {.begin = 100, .end = 200}), (Offsets{0, 50}));
    EXPECT_EQ(headings_within(all, {.begin = 201, .end = 900}), Offsets{});
    EXPECT_EQ(headings_within({}, {.begin = 0, .end = 100}), Offsets{});
}

TEST(BookHeadings, of_a_part_are_no_more_than_its_result_tells) {
    Offsets all;
    for (std::uint64_t at = 0; at < 1000; ++at) all.push_back(at);
    EXPECT_EQ(headings_within(all, {.begin = 0, .end = 1000}).size(), part_chapters_max);
}

}  // namespace
}  // namespace onput::tts
