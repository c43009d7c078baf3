#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "common/base/random.hpp"
#include "common/json/reader.hpp"
#include "services/tts/script/marks.hpp"
#include "services/tts/script/render.hpp"
#include "services/tts/script/segmentation.hpp"
#include "tests/services/tts/call/call_test.hpp"

namespace onput::tts {
namespace {

TEST(WordTimesTest, events_of_the_engine_are_brought_onto_known_words) {
    using Kind = EngineEvent::Kind;
    // Ends: "Mary had 1999 cats" -> 4, 8, 13, 18. The number is told three times, the last places
    // being wrong; "cats" is not told.
    const std::vector<EngineEvent> events{{Kind::word, 0, 10},  {Kind::phoneme, 0, 20},
                                          {Kind::word, 5, 100}, {Kind::word, 9, 200},
                                          {Kind::word, 9, 300}, {Kind::word, 4, 350}};
    EXPECT_EQ(word_times({4, 8, 13, 18}, events, 500),
              (std::vector<std::uint64_t>{10, 100, 200, 350}));
}

TEST(WordTimesTest, times_never_decrease_and_stay_within_the_sound) {
    using Kind = EngineEvent::Kind;
    const std::vector<EngineEvent> events{
        {Kind::word, 0, 300}, {Kind::word, 5, 200}, {Kind::word, 10, 900}};
    EXPECT_EQ(word_times({4, 8, 13}, events, 500), (std::vector<std::uint64_t>{300, 300, 500}));
    EXPECT_EQ(word_times({1, 2}, {}, 90), (std::vector<std::uint64_t>{0, 30}));
}

TEST(VisemeTest, a_phoneme_has_the_viseme_of_its_beginning) {
    EXPECT_EQ(viseme_of("p"), "p");
    EXPECT_EQ(viseme_of("t\u0283"), "S");
    EXPECT_EQ(viseme_of("a\u026a"), "a");
    EXPECT_EQ(viseme_of("\u00f0"), "T");
    EXPECT_EQ(viseme_of("\u0254\u026a"), "O");
    EXPECT_EQ(viseme_of(""), "sil");
}

struct Mark {
    std::int64_t time = 0;
    std::string type;
    std::size_t start = 0;
    std::size_t end = 0;
    std::string value;
};

class SpeechMarksTest : public CallTest {
protected:
    std::vector<Mark> marks_of(const std::string& text, schema::SynthesizeSpeech call = {}) {
        call.format = "json";
        if (call.marks.empty()) call.marks = {"sentence", "word", "viseme", "ssml"};
        const CallOutcome outcome = say(text, call);
        duration_ms = static_cast<std::int64_t>(outcome.result->duration_ms);
        std::vector<Mark> marks;
        std::string_view rest = outcome.bytes;
        while (!rest.empty()) {
            const auto end = rest.find('\n');
            EXPECT_NE(end, rest.npos);
            marks.push_back(read(rest.substr(0, end)));
            rest.remove_prefix(end + 1);
        }
        return marks;
    }

    static Mark read(std::string_view line) {
        const auto value = json::read(line);
        EXPECT_TRUE(value) << line;
        const auto number = [&value](std::string_view name) -> std::int64_t {
            const auto* member = value->find(name);
            const auto* integer = member == nullptr ? nullptr : member->integer();
            return integer == nullptr ? 0 : *integer;
        };
        return {.time = number("time"),
                .type = value->text_of("type"),
                .start = static_cast<std::size_t>(number("start")),
                .end = static_cast<std::size_t>(number("end")),
                .value = value->text_of("value")};
    }

    // What is always so, whatever the text.
    void check(const std::string& text, const std::vector<Mark>& marks) {
        std::int64_t last = 0;
        for (const Mark& mark : marks) {
            EXPECT_GE(mark.time, last) << text;
            last = mark.time;
            if (mark.type == "viseme" || mark.type == "ssml") continue;
            EXPECT_EQ(text.substr(mark.start, mark.end - mark.start), mark.value) << text;
        }
        EXPECT_LE(last, duration_ms);
    }

    static std::vector<std::string> values(const std::vector<Mark>& marks, std::string_view type) {
        std::vector<std::string> result;
        for (const Mark& mark : marks) {
            if (mark.type == type) result.push_back(mark.value);
        }
        return result;
    }

