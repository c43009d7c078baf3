// Texts of every script of Unicode, and of every voice's language, through the real engine in a
// confined child: whatever a text does to the engine, the worker lives, and the text is spoken, at
// most without the phrases that crash, or refused because no voice speaks it.
//
//   ONPUT_SPEECH_ROUNDS=50 tts_scripts_test      more texts of each (1 by default)
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <poll.h>
#include <set>
#include <sys/mman.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unistd.h>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "common/base/random.hpp"
#include "common/base/text.hpp"
#include "common/base/utf8.hpp"
#include "common/worker/job_process.hpp"
#include "services/tts/phrase_search.hpp"
#include "services/tts/speech.hpp"

namespace onput::tts {
namespace {

using Letters = std::vector<char32_t>;

constexpr std::uint64_t first_seed = 20'261'129;
constexpr std::size_t words_of_a_paragraph = 5;
constexpr std::size_t scripts_of_a_text = 8;  // For a voice that speaks none of them.
constexpr std::size_t word_letters_max = 6;
// What every voice can say: when all else is left out, something is spoken still.
constexpr std::string_view numbers = "1 2 3.";
constexpr auto text_time_max = std::chrono::seconds(30);

std::uint64_t rounds() {
    const char* wanted = std::getenv("ONPUT_SPEECH_ROUNDS");  // NOLINT(concurrency-mt-unsafe)
    return wanted == nullptr ? 1 : parse_number<std::uint64_t>(wanted).value_or(1);
}

// The assigned characters of each script, "Zyyy" (common) and "Zinh" (combining marks) included.
const std::map<std::string, Letters>& scripts() {
    static const std::map<std::string, Letters> all = [] {
        std::map<std::string, Letters> found;
        for (char32_t code = 0xa0; code <= 0x10ffff; ++code) {
            UErrorCode error = U_ZERO_ERROR;
            const auto point = static_cast<UChar32>(code);
            const UScriptCode script = uscript_getScript(point, &error);
            if (u_isdefined(point) == 0 || script == USCRIPT_UNKNOWN) continue;
            found[uscript_getShortName(script)].push_back(code);
        }
        for (char32_t code = '!'; code <= '~'; ++code) {
            found[u_isalpha(static_cast<UChar32>(code)) != 0 ? "Latn" : "Zyyy"].push_back(code);
        }
        return found;
    }();
    return all;
}

// Every voice that is installed, by its file: the name of a language.
std::vector<std::string> voice_languages() {
    std::vector<std::string> found;
    const std::filesystem::path folder = std::filesystem::path(speech_data_folder()) / "lang";
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (!entry.is_regular_file()) continue;
        std::ifstream file(entry.path());
        for (std::string word; file >> word;) {
            if (word != "language") continue;
            file >> word;
            found.push_back(word);
            break;
        }
    }
    std::ranges::sort(found);
    return found;
}

// The script that a language is written in, as CLDR has it; Latin where it says nothing.
std::string script_of(const std::string& language) {
    std::array<UScriptCode, 8> codes{};
    UErrorCode error = U_ZERO_ERROR;
    const auto count = uscript_getCode(language.c_str(), codes.data(), codes.size(), &error);
    return U_FAILURE(error) || count == 0 ? "Latn" : uscript_getShortName(codes[0]);
}

// Words of random letters: what no author writes, and uploaded files hold all the same.
std::string random_paragraph(Random& random, const Letters& letters) {
    const auto& common = scripts().at("Zyyy");
    const auto& marks = scripts().at("Zinh");
    std::string text;
    for (std::size_t word = 0; word < words_of_a_paragraph; ++word) {
        const std::size_t length = 1 + random.below(word_letters_max);
        for (std::size_t i = 0; i < length; ++i) {
            const auto& source = random.chance(1, 24)   ? common
                                 : random.chance(1, 24) ? marks
                                                        : letters;
            append_utf8(source[random.below(source.size())], text);
        }
        text += random.chance(1, 8) ? ".\n" : " ";
    }
    return text + "\n\n";
}

class ScriptsTest : public testing::Test {
protected:
    void SetUp() override {
        auto created = worker::JobZygote::create({.name = "speech",
                                                  .initialise = load_speech_engine,
                                                  .run = run_speech_job,
                                                  .readable = {speech_data_folder()},
                                                  .jobs_max = 1});
        ASSERT_TRUE(created) << created.error().message;
        zygote_ = std::move(*created);
    }

