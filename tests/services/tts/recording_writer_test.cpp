#include "services/tts/recording_writer.hpp"

#include <cmath>
#include <cstdio>
#include <string>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "common/worker/file_descriptor.hpp"
#include "services/tts/recording_format.hpp"
#include "services/tts/speech.hpp"

namespace onput::tts {
namespace {

constexpr std::size_t seconds = 4;

// A tone, so that an encoder has something to do.
std::vector<std::int16_t> tone() {
    std::vector<std::int16_t> samples(seconds * speech_sample_rate);
    for (std::size_t i = 0; i < samples.size(); ++i) {
        const double turn = static_cast<double>(i) * 440 * 6.283185 / speech_sample_rate;
        samples[i] = static_cast<std::int16_t>(8'000 * std::sin(turn) * std::sin(turn / 97));
    }
    return samples;
}

class RecordingTest : public testing::Test {
protected:
    // Bytes of the file.
    std::uint64_t record(const RecordingSettings& settings) {
        file = worker::FileDescriptor(::memfd_create("recording", 0));
        auto opened = open_recording(file.get(), settings);
        EXPECT_TRUE(opened) << opened.error().message;
        if (!opened) return 0;
        EXPECT_TRUE((*opened)->write(tone()));
        EXPECT_TRUE((*opened)->finish({}));
        EXPECT_EQ((*opened)->samples(), tone().size());
        struct stat status{};
        EXPECT_EQ(::fstat(file.get(), &status), 0);
        EXPECT_EQ((*opened)->bytes(), static_cast<std::uint64_t>(status.st_size));
        return (*opened)->bytes();
    }

    [[nodiscard]] std::string probe(const std::string& entries) const {
        const std::string command =
            fmt::format("ffprobe -v error -show_entries {} -of csv=p=0 /proc/{}/fd/{}", entries,
                        ::getpid(), file.get());
        std::FILE* const pipe = ::popen(command.c_str(), "r");
        if (pipe == nullptr) return "popen failed";
        std::array<char, 256> line{};
        std::string said;
        while (std::fgets(line.data(), line.size(), pipe) != nullptr) said += line.data();
        ::pclose(pipe);
        return said.substr(0, said.find('\n'));
    }

    worker::FileDescriptor file;
};

TEST_F(RecordingTest, each_format_is_what_it_is_called_and_as_long_as_its_sound) {
    for (const auto& [format, codec] :
         std::vector<std::pair<std::string, std::string>>{{"mp3", "mp3"},
                                                          {"ogg_vorbis", "vorbis"},
                                                          {"ogg_opus", "opus"},
                                                          {"wav", "pcm_s16le"}}) {
        record({.format = format, .title = "tone"});
        if (probe("format=duration").empty())
            GTEST_SKIP() << "ffprobe is not installed: the file is not checked by another program";
        EXPECT_EQ(probe("stream=codec_name"), codec);
        EXPECT_NEAR(std::stod(probe("format=duration")), seconds, 0.1) << format;
    }
}

TEST_F(RecordingTest, every_bit_rate_that_is_named_is_taken_and_about_kept) {
    for (const RecordingFormat& format : recording_formats()) {
        std::uint64_t before = 0;
        for (const std::uint32_t rate : format.bitrates_kbps) {
            const std::uint64_t bytes = record({.format = format.name, .bitrate_kbps = rate});
            EXPECT_GE(bytes, before) << format.name << " " << rate;
            before = bytes;
        }
    }
    // Constant, of an MP3: 8 kbit/s are 1000 bytes a second, beside what its head takes.
    EXPECT_NEAR(static_cast<double>(record({.bitrate_kbps = 64})), seconds * 8'000.0, 2'000);
}

TEST_F(RecordingTest, a_wav_file_holds_the_samples_as_they_are) {
    EXPECT_EQ(record({.format = "wav"}), 44 + 2 * tone().size());
    std::vector<std::int16_t> read(tone().size());
    EXPECT_EQ(::pread(file.get(), read.data(), 2 * read.size(), 44),
              static_cast<ssize_t>(2 * read.size()));
    EXPECT_EQ(read, tone());
}

TEST_F(RecordingTest, a_wav_file_that_would_be_too_long_says_so) {
    file = worker::FileDescriptor(::memfd_create("recording", 0));
    const auto opened = open_recording(file.get(), {.format = "wav"});
    ASSERT_TRUE(opened);
    // Refused by their number: no sample of it is looked at.
    const std::vector<std::int16_t> one(1);
    const std::span<const std::int16_t> endless(one.data(), wav_sample_bytes_max / 2 + 1);
    EXPECT_EQ((*opened)->write(endless).error().reason, "text_too_long");
}

TEST(Recording, what_no_format_has_is_refused) {
    const worker::FileDescriptor file(::memfd_create("recording", 0));
    EXPECT_EQ(open_recording(file.get(), {.format = "flac"}).error().reason, "bad_setting");
    EXPECT_EQ(open_recording(file.get(), {.bitrate_kbps = 65}).error().reason, "bad_setting");
}

}  // namespace
}  // namespace onput::tts