    std::int64_t duration_ms = 0;
};

using Texts = std::vector<std::string>;

TEST_F(SpeechMarksTest, a_sentence_has_its_words_and_visemes_in_time) {
    const std::string text = "Mary had a little lamb.";
    const auto marks = marks_of(text);
    check(text, marks);
    EXPECT_EQ(values(marks, "sentence"), Texts{text});
    EXPECT_EQ(values(marks, "word"), (Texts{"Mary", "had", "a", "little", "lamb"}));
    EXPECT_EQ(values(marks, "viseme"), (Texts{"p", "E", "r", "i", "k", "a", "t", "@", "t", "i", "t",
                                              "@", "t", "a", "p", "sil"}));
    EXPECT_EQ(marks[0].type, "sentence");
    EXPECT_EQ(marks[1].type, "word");
    EXPECT_LT(marks[1].time, 50);
}

TEST_F(SpeechMarksTest, a_mark_of_ssml_has_the_time_of_its_place) {
    const std::string text =
        R"(<speak><prosody volume="+20dB">Mary had <break time="300ms"/>a little <mark name="animal"/>lamb</prosody></speak>)";
    const auto marks = marks_of(text, {.is_ssml = true});
    check(text, marks);
    const auto at = [&marks](std::string_view type, std::string_view value) {
        return *std::ranges::find_if(
            marks, [&](const Mark& mark) { return mark.type == type && mark.value == value; });
    };
    EXPECT_EQ(values(marks, "sentence"),
              Texts{R"(Mary had <break time="300ms"/>a little <mark name="animal"/>lamb)"});
    EXPECT_EQ(at("ssml", "animal").time, at("word", "lamb").time);
    EXPECT_EQ(text.substr(at("ssml", "animal").start, 22), R"(<mark name="animal"/>l)");
    EXPECT_GT(at("word", "a").time, at("word", "had").time + 300);
}

TEST_F(SpeechMarksTest, only_what_is_asked_for_is_written) {
    EXPECT_EQ(marks_of("One two.", {.marks = {"word"}}).size(), 2U);
    EXPECT_EQ(marks_of("One two.", {.marks = {"ssml"}}).size(), 0U);
}

TEST_F(SpeechMarksTest, every_word_of_any_text_is_there_once_and_in_order) {
    constexpr std::array<std::string_view, 16> parts{"Mary",
                                                     "$20.50",
                                                     "1999!",
                                                     "Dr. Smith",
                                                     "caf\u00e9",
                                                     "e\u0301te\u0301",
                                                     "a",
                                                     "U.S.A",
                                                     "\u4eca\u5929",
                                                     "x-ray",
                                                     "\"quoted\"",
                                                     "...",
                                                     "12:30",
                                                     "[[",
                                                     "\u0418\u0432\u0430\u043d",
                                                     "www.example.org"};
    Random random(7);
    for (int round = 0; round < 40; ++round) {
        std::string text;
        for (int i = 0; i < 12; ++i) {
            text += parts.at(random.below(parts.size()));
            text += random.below(5) == 0 ? ". " : " ";
        }
        const auto marks = marks_of(text);
        check(text, marks);
        Texts wanted;
        const auto words = find_words(text, "en-US");
        ASSERT_TRUE(words);
        for (const ByteRange& word : *words) {
            wanted.push_back(text.substr(word.begin, word.end - word.begin));
        }
        EXPECT_EQ(values(marks, "word"), wanted) << text;
    }
}

TEST_F(SpeechMarksTest, tags_anywhere_keep_the_places_right) {
    constexpr std::array<std::string_view, 12> parts{
        "one ",
        "<break time='50ms'/>",
        "<emphasis>two</emphasis> ",
        "<mark name='m'/>",
        "<sub alias='three four'>34</sub> ",
        "<lang xml:lang='fr-FR'>cinq</lang> ",
        "six. ",
        "<prosody rate='150%' amazon:max-duration='400ms'>seven eight</prosody> ",
        "&amp; ",
        "<amazon:effect name='whispered'>nine</amazon:effect> ",
        "<p>ten</p>",
        "<amazon:effect vocal-tract-length='+20%'>eleven twelve</amazon:effect> "};
    Random random(11);
    for (int round = 0; round < 25; ++round) {
        std::string text = "<speak>";
        for (int i = 0; i < 8; ++i) text += parts.at(random.below(parts.size()));
        text += "</speak>";
        const auto marks = marks_of(text, {.is_ssml = true});
        check(text, marks);
        for (const std::string& word : values(marks, "word")) {
            EXPECT_EQ(word.find('<'), std::string::npos) << text;
        }
    }
}

// A text that knows its words: composed of them, with tags, entities and marks anywhere between.
class ComposedText {
public:
    struct Word {
        std::string text;
        std::size_t start = 0;