    Result<SpeechResult> run_child(int input, int output, const SpeechJob& job) {
        const worker::JobId id(++last_job_);
        ONPUT_TRY_VOID(zygote_->start({.id = id,
                                       .parameters = schema::encode(job),
                                       .input_fd = input,
                                       .output_fd = output,
                                       .limits = {.wall_time = text_time_max}}));
        pollfd watched{.fd = zygote_->fd(), .events = POLLIN, .revents = 0};
        EXPECT_EQ(::poll(&watched, 1, 2 * std::chrono::milliseconds(text_time_max).count()), 1);
        auto outcomes = zygote_->take_finished();
        if (outcomes.size() != 1) return fail(ErrorCode::internal, "the child has no end");
        ONPUT_TRY(const std::string bytes, std::move(outcomes[0].result));
        return schema::decode<SpeechResult>(bytes);
    }

    // As the worker does it, child after child.
    Result<SpeechResult> speak(const std::string& text, SpeechJob job) {
        const worker::FileDescriptor input(::memfd_create("input", MFD_CLOEXEC));
        const worker::FileDescriptor output(::memfd_create("output", MFD_CLOEXEC));
        EXPECT_EQ(::pwrite(input.get(), text.data(), text.size(), 0),
                  static_cast<ssize_t>(text.size()));
        PhraseSearch search(std::move(job));
        for (;;) {
            const auto result = run_child(input.get(), output.get(), search.next());
            // The engine may crash; it may not reach for what a child is denied.
            if (!result) {
                EXPECT_FALSE(result.error().message.contains("bad system call"));
            }
            const auto segment = ::lseek(input.get(), 0, SEEK_CUR);
            auto end = search.take(result, static_cast<std::uint64_t>(std::max<off_t>(segment, 0)));
            if (end) return *std::move(end);
        }
    }

    // Spoken, or refused because there is no voice for it.
    void expect_an_end(const std::string& text) {
        const auto result = speak(text + std::string(numbers), {});
        if (!result) {
            EXPECT_EQ(result.error().reason, "no_such_voice") << result.error().message << text;
        }
    }
    void expect_spoken(const std::string& text, const SpeechJob& job) {
        const auto result = speak(text + std::string(numbers), job);
        EXPECT_TRUE(result) << result.error().message << text;
    }

private:
    std::unique_ptr<worker::JobZygote> zygote_;
    std::uint64_t last_job_ = 0;
};

TEST_F(ScriptsTest, a_text_of_any_script_is_spoken_or_refused_and_the_worker_lives) {
    ASSERT_GT(scripts().size(), 150U);
    for (std::uint64_t round = 0; round < rounds(); ++round) {
        Random random(first_seed + round);
        std::string of_many;
        std::size_t count = 0;
        for (const auto& [script, letters] : scripts()) {
            SCOPED_TRACE(fmt::format("{}, round {}", script, round));
            const std::string text = random_paragraph(random, letters);
            expect_an_end(text);
            of_many += text;
            if (++count % scripts_of_a_text != 0 && count < scripts().size()) continue;
            // A voice that was asked for takes whatever the text shows.
            expect_spoken(std::exchange(of_many, {}), {.object_voice = "en"});
        }
    }
    expect_spoken("The worker is alive and well.", {});
}

TEST_F(ScriptsTest, every_voice_speaks_its_own_letters_and_those_of_others) {
    const auto languages = voice_languages();
    ASSERT_GT(languages.size(), 100U);
    for (std::uint64_t round = 0; round < rounds(); ++round) {
        Random random(first_seed + round);
        std::vector<const Letters*> others;
        for (const auto& [script, letters] : scripts()) others.push_back(&letters);
        for (const auto& language : languages) {
            SCOPED_TRACE(fmt::format("{}, round {}", language, round));
            const Letters& own = scripts().at(script_of(language));
            const Letters& other = *others[random.below(others.size())];
            expect_spoken(random_paragraph(random, own) + random_paragraph(random, other),
                          {.object_language = language});
        }
    }
    expect_spoken("The worker is alive and well.", {});
}

}  // namespace
}  // namespace onput::tts
