#include "services/tts/phrase_search.hpp"

#include <functional>

#include <gtest/gtest.h>

namespace onput::tts {
namespace {

using Faulty = std::function<bool(std::string_view)>;

std::unexpected<Error> crash() {
    return fail(ErrorCode::internal, "speech child ended by signal 6 (aborted)", "job_crashed");
}

// An engine that crashes by a rule, and the text that it is given in segments.
struct Stage {
    std::vector<std::string> segments;
    Faulty faulty;
    std::size_t runs = 0;
    std::vector<std::string> spoken = {};

    std::pair<Result<SpeechResult>, std::uint64_t> run(const SpeechJob& job) {
        ++runs;
        if (!job.phrase.empty()) {
            if (faulty(job.phrase)) return {crash(), 0};
            return {SpeechResult{}, 0};
        }
        if (job.quoted_segment != 0) {
            return {SpeechResult{.voice = "en", .quoted = segments.at(job.quoted_segment - 1)}, 0};
        }
        spoken.clear();
        for (std::size_t i = 0; i < segments.size(); ++i) {
            std::string text = segments[i];
            for (const auto& range : job.left_out) {
                if (range.segment != i + 1) continue;
                for (auto at = range.begin; at < range.end; ++at) text[at] = ' ';
            }
            if (text.find_first_not_of(' ') == text.npos) continue;
            if (faulty(text)) return {crash(), i + 1};
            spoken.push_back(text);
        }
        if (spoken.empty()) {
            return {fail(ErrorCode::invalid_argument, "nothing to say", "nothing_to_say"), 0};
        }
        return {SpeechResult{.segments = spoken.size()}, segments.size()};
    }

    Result<SpeechResult> play(PhraseSearch& search) {
        for (std::size_t i = 0; i < 2000; ++i) {
            auto [result, begun] = run(search.next());
            if (auto end = search.take(std::move(result), begun)) return *std::move(end);
        }
        return fail(ErrorCode::timeout, "the search does not end");
    }
};

Faulty holds(std::string word) {
    return [word = std::move(word)](std::string_view text) { return text.contains(word); };
}

TEST(PhraseSearchTest, a_text_without_fault_is_spoken_once) {
    Stage stage{.segments = {"one", "two"}, .faulty = holds("BAD")};
    PhraseSearch search(SpeechJob{});
    EXPECT_TRUE(stage.play(search));
    EXPECT_EQ(stage.runs, 1U);
    EXPECT_TRUE(search.left_out().empty());
}

TEST(PhraseSearchTest, one_word_that_crashes_is_left_out_alone) {
    Stage stage{.segments = {"one", "two three BAD four five six", "seven"},
                .faulty = holds("BAD")};
    PhraseSearch search(SpeechJob{});
    ASSERT_TRUE(stage.play(search));
    ASSERT_EQ(search.left_out().size(), 1U);
    EXPECT_EQ(search.left_out()[0].text, " BAD");
    EXPECT_EQ(stage.spoken,
              (std::vector<std::string>{"one", "two three     four five six", "seven"}));
}

TEST(PhraseSearchTest, each_of_several_phrases_is_found) {
    Stage stage{.segments = {"a BAD b c d e BAD f", "g", "BAD h"}, .faulty = holds("BAD")};
    PhraseSearch search(SpeechJob{});
    ASSERT_TRUE(stage.play(search));
    EXPECT_EQ(search.left_out().size(), 3U);
    EXPECT_EQ(stage.spoken.size(), 3U);
}

TEST(PhraseSearchTest, words_that_crash_only_together_are_left_out_together) {
    const Faulty together = [](std::string_view text) {
        return text.contains("LEFT") && text.contains("RIGHT");
    };
    Stage stage{.segments = {"LEFT RIGHT", "kept"}, .faulty = together};
    PhraseSearch search(SpeechJob{});
    ASSERT_TRUE(stage.play(search));
    ASSERT_EQ(search.left_out().size(), 1U);
    EXPECT_EQ(search.left_out()[0].text, "LEFT RIGHT");
}

TEST(PhraseSearchTest, a_segment_that_crashes_only_in_its_place_is_left_out_whole) {
    Stage stage{.segments = {"one", "two words", "three"}, .faulty = holds("never")};
    PhraseSearch search(SpeechJob{});
    ASSERT_FALSE(search.take(crash(), 2));  // In its place; alone it does not.
    const auto result = stage.play(search);
    ASSERT_TRUE(result);
    ASSERT_EQ(search.left_out().size(), 1U);
    EXPECT_EQ(search.left_out()[0].text, "two words");
    EXPECT_EQ(stage.spoken, (std::vector<std::string>{"one", "three"}));
}

TEST(PhraseSearchTest, where_nothing_is_left_the_job_ends_with_the_crash) {
    Stage stage{.segments = {"BAD"}, .faulty = holds("BAD")};
    PhraseSearch search(SpeechJob{});
    const auto result = stage.play(search);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().reason, "job_crashed");
}

TEST(PhraseSearchTest, too_many_phrases_fail_the_job_with_the_number) {
    Stage stage{.segments = std::vector<std::string>(phrases_left_out_max + 1, "a BAD b"),
                .faulty = holds("BAD")};
    PhraseSearch search(SpeechJob{});
    const auto result = stage.play(search);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().reason, "job_crashed");
    EXPECT_TRUE(result.error().message.contains("more than 32 phrases")) << result.error().message;
}