        friend bool operator==(const Word&, const Word&) = default;
    };

    void word(std::string_view text) {
        words_.push_back({.text = std::string(text), .start = text_.size()});
        text_ += text;
    }
    void other(std::string_view text) { text_ += text; }

    [[nodiscard]] std::string ssml() const { return text_ + "</speak>"; }
    [[nodiscard]] const std::vector<Word>& words() const { return words_; }

private:
    std::string text_ = "<speak>";
    std::vector<Word> words_;
};

struct VoiceWords {
    std::string_view voice;
    std::string_view space;
    std::vector<std::string_view> words;
};

// Words that ICU parts as a reader would, of scripts with spaces and without.
const std::vector<VoiceWords> voice_words{
    {"Joanna", " ", {"keeper", "clocks", "town", "it's", "Mary", "a", "wound"}},
    {"vi", " ", {"trời", "đẹp", "công", "viên", "uống", "cà", "phê"}},
    {"de", " ", {"Straße", "Mädchen", "über", "Fluss", "ging"}},
    {"ru", " ", {"погода", "друзья", "ёлка", "река", "и"}},
    {"ar", " ", {"الطقس", "جميل", "اليوم", "الحديقة"}},
    {"hi", " ", {"मौसम", "अच्छा", "पार्क", "चाय"}},
    {"ko", " ", {"날씨가", "공원을", "커피를"}},
    {"cmn", "，", {"天气", "公园", "咖啡", "朋友"}},
    {"ja", "、", {"天気", "公園", "コーヒー", "散歩"}},
};

// What may stand around a word: before it and behind it.
constexpr std::array<std::pair<std::string_view, std::string_view>, 9> around{
    {{"", ""},
     {"<emphasis level='strong'>", "</emphasis>"},
     {"<prosody rate='120%' volume='soft'>", "</prosody>"},
     {"<mark name='here'/>", ""},
     {"", "<break time='20ms'/>"},
     {"<amazon:effect name='whispered'>", "</amazon:effect>"},
     {"<s>", "</s>"},
     {"<!-- no word -->", ""},
     {"<say-as interpret-as='spell-out'>", "</say-as>"}}};

TEST_F(SpeechMarksTest, every_word_of_any_ssml_is_where_it_was_put) {
    Random random(23);
    for (const VoiceWords& voice : voice_words) {
        for (int round = 0; round < 6; ++round) {
            ComposedText text;
            for (int i = 0; i < 9; ++i) {
                const auto& [before, behind] = around.at(random.below(around.size()));
                text.other(before);
                text.word(voice.words[random.below(voice.words.size())]);
                text.other(behind);
                text.other(random.below(4) == 0 ? "! " : voice.space);
            }
            const auto marks =
                marks_of(text.ssml(), {.is_ssml = true, .voice = std::string(voice.voice)});
            check(text.ssml(), marks);
            std::vector<ComposedText::Word> seen;
            for (const Mark& mark : marks) {
                if (mark.type == "word") seen.push_back({.text = mark.value, .start = mark.start});
            }
            ASSERT_EQ(seen, text.words()) << voice.voice << ": " << text.ssml();
        }
    }
}

// What is said for a word changes nothing of where it is.
TEST_F(SpeechMarksTest, words_that_are_said_otherwise_keep_their_places) {
    const std::vector<std::pair<std::string_view, std::vector<std::string_view>>> texts{
        {"one <sub alias='World Wide Web'>WWW</sub> two", {"one", "WWW", "two"}},
        {"<phoneme alphabet='ipa' ph='pɪˈkɑːn'>pecan</phoneme> pie", {"pecan", "pie"}},
        {"on <say-as interpret-as='date' format='mdy'>12/31/1999</say-as> he",
         {"on", "12", "31", "1999", "he"}},
        {"<say-as interpret-as='cardinal'>12345</say-as> of them", {"12345", "of", "them"}},
        {"I <w role='amazon:VBD'>read</w> it", {"I", "read", "it"}},
        {"a &lt; b &amp; c", {"a", "b", "c"}},
        {"<lang xml:lang='fr-FR'>été chaud</lang> here", {"été", "chaud", "here"}}};
    for (const auto& [inner, wanted] : texts) {
        const std::string text = fmt::format("<speak>{}</speak>", inner);
        const auto marks = marks_of(text, {.is_ssml = true});
        check(text, marks);
        EXPECT_EQ(values(marks, "word"), Texts(wanted.begin(), wanted.end())) << text;
    }
}

}  // namespace
}  // namespace onput::tts
