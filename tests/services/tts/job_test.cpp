#include "tests/services/tts/job_test.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>

#include "common/archive/zip.hpp"
#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"
#include "common/base/random.hpp"
#include "common/base/text.hpp"
#include "common/base/utf8.hpp"
#include "services/tts/book/messages.hpp"

namespace onput::tts {
namespace {

using namespace std::string_literals;

TEST_F(SpeechJobTest, an_english_text_is_spoken_in_english) {
    const SpeechResult result = speak_well(english);
    EXPECT_EQ(result.voice, "en");
    EXPECT_EQ(result.chosen_by, "text");
    EXPECT_EQ(result.encoding, "utf-8");
    EXPECT_EQ(result.characters, english.size());
    EXPECT_EQ(result.segments, 2U);
}

TEST_F(SpeechJobTest, a_vietnamese_text_is_spoken_in_vietnamese) {
    EXPECT_EQ(speak_well("Hôm nay trời đẹp, chúng tôi đi dạo trong công viên.").voice, "vi");
}

TEST_F(SpeechJobTest, a_german_text_in_windows_1252_is_spoken_in_german) {
    const SpeechResult result = speak_well(
        "Die M\xfcller und das M\xe4"
        "dchen sind nicht zu Hause.");
    EXPECT_EQ(result.voice, "de");
    EXPECT_EQ(result.encoding, "windows-1252");
}

TEST_F(SpeechJobTest, a_chinese_text_is_spoken_in_chinese) {
    EXPECT_EQ(speak_well("今天天气很好，我们去公园散步。").voice, "cmn");
}

TEST_F(SpeechJobTest, a_text_in_utf16_is_spoken) {
    std::string bytes = "\xff\xfe";
    for (const char c : english) bytes += std::string{c, '\0'};
    const SpeechResult result = speak_well(bytes);
    EXPECT_EQ(result.encoding, "utf-16le");
    EXPECT_EQ(result.duration_ms, speak_well(english).duration_ms);
}

TEST_F(SpeechJobTest, the_objects_own_voice_is_used) {
    SpeechJob job;
    job.object_voice = "en-us+f3";
    job.function_voice = "de";
    const SpeechResult result = speak_well(english, job);
    EXPECT_EQ(result.voice, "en-US+f3");
    EXPECT_EQ(result.chosen_by, "object");
}

TEST_F(SpeechJobTest, a_higher_rate_makes_a_shorter_speech) {
    SpeechJob fast;
    fast.rate_wpm = 350;
    EXPECT_LT(speak_well(english, fast).duration_ms * 3, speak_well(english).duration_ms * 2);
}

TEST_F(SpeechJobTest, a_rate_outside_its_range_is_refused) {
    SpeechJob job;
    job.rate_wpm = 5000;
    EXPECT_EQ(speak(english, job).result.error().code, ErrorCode::invalid_argument);
}

TEST_F(SpeechJobTest, an_unknown_voice_is_refused) {
    SpeechJob job;
    job.object_voice = "nobody";
    const Spoken spoken = speak(english, job);
    EXPECT_EQ(spoken.result.error().reason, "no_such_voice");
}

TEST_F(SpeechJobTest, a_text_without_letters_has_nothing_to_say) {
    for (const std::string_view text : {"", " \n\n", "-----\n\n*****", "\xef\xbb\xbf"}) {
        const Spoken spoken = speak(text);
        ASSERT_FALSE(spoken.result);
        EXPECT_EQ(spoken.result.error().code, ErrorCode::invalid_argument);
        EXPECT_EQ(spoken.result.error().reason, "nothing_to_say");
    }
}

TEST_F(SpeechJobTest, a_text_that_does_not_fit_its_time_is_refused_unspoken) {
    SpeechJob job;
    job.characters_max = english.size() * 100 - 1;
    const Spoken spoken = speak(repeat(english, 100), job);
    ASSERT_FALSE(spoken.result);
    EXPECT_EQ(spoken.result.error().reason, "text_too_long");
    EXPECT_EQ(spoken.result.error().code, ErrorCode::invalid_argument);
    EXPECT_TRUE(spoken.mp3.empty());
    EXPECT_EQ(spoken.segment_begun, 0U);
}

TEST_F(SpeechJobTest, characters_count_not_bytes) {
    SpeechJob job;
    const std::string_view russian = "Сегодня хорошая погода, мы гуляли в парке.";
    job.characters_max = 42;
    ASSERT_GT(russian.size(), job.characters_max);
    EXPECT_EQ(speak_well(russian, job).characters, 42U);
    job.characters_max = 41;
    EXPECT_EQ(speak(russian, job).result.error().reason, "text_too_long");
}

TEST_F(SpeechJobTest, an_image_is_not_a_text) {
    EXPECT_EQ(speak("\x89PNG\r\n\x1a\n\0\0\0\rIHDR"s).result.error().reason, "not_text");
}

TEST_F(SpeechJobTest, markup_and_phoneme_brackets_are_read_not_obeyed) {
    const std::uint64_t plain = speak_well("One two three. One two three.").duration_ms;
    EXPECT_LT(speak_well("One two three. <break time=\"60s\"/> One two three.").duration_ms,
              plain + 10'000);
}

TEST_F(SpeechJobTest, the_same_text_gives_the_same_bytes_every_time) {
    SpeechJob job;
    job.title = "notes/hello.txt";
    const std::string first = Digest::of(DigestAlgorithm::sha256, speak(english, job).mp3);
    for (int round = 0; round < 20; ++round) {
        // A different text in between: what one child says must not change what the next one says.
        if (round % 5 == 0) speak_well("Something else, and quite different from the rest.");
        EXPECT_EQ(Digest::of(DigestAlgorithm::sha256, speak(english, job).mp3), first);
    }
}

TEST_F(SpeechJobTest, the_title_is_in_the_files_head) {
    SpeechJob job;
    job.title = "Ghi chú.txt";
    const std::string mp3 = speak(english, job).mp3;
    const std::string in_utf16 = "G\0h\0i\0 \0c\0h\0\xfa\0.\0t\0x\0t\0"s;
    EXPECT_NE(mp3.substr(0, 200).find(in_utf16), mp3.npos);
    job.title = repeat("long/", 1000);
    EXPECT_LT(speak(english, job).mp3.size(), mp3.size() + 3 * 1024);
}

TEST_F(SpeechJobTest, a_text_that_crashes_the_engine_fails_alone) {
    const Spoken poisoned = speak(crashing_phrase);
    if (poisoned.result)
        GTEST_SKIP() << "this espeak-ng does not crash on long dotted abbreviations";
    EXPECT_EQ(poisoned.result.error().reason, "job_crashed");
    EXPECT_TRUE(
        poisoned.result.error().message.starts_with("speech child ended by signal 6 (aborted)"))
        << poisoned.result.error().message;
    EXPECT_EQ(poisoned.segment_begun, 1U);
    EXPECT_EQ(speak_well(english).voice, "en");
}

TEST_F(SpeechJobTest, a_phrase_that_crashes_the_engine_is_left_out_and_the_rest_is_spoken) {
    if (speak(crashing_phrase).result)
        GTEST_SKIP() << "this espeak-ng does not crash on long dotted abbreviations";
    const std::string text =
        fmt::format("{}\n\nOne two {} three four.\n\n{}", english, crashing_phrase, english);
    PhraseSearch search(SpeechJob{});
    const Spoken spoken = speak_around_faults(text, search);
    ASSERT_TRUE(spoken.result) << spoken.result.error().message;
    EXPECT_EQ(spoken.result->segments, 5U);
    EXPECT_EQ(spoken.result->output_bytes, spoken.mp3.size());
    ASSERT_FALSE(search.left_out().empty());
    for (const auto& phrase : search.left_out()) {
        EXPECT_EQ(phrase.range.segment, 3U);
        EXPECT_TRUE(crashing_phrase.contains(trimmed(phrase.text))) << phrase.text;
    }
}

// Crashes and hangs by the word, else speaks.
Result<void> faulty_engine(const SegmentSource& segments, const SpeechSettings& settings,
                           const SampleSink& sink) {
    const SegmentSource checked = [&segments]() -> Result<std::optional<std::string>> {
        auto segment = segments();
        if (segment && *segment && (*segment)->contains("crash")) std::abort();
        for (volatile bool hangs = segment && *segment && (*segment)->contains("hang"); hangs;) {
        }
        return segment;
    };
    return synthesize(checked, settings, sink);
}

TEST_F(SpeechJobTest, phrases_that_crash_or_hang_the_engine_are_left_out) {
    start_zygote([](std::string_view parameters, int input_fd, int output_fd) {
        return run_speech_job_by(faulty_engine, parameters, input_fd, output_fd);
    });
    PhraseSearch search(SpeechJob{});
    const Spoken spoken = speak_around_faults(
        "The first paragraph.\n\nIt will crash here.\n\nThe third one.\n\nhang on", search);
    ASSERT_TRUE(spoken.result) << spoken.result.error().message;
    ASSERT_EQ(search.left_out().size(), 2U);
    EXPECT_EQ(search.left_out()[0].text, " crash");
    EXPECT_EQ(search.left_out()[1].text, "hang");
}

// Words of random letters of a script, and one run without white space.
std::string random_text(Random& random, char32_t first, char32_t last) {
    std::string text;
    for (std::size_t i = 0; i < 200; ++i) {
        append_utf8(first + static_cast<char32_t>(random.below(last - first + 1)), text);
        if (i < 140 && random.below(5) == 0) text += ' ';
    }
    return text;
}

TEST_F(SpeechJobTest, random_text_of_any_script_costs_no_more_than_phrases) {
    struct Script {
        std::string voice;
        char32_t first;
        char32_t last;
    };
    const std::vector<Script> scripts{
        {"en", 'A', 'z'},        {"vi", 0xc0, 0x1b0},
        {"el", 0x391, 0x3c9},    {"ru", 0x410, 0x44f},
        {"hy", 0x531, 0x586},    {"he", 0x5d0, 0x5ea},
        {"ar", 0x621, 0x652},    {"hi", 0x905, 0x94d},
        {"bn", 0x985, 0x9cd},    {"pa", 0xa05, 0xa4d},
        {"gu", 0xa85, 0xacd},    {"or", 0xb05, 0xb4d},
        {"ta", 0xb85, 0xbcd},    {"te", 0xc05, 0xc4d},
        {"kn", 0xc85, 0xccd},    {"ml", 0xd05, 0xd4d},
        {"si", 0xd85, 0xdca},    {"th", 0xe01, 0xe4e},
        {"my", 0x1000, 0x104f},  {"ka", 0x10d0, 0x10f0},
        {"am", 0x1200, 0x135a},  {"chr-US-Qaaa-x-west", 0x13a0, 0x13f4},
        {"ja", 0x3041, 0x30ff},  {"cmn", 0x4e00, 0x9fa5},
        {"ko", 0xac00, 0xd7a3},  {"en", 0x2800, 0x28ff},
        {"en", 0x1f300, 0x1f5ff}};
    Random random(11);
    for (const auto& [voice, first, last] : scripts) {
        SpeechJob job;
        job.object_voice = voice;
        PhraseSearch search(job);
        const std::string text = fmt::format("{}\n\n1 2 3", random_text(random, first, last));
        const Spoken spoken = speak_around_faults(text, search);
        ASSERT_TRUE(spoken.result) << voice << ": " << spoken.result.error().message;
        RecordProperty("left_out_" + voice, static_cast<int>(search.left_out().size()));
    }
    EXPECT_EQ(speak_well(english).voice, "en");  // The worker's zygote is as it was.
}

TEST_F(SpeechJobTest, a_long_text_is_spoken_in_constant_memory) {
    const std::uint64_t small = speak(english).usage.peak_rss_bytes;
    const Spoken spoken = speak(repeat(english, 50'000 / english.size()));
    ASSERT_TRUE(spoken.result) << spoken.result.error().message;
    EXPECT_LT(spoken.usage.peak_rss_bytes, 64U << 20);
    EXPECT_LT(spoken.usage.peak_rss_bytes, small + (4U << 20));
}

// What ffprobe reads of a file, or nothing when it is not installed.
std::string probe(const std::string& mp3, const std::string& entry) {
    std::string path = testing::TempDir() + "onput-speech-XXXXXX";
    const worker::FileDescriptor file(::mkstemp(path.data()));
    EXPECT_EQ(::write(file.get(), mp3.data(), mp3.size()), static_cast<ssize_t>(mp3.size()));
    const std::string command = "ffprobe -v error -show_entries " + entry +
                                " -of default=nw=1:nk=1 " + path + " 2>/dev/null";
    std::string out;
    FILE* pipe = ::popen(command.c_str(), "r");
    std::array<char, 256> line{};
    while (pipe != nullptr && std::fgets(line.data(), line.size(), pipe) != nullptr)
        out += line.data();
    if (pipe != nullptr) ::pclose(pipe);
    ::unlink(path.c_str());
    while (out.ends_with('\n')) out.pop_back();
    return out;
}

TEST_F(SpeechJobTest, a_plan_leaves_the_decoded_text_and_its_parts_are_spoken_as_in_the_whole) {
    const std::string text = "# One\r\n\r\n" + repeat("Some *words* of e\u0301t\u00e9 here. ", 40) +
                             "\n\n## Two\n\nEnd.";
    const Spoken planned = speak(text, {.plan_length = 600, .document = "markdown"});
    ASSERT_TRUE(planned.result) << planned.result.error().message;
    const std::string prose = planned.mp3.substr(0, planned.result->text_bytes);
    EXPECT_TRUE(prose.starts_with("One\n\nSome words of \u00e9t\u00e9 here.")) << prose;
    const auto plan = schema::decode<BookPlan>(planned.mp3.substr(prose.size()));
    ASSERT_TRUE(plan) << plan.error().message;
    ASSERT_GE(plan->parts.size(), 2U);
    EXPECT_EQ(plan->parts.back().end, prose.size());
    EXPECT_EQ(plan->headings, (std::vector<std::uint64_t>{0, prose.find("Two")}));
    for (const PartRange& part : plan->parts) {
        SpeechJob whole{.object_voice = "fr", .begin = part.begin, .end = part.end};
        whole.document = "markdown";
        SpeechJob alone{.object_voice = "fr", .end = part.end - part.begin};
        alone.headings = headings_within(plan->headings, part);
        const Spoken in_whole = speak(text, whole);
        const Spoken apart = speak(prose.substr(part.begin, part.end - part.begin), alone);
        ASSERT_TRUE(in_whole.result && apart.result);
        EXPECT_EQ(in_whole.mp3, apart.mp3);
        EXPECT_EQ(in_whole.result->chapters, apart.result->chapters);
    }
}

TEST_F(SpeechJobTest, the_headings_of_a_short_document_are_chapters_too) {
    const std::string text = "# One\n\n" + std::string(english) + "\n\n## Two\n\nEnd of it.";
    for (const std::uint32_t bitrate : {0U, 64U}) {
        const Spoken spoken =
            speak(text, {.title = "short.md", .document = "markdown", .bitrate_kbps = bitrate});
        ASSERT_TRUE(spoken.result) << spoken.result.error().message;
        EXPECT_EQ(spoken.result->output_bytes, spoken.mp3.size());
        const std::string chapters = probe(
            spoken.mp3, "format=duration -show_entries chapter=start_time:chapter_tags=title");
        if (chapters.empty()) GTEST_SKIP() << "ffprobe is not installed";
        EXPECT_TRUE(chapters.contains("One") && chapters.contains("Two")) << chapters;
        const std::string plain =
            probe(speak(text, {.bitrate_kbps = bitrate}).mp3, "chapter_tags=title");
        EXPECT_FALSE(plain.contains("One")) << plain;
    }
}

TEST_F(SpeechJobTest, a_book_in_epub_is_spoken_and_a_hostile_one_is_refused) {
    const std::string epub = *archive::make_zip(
        {{.name = "META-INF/container.xml", .bytes = "<c><rootfile full-path='a.opf'/></c>"},
         {.name = "a.opf",
          .bytes = "<p><item id='a' href='a.xhtml' media-type='application/xhtml+xml'/>"
                   "<itemref idref='a'/></p>"},
         {.name = "a.xhtml", .bytes = "<h1>Title</h1><p>" + std::string(english) + "</p>"}});
    const Spoken spoken = speak(epub, {.document = "epub"});
    ASSERT_TRUE(spoken.result) << spoken.result.error().message;
    EXPECT_EQ(spoken.result->segments, 2U);
    EXPECT_TRUE(spoken.result->language.starts_with("en"));
    EXPECT_EQ(spoken.result->encoding, "utf-8");
    EXPECT_EQ(speak("PK\x03\x04", {.document = "epub"}).result.error().reason, "bad_epub");
    EXPECT_EQ(speak(epub, {.characters_max = 20, .document = "epub"}).result.error().reason,
              "text_too_long");
}

TEST_F(SpeechJobTest, another_program_reads_the_file_and_its_exact_length) {
    SpeechJob job;
    job.title = "Ghi chú.txt";
    const Spoken spoken = speak(repeat(std::string(english) + "\n\n", 5), job);
    ASSERT_TRUE(spoken.result);
    const std::string codec = probe(spoken.mp3, "stream=codec_name,sample_rate,channels");
    if (codec.empty())
        GTEST_SKIP() << "ffprobe is not installed: the file is not checked by another program";
    EXPECT_EQ(codec, "mp3\n22050\n1");
    EXPECT_EQ(probe(spoken.mp3, "format_tags=title"), "Ghi chú.txt");
    const double seconds = std::strtod(probe(spoken.mp3, "format=duration").c_str(), nullptr);
    // ffprobe counts whole frames of 26 ms, and the encoder's own delay.
    EXPECT_NEAR(seconds * 1000, static_cast<double>(spoken.result->duration_ms), 120);
}

}  // namespace
}  // namespace onput::tts