TEST(PhraseSearchTest, the_search_is_bounded_by_its_probes) {
    std::string text;
    for (int i = 0; i < 700; ++i) text += "BAD ";
    text += "end";
    Stage stage{.segments = {"kept", text, "kept too"}, .faulty = holds("BAD")};
    PhraseSearch search(SpeechJob{});
    ASSERT_TRUE(stage.play(search));
    EXPECT_LE(stage.runs, phrase_probes_max + 3);
    ASSERT_EQ(search.left_out().size(), 1U);
    EXPECT_EQ(search.left_out()[0].text, text);
}

TEST(PhraseSearchTest, another_failure_ends_the_job_as_it_is) {
    PhraseSearch search(SpeechJob{});
    const auto end = search.take(fail(ErrorCode::timeout, "too long", "job_timeout"), 3);
    ASSERT_TRUE(end && !*end);
    EXPECT_EQ(end->error().reason, "job_timeout");
}

TEST(PhraseSearchTest, a_crash_before_the_first_segment_ends_the_job) {
    PhraseSearch search(SpeechJob{});
    const auto end = search.take(crash(), 0);
    ASSERT_TRUE(end && !*end);
    EXPECT_EQ(end->error().reason, "job_crashed");
}

TEST(PhraseSearchTest, a_long_phrase_without_spaces_is_cut_between_letters) {
    std::string text;
    for (int i = 0; i < 50; ++i) text += "\u1000";
    const auto middle = find_middle(text);
    ASSERT_TRUE(middle);
    EXPECT_EQ(*middle % 3, 0U);
    EXPECT_FALSE(find_middle("word"));
    EXPECT_FALSE(find_middle(" word "));
}

TEST(LeftOutTest, what_is_left_out_is_named) {
    const LeftOut one = left_out_of({{.range = {}, .text = "BAD \u1000"}});
    EXPECT_EQ(describe_left_out(one),
              ", 1 phrase left out, which the speech engine cannot say: \"BAD \u1000\"");
    EXPECT_EQ(left_out_metadata(one), "BAD%20%E1%80%80");
    EXPECT_EQ(describe_left_out({}), "");
    EXPECT_EQ(left_out_metadata({}), "");
}

TEST(LeftOutTest, of_many_the_first_are_named_and_all_are_counted) {
    LeftOut many = left_out_of({40, {.range = {}, .text = std::string(8000, 'x')}});
    EXPECT_EQ(many.count, 40U);
    EXPECT_EQ(many.named,
              std::vector(phrases_named_max, std::string(named_phrase_bytes_max, 'x') + "..."));
    EXPECT_LT(left_out_metadata(many).size(), 1000U);
    many.add({.count = 3, .named = {"more"}});
    EXPECT_EQ(many.count, 43U);
    EXPECT_EQ(many.named.size(), phrases_named_max);
    LeftOut first{.count = 1, .named = {"one"}};
    first.add(many);
    EXPECT_EQ(first.count, 44U);
    EXPECT_EQ(first.named[0], "one");
    EXPECT_EQ(first.named.size(), phrases_named_max);
}

TEST(LeftOutTest, no_letter_is_cut) {
    LeftOut left_out;
    std::string text = "x";
    while (text.size() < 2 * named_phrase_bytes_max) text += "\u1000";
    left_out.add(text);
    EXPECT_EQ(left_out.named[0], text.substr(0, 58) + "...");
}

}  // namespace
}  // namespace onput::tts
