#include "services/tts/book/split.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "common/base/random.hpp"
#include "services/tts/book/messages.hpp"
#include "services/tts/script/speakable.hpp"
#include "services/tts/segment.hpp"

namespace onput::tts {
namespace {

struct Segmented {
    std::vector<std::string> segments;
    std::vector<PartRange> parts;
};

// As job.cpp plans: fed in pieces, segments without words left out.
Segmented plan(std::string_view text, std::uint64_t length_max, std::size_t piece_bytes = 4096) {
    Segmenter segmenter;
    PartPlanner planner(length_max);
    Segmented result;
    const auto take = [&] {
        while (auto segment = segmenter.next()) {
            if (!has_speakable(*segment)) continue;
            planner.take(*segment, segmenter.taken_bytes());
            result.segments.push_back(*std::move(segment));
        }
    };
    for (std::size_t at = 0; at < text.size(); at += piece_bytes) {
        segmenter.feed(text.substr(at, piece_bytes));
        take();
    }
    segmenter.finish();
    take();
    result.parts = std::move(planner).finish(text.size());
    return result;
}

std::string_view slice(std::string_view text, const PartRange& part) {
    return text.substr(part.begin, part.end - part.begin);
}

std::string random_text(Random& random) {
    static const std::vector<std::string> pieces{"word ",
                                                 "another ",
                                                 "x",
                                                 "Sentence ends. ",
                                                 "Is it? ",
                                                 "\n",
                                                 "\n\n",
                                                 "\n \n\n",
                                                 "***\n\n",
                                                 "\u4eca\u65e5\u306f\u3002",
                                                 "caf\u00e9 ",
                                                 "1999 ",
                                                 std::string(700, 'a') + " ",
                                                 std::string(300, '.') + " ",
                                                 "\u0627\u0644\u0643\u062a\u0627\u0628\u061f "};
    std::string text;
    const std::size_t bytes = random.below(60'000);
    while (text.size() < bytes) text += pieces[random.below(pieces.size())];
    return text;
}

TEST(PartPlanner, parts_together_are_the_text_and_have_its_segments) {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        SCOPED_TRACE(seed);
        Random random(seed);
        const std::string text = random_text(random);
        const std::uint64_t length_max = 1 + random.below(9000);
        const auto whole = plan(text, length_max, 1 + random.below(5000));
        std::string joined;
        std::vector<std::string> segments;
        for (const PartRange& part : whole.parts) {
            joined += slice(text, part);
            const auto alone = plan(slice(text, part), UINT64_MAX);
            ASSERT_FALSE(alone.segments.empty());
            std::uint64_t length = 0;
            for (const auto& segment : alone.segments) length += spoken_length(segment);
            ASSERT_TRUE(length <= length_max || alone.segments.size() == 1);
            std::ranges::copy(alone.segments, std::back_inserter(segments));
        }
        ASSERT_TRUE(whole.parts.empty() ? whole.segments.empty() : joined == text);
        ASSERT_EQ(segments, whole.segments);
    }
}

TEST(PartPlanner, no_part_ends_inside_a_word) {
    std::string text;
    for (int i = 0; i < 5000; ++i) text += "word" + std::to_string(i) + " ";
    const auto parts = plan(text, 1).parts;
    ASSERT_GT(parts.size(), 3U);
    for (const PartRange& part : parts) {
        EXPECT_TRUE(part.end == text.size() || text[part.end] == ' ') << part.end;
    }
}

TEST(PartPlanner, a_text_that_fits_is_one_part) {
    EXPECT_EQ(plan("One.\n\nTwo.\n", 8).parts, (std::vector<PartRange>{{.begin = 0, .end = 11}}));
    EXPECT_EQ(plan("One.\n\nTwo.\n", 7).parts,
              (std::vector<PartRange>{{.begin = 0, .end = 4}, {.begin = 4, .end = 11}}));
}

TEST(PartPlanner, a_text_without_words_has_no_part) {
    EXPECT_TRUE(plan("", 10).parts.empty());
    EXPECT_TRUE(plan("---\n\n***\n", 10).parts.empty());
}

TEST(SpokenLength, what_is_a_syllable_or_more_counts_for_several_letters) {
    EXPECT_EQ(spoken_length("word"), 4U);
    EXPECT_EQ(spoken_length("\u4eca\ud55c\u3042"), 12U);
    EXPECT_EQ(spoken_length("1999"), 16U);
    EXPECT_EQ(spoken_length("\u00e9\u0431"), 2U);
}

// --- Chapters ---------------------------------------------------------------------------------

TEST(ChooseChapters, a_heading_is_named_by_its_part_and_its_number_there) {
    const std::vector<Heading> headings{{.offset = 0, .level = 1, .title = "One"},
                                        {.offset = 40, .level = 2, .title = "One and a half"},
                                        {.offset = 100, .level = 1, .title = "Two"}};
    const std::vector<PartRange> parts{{.begin = 0, .end = 100}, {.begin = 100, .end = 150}};
    EXPECT_EQ(
        choose_chapters(headings, parts),
        (std::vector<Chapter>{{.part = 0, .heading = 0, .level = 1, .title = "One"},
                              {.part = 0, .heading = 1, .level = 2, .title = "One and a half"},
                              {.part = 1, .heading = 0, .level = 1, .title = "Two"}}));
    EXPECT_TRUE(choose_chapters(headings, {}).empty());
    EXPECT_TRUE(choose_chapters({}, parts).empty());
}

TEST(ChooseChapters, of_too_many_the_highest_levels_stay) {
    std::vector<Heading> headings;
    std::vector<PartRange> parts;
    for (std::uint64_t i = 0; i < 400; ++i) {
        headings.push_back({.offset = i * 10, .level = i % 4 == 0 ? 1U : 2U});
        parts.push_back({.begin = i * 10, .end = i * 10 + 10});
    }
    const auto chosen = choose_chapters(headings, parts);
    ASSERT_EQ(chosen.size(), 100U);
    EXPECT_EQ(chosen[1].part, 4U);
    for (Heading& heading : headings) heading.level = 1;
    EXPECT_EQ(choose_chapters(headings, parts).size(), book_chapters_max);
}

TEST(ChooseChapters, of_one_part_only_those_count_that_its_result_has_room_for) {
    const std::vector<Heading> headings(part_chapters_max + 5, Heading{.offset = 3});
    const std::vector<PartRange> parts{{.begin = 0, .end = 10}};
    EXPECT_EQ(choose_chapters(headings, parts).size(), part_chapters_max);
}

}  // namespace
}  // namespace onput::tts
