#include "services/tts/script/burmese.hpp"

#include <gtest/gtest.h>

#include "services/tts/script/compose.hpp"
#include "services/tts/ssml/ssml.hpp"

namespace onput::tts {
namespace {

// "The weather is good today, (and) we walked in the park": an own sentence.
constexpr std::string_view sentence = "ဒီနေ့ရာသီဥတုကောင်းတယ်၊ ကျွန်တော်တို့ပန်းခြံထဲမှာလမ်းလျှောက်ခဲ့တယ်။";

std::string parted(std::string_view text) {
    auto result = part_burmese(text);
    EXPECT_TRUE(result) << result.error().message;
    return result.value_or("");
}

std::string without_spaces_and_commas(std::string text) {
    std::erase_if(text, [](char c) { return c == ' ' || c == ','; });
    return text;
}

// What the engine takes for the ends of clauses.
std::size_t longest_clause(std::string_view text) {
    std::size_t longest = 0;
    std::size_t begin = 0;
    for (std::size_t at = 0; at <= text.size(); ++at) {
        const bool is_mark = at + 1 < text.size() && std::string_view(",.").contains(text[at]) &&
                             std::string_view(" \n").contains(text[at + 1]);
        if (at < text.size() && !is_mark) continue;
        longest = std::max(longest, at - begin);
        begin = at + 1;
    }
    return longest;
}

TEST(Burmese, words_are_parted_and_marks_are_the_engines) {
    const std::string text = parted(sentence);
    EXPECT_TRUE(text.contains("ဒီ နေ့") || text.contains("ဒီနေ့ ")) << text;
    EXPECT_TRUE(text.contains(", ")) << text;
    EXPECT_TRUE(text.ends_with(".")) << text;
    EXPECT_FALSE(text.contains("၊") || text.contains("။")) << text;
}

TEST(Burmese, a_clause_without_marks_gets_commas_between_words) {
    std::string long_clause;
    for (int i = 0; i < 30; ++i) long_clause += "လမ်းလျှောက်";
    const std::string text = parted(long_clause);
    EXPECT_EQ(without_spaces_and_commas(text), long_clause);
    EXPECT_LE(longest_clause(text), burmese_clause_bytes_max + 2);
}

// The engine reads on behind them.
TEST(Burmese, ends_of_lines_and_marks_without_a_space_end_no_clause) {
    std::string lines;
    for (int i = 0; i < 30; ++i) lines += i % 2 == 0 ? "လမ်းလျှောက်\n" : "လမ်းလျှောက်,";
    const std::string text = parted(lines);
    EXPECT_LE(longest_clause(text), burmese_clause_bytes_max + 2) << text;
}

TEST(Burmese, calls_are_read_as_jobs_are) {
    const auto utterances = compose(plain_pieces(std::string(sentence)), {.language = "my"});
    ASSERT_TRUE(utterances) << utterances.error().message;
    std::string said;
    for (const Utterance& utterance : *utterances) {
        for (const UtterancePart& part : utterance.parts) said += part.text;
    }
    EXPECT_EQ(said, parted(sentence));
}

TEST(Burmese, what_is_not_burmese_stays) {
    EXPECT_EQ(parted("Hello, world. 12\n\nEnd"), "Hello, world. 12\n\nEnd");
    EXPECT_EQ(parted(""), "");
    EXPECT_EQ(parted(" \n"), " \n");
}

TEST(Burmese, is_known_by_tag_and_voice) {
    for (const std::string_view name : {"my", "my-MM", "my+f2"}) EXPECT_TRUE(is_burmese(name));
    for (const std::string_view name : {"", "m", "myv", "en", "en-my"})
        EXPECT_FALSE(is_burmese(name)) << name;
}

}  // namespace
}  // namespace onput::tts
