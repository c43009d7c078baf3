#include "services/tts/onnx/lines.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "services/tts/onnx/kokoro.hpp"
#include "services/tts/speech.hpp"

namespace onput::tts {
namespace {

using Units = std::vector<std::int64_t>;
using Places = std::vector<std::size_t>;

TEST(SoundBegins, sounds_share_the_samples_by_their_durations) {
    const auto begins = sound_begins(Units{1, 2, 3, 4}, Places{0, 1}, 2, 1000);
    ASSERT_TRUE(begins);
    EXPECT_EQ(*begins, (std::vector<std::uint64_t>{100, 300, 600}));
}

TEST(SoundBegins, what_the_net_does_not_know_takes_no_time) {
    const auto begins = sound_begins(Units{1, 2, 3, 4}, Places{0, 2}, 3, 1000);
    ASSERT_TRUE(begins);
    EXPECT_EQ(*begins, (std::vector<std::uint64_t>{100, 300, 300, 600}));
}

TEST(SoundBegins, durations_that_are_none_are_refused) {
    EXPECT_EQ(sound_begins(Units{1, 2, 3}, Places{0, 1}, 2, 9).error().code, ErrorCode::internal);
    EXPECT_FALSE(sound_begins(Units{1, -2, 3}, Places{0}, 1, 9));
    EXPECT_FALSE(sound_begins(Units{1, 1LL << 40, 3}, Places{0}, 1, 9));
    EXPECT_TRUE(sound_begins(Units{0, 0}, Places{}, 0, 9));
}

TEST(Samples, what_is_too_loud_is_clipped) {
    EXPECT_EQ(to_sample(0), 0);
    EXPECT_EQ(to_sample(2), 32'767);
    EXPECT_EQ(to_sample(-2), -32'767);
}

// espeak-ng is loaded once in this process, and says what it would speak.
class LinesTest : public testing::Test {
protected:
    static void SetUpTestSuite() { ASSERT_TRUE(load_speech_engine()); }

    static std::vector<Line> lines_of(std::string_view text) {
        auto lines = make_lines(text, {}, rules);
        EXPECT_TRUE(lines);
        return lines ? *std::move(lines) : std::vector<Line>();
    }

    static inline const LineRules rules{
        .phoneme_voice = "es", .alphabet = Alphabet::plain, .sounds_max = kokoro_sounds_max};
};

TEST_F(LinesTest, no_line_is_longer_than_the_net_takes) {
    std::string many_clauses;
    for (int i = 0; i < 60; ++i) many_clauses += "el coche rojo corre, ";
    std::string one_clause;
    for (int i = 0; i < 200; ++i) one_clause += "palabra ";
    const std::string one_word(3'000, 'a');
    for (const std::string& text : {many_clauses, one_clause, one_word}) {
        const auto lines = lines_of(text);
        EXPECT_GT(lines.size(), 1U) << text.substr(0, 20);
        for (const Line& line : lines) EXPECT_LE(line.sounds.size(), kokoro_tokens_max);
    }
}

TEST_F(LinesTest, a_line_ends_where_a_clause_does) {
    std::string text;
    for (int i = 0; i < 60; ++i) text += "el coche rojo corre, ";
    const auto lines = lines_of(text);
    ASSERT_GT(lines.size(), 2U);
    for (const Line& line : lines) EXPECT_EQ(line.sounds.back().symbol, U',');
}

}  // namespace
}  // namespace onput::tts
