#include "services/tts/segment.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "common/base/encoding.hpp"

namespace onput::tts {
namespace {

std::string repeat(std::string_view text, std::size_t count) {
    std::string result;
    for (std::size_t i = 0; i < count; ++i) result += text;
    return result;
}

std::vector<std::string> segments_of(std::string_view text, std::size_t piece_bytes = 64 * 1024) {
    Segmenter segmenter;
    std::vector<std::string> segments;
    const auto take = [&] {
        while (auto segment = segmenter.next()) segments.push_back(std::move(*segment));
    };
    for (std::size_t at = 0; at < text.size(); at += piece_bytes) {
        segmenter.feed(text.substr(at, piece_bytes));
        take();
    }
    segmenter.finish();
    take();
    return segments;
}

std::string without_white(std::string text) {
    std::erase_if(text, [](char c) { return c == ' ' || c == '\n'; });
    return text;
}

TEST(Segmenter, each_paragraph_is_a_segment) {
    EXPECT_EQ(segments_of("One.\nStill one.\n\nTwo.\n  \n\n Three"),
              (std::vector<std::string>{"One.\nStill one.", "Two.", "Three"}));
}

TEST(Segmenter, pieces_of_any_size_give_the_same_segments) {
    std::string text;
    for (int i = 0; i < 300; ++i) {
        text += repeat("Sentence number " + std::to_string(i) + " of it. ",
                       static_cast<std::size_t>(i % 7 + 1));
        text += i % 50 == 0 ? repeat("and a long one goes on ", 600) + ". " : "\n\n";
    }
    const auto whole = segments_of(text);
    EXPECT_GT(whole.size(), 200U);
    for (const std::size_t piece_bytes : {61, 4096, 10'000}) {
        EXPECT_EQ(segments_of(text, piece_bytes), whole) << piece_bytes;
    }
}

TEST(Segmenter, blank_texts_have_no_segment) {
    EXPECT_TRUE(segments_of("").empty());
    EXPECT_TRUE(segments_of(" \n\n  \n \n").empty());
}

TEST(Segmenter, a_long_paragraph_is_cut_after_a_sentence) {
    const auto segments = segments_of(repeat("This is a sentence. ", 1000));
    ASSERT_GT(segments.size(), 2U);
    for (const auto& segment : segments) {
        EXPECT_LE(segment.size(), segment_bytes_max);
        EXPECT_TRUE(segment.ends_with("sentence."));
        EXPECT_TRUE(segment.starts_with("This"));
    }
}

TEST(Segmenter, a_sentence_ends_behind_its_quotation_mark) {
    for (const auto& segment : segments_of(repeat("He said: \u201cgo.\u201d ", 1000))) {
        EXPECT_TRUE(segment.ends_with("go.\u201d")) << segment.substr(segment.size() - 20);
    }
}

TEST(Segmenter, chinese_sentences_end_without_white_space) {
    for (const auto& segment : segments_of(repeat("今天天气很好。", 1000))) {
        EXPECT_TRUE(segment.ends_with("。"));
        EXPECT_TRUE(is_utf8(segment));
    }
}

TEST(Segmenter, numbers_do_not_end_a_sentence) {
    for (const auto& segment : segments_of(repeat("pi is 3.14159 or so ", 1000))) {
        EXPECT_FALSE(segment.ends_with("3."));
        EXPECT_LE(segment.size(), segment_bytes_max);
    }
}

TEST(Segmenter, a_line_without_sentences_is_cut_at_white_space) {
    const std::string text = repeat("word ", 5000);
    for (const auto& segment : segments_of(text)) EXPECT_TRUE(segment.ends_with("word"));
    EXPECT_EQ(without_white(text), repeat("word", 5000));
}

TEST(Segmenter, a_line_without_white_space_is_cut_between_characters) {
    for (const std::string_view letter : {"a", "é", "中", "😀"}) {
        const std::string text = repeat(letter, 30'000);
        std::string joined;
        for (const auto& segment : segments_of(text)) {
            EXPECT_LE(segment.size(), segment_bytes_max);
            EXPECT_TRUE(is_utf8(segment)) << letter;
            joined += segment;
        }
        EXPECT_EQ(joined, text);
    }
}

TEST(Segmenter, a_paragraph_of_exactly_the_limit_stays_whole) {
    const std::string paragraph(segment_bytes_max, 'a');
    EXPECT_EQ(segments_of(paragraph + "\n\nb"), (std::vector<std::string>{paragraph, "b"}));
    EXPECT_EQ(segments_of(paragraph), std::vector<std::string>{paragraph});
    EXPECT_EQ(segments_of(paragraph + "a").size(), 2U);
}

TEST(Segmenter, no_text_is_lost_or_doubled) {
    std::string text;
    for (int i = 0; i < 20'000; ++i) {
        text += std::to_string(i) + (i % 97 == 0   ? ".\n\n"
                                     : i % 13 == 0 ? ". "
                                     : i % 5 == 0  ? "\n"
                                                   : "x");
    }
    std::string joined;
    for (const auto& segment : segments_of(text)) joined += segment;
    EXPECT_EQ(without_white(joined), without_white(text));
}

TEST(Segmenter, it_keeps_no_more_than_what_it_was_fed_and_a_segment) {
    Segmenter segmenter;
    const std::string piece = repeat("no end of words here ", 3000);
    for (int i = 0; i < 20; ++i) {
        segmenter.feed(piece);
        while (segmenter.next()) {
        }
        EXPECT_LE(segmenter.buffered_bytes(), segment_bytes_max);
    }
}

}  // namespace
}  // namespace onput::tts
