// Parts of an MP3 that were encoded apart, joined, and heard by another program.
#include "services/tts/book/mp3_part.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/tts/book/mp3_head.hpp"
#include "services/tts/speech.hpp"

namespace onput::tts {
namespace {

using Samples = std::vector<std::int16_t>;

// Something like a voice: tones that come and go, and silence at the end.
Samples sound(std::size_t count, std::size_t silence, double pitch) {
    Samples samples(count + silence);
    for (std::size_t i = 0; i < count; ++i) {
        const double time = static_cast<double>(i) / speech_sample_rate;
        const double loud = std::abs(std::sin(3 * time));
        samples[i] = static_cast<std::int16_t>(
            9000 * loud * (std::sin(pitch * time) + 0.4 * std::sin(3.1 * pitch * time)));
    }
    return samples;
}

struct Encoded {
    std::string bytes;
    std::uint64_t frames = 0;
    std::uint64_t samples = 0;

    [[nodiscard]] Mp3Part part() const { return {.frames = frames, .bytes = bytes.size()}; }
};

Encoded encode(const Samples& samples) {
    const int fd = ::memfd_create("part", MFD_CLOEXEC);
    auto writer = Mp3PartWriter::open(fd).value();
    // In pieces, as the engine gives them.
    for (std::size_t at = 0; at < samples.size(); at += 1323) {
        const auto count = std::min<std::size_t>(1323, samples.size() - at);
        EXPECT_TRUE(writer.write(std::span(samples).subspan(at, count)));
    }
    EXPECT_TRUE(writer.finish());
    Encoded encoded{.bytes = std::string(writer.bytes(), '\0'),
                    .frames = writer.frames(),
                    .samples = writer.samples()};
    EXPECT_EQ(::pread(fd, encoded.bytes.data(), encoded.bytes.size(), 0),
              static_cast<ssize_t>(encoded.bytes.size()));
    ::close(fd);
    return encoded;
}

std::string output_of(const std::string& command) {
    std::FILE* pipe = ::popen(command.c_str(), "r");
    std::string output;
    std::array<char, 65536> bytes{};
    while (const auto count = std::fread(bytes.data(), 1, bytes.size(), pipe))
        output.append(bytes.data(), count);
    EXPECT_EQ(::pclose(pipe), 0) << command;
    return output;
}

class Mp3PartTest : public testing::Test {
protected:
    void SetUp() override {
        // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread.
        if (std::system("ffmpeg -version >/dev/null 2>&1") != 0)
            GTEST_SKIP() << "ffmpeg is not installed: nobody hears the parts";
    }
    // A file with this MP3, as long as the test runs.
    std::string file_of(const std::string& mp3) {
        const int fd = ::memfd_create("mp3", 0);
        EXPECT_EQ(::pwrite(fd, mp3.data(), mp3.size(), 0), static_cast<ssize_t>(mp3.size()));
        return fmt::format("/proc/{}/fd/{}", ::getpid(), fd);
    }
    // What is heard of frames behind a head of their own.
    Samples heard(const std::string& frames, const std::vector<Mp3Part>& parts) {
        const std::string pcm = output_of(
            "ffmpeg -v error -i " + file_of(make_mp3_head("", {}, parts) + frames) + " -f s16le -");
        Samples samples(pcm.size() / 2);
        std::copy_n(reinterpret_cast<const char*>(pcm.data()), samples.size() * 2,
                    reinterpret_cast<char*>(samples.data()));
        return samples;
    }
    Samples heard(const Encoded& part) { return heard(part.bytes, {part.part()}); }
};

TEST_F(Mp3PartTest, joined_parts_are_heard_sample_by_sample_as_each_of_them_alone) {
    const auto one = encode(sound(44'111, 5000, 700));
    const auto two = encode(sound(30'001, 3333, 1100));
    const auto three = encode(sound(22'222, 9000, 900));
    const Samples joined =
        heard(one.bytes + two.bytes + three.bytes, {one.part(), two.part(), three.part()});
    const std::uint64_t frames = one.frames + two.frames + three.frames;
    ASSERT_EQ(joined.size(), frames * mp3_frame_samples - mp3_delay);
    std::size_t begin = 0;
    for (const Encoded* part : {&one, &two, &three}) {
        const Samples alone = heard(*part);
        ASSERT_EQ(alone.size(), part->samples - mp3_delay);
        const auto here = joined.begin() + static_cast<std::ptrdiff_t>(begin);
        EXPECT_TRUE(std::equal(alone.begin(), alone.end(), here)) << begin;
        begin += part->samples;
    }
}

TEST_F(Mp3PartTest, what_is_heard_is_what_was_said_at_its_place) {
    const Samples said = sound(40'000, 4000, 800);
    const auto one = encode(said);
    const auto two = encode(said);
    const Samples joined = heard(one.bytes + two.bytes, {one.part(), two.part()});
    for (const std::size_t begin : {std::size_t{0}, std::size_t{one.samples}}) {
        double error = 0;
        double power = 0;
        for (std::size_t i = 0; i < 40'000; ++i) {
            const double difference = joined[begin + i] - said[i];
            error += difference * difference;
            power += static_cast<double>(said[i]) * said[i];
        }
        EXPECT_LT(error, power / 100) << begin;  // 20 dB, which one sample of shift would not give.
    }
}

TEST_F(Mp3PartTest, the_head_states_length_title_and_chapters) {
    const auto one = encode(sound(44'100, 4000, 700));
    const auto two = encode(sound(66'150, 4000, 700));
    const std::vector<Mp3Part> parts{one.part(), two.part()};
    const std::string head = make_mp3_head(
        "S\u00e1ch \U0001f4d6",
        {{.title = "One", .begin_ms = 0}, {.title = "Hai", .begin_ms = frames_ms(one.frames)}},
        parts);
    const std::string probed = output_of(
        "ffprobe -v error -show_entries format=duration:format_tags:chapter "
        "-show_chapters -of compact " +
        file_of(head + one.bytes + two.bytes));
    EXPECT_NE(probed.find("tag:title=S\u00e1ch \U0001f4d6"), std::string::npos) << probed;
    EXPECT_NE(probed.find("tag:title=One"), std::string::npos) << probed;
    EXPECT_NE(probed.find("tag:title=Hai"), std::string::npos) << probed;
    const double seconds = static_cast<double>(one.samples + two.samples) / speech_sample_rate;
    const auto at = probed.find("duration=");
    ASSERT_NE(at, std::string::npos) << probed;
    EXPECT_NEAR(std::stod(probed.substr(at + 9)), seconds, 0.06) << probed;
    EXPECT_NE(probed.find(fmt::format("start={}",
                                      one.frames * mp3_frame_samples * 1000 / speech_sample_rate)),
              std::string::npos)
        << probed;
}

TEST_F(Mp3PartTest, a_seek_lands_in_the_part_that_it_names) {
    const auto one = encode(sound(220'500, 4000, 700));
    const auto two = encode(Samples(441'000));
    const std::string mp3 = make_mp3_head("", {}, {one.part(), two.part()}) + one.bytes + two.bytes;
    // The first part has nearly all bytes and a third of the time.
    const std::string pcm =
        output_of("ffmpeg -v error -ss 12 -i " + file_of(mp3) + " -t 1 -f s16le -");
    EXPECT_TRUE(std::ranges::all_of(pcm, [](char byte) { return byte == 0; }));
}

TEST(Mp3PartWriter, no_frame_needs_bytes_of_another) {
    const auto part = encode(sound(100'000, 4000, 900));
    std::span<const unsigned char> rest(reinterpret_cast<const unsigned char*>(part.bytes.data()),
                                        part.bytes.size());
    std::uint64_t frames = 0;
    while (!rest.empty()) {
        const std::size_t bytes = mp3_frame_bytes(rest);
        ASSERT_GT(bytes, 13U);
        ASSERT_LE(bytes, rest.size());
        EXPECT_EQ(rest[4], 0) << frames;  // main_data_begin.
        rest = rest.subspan(bytes);
        ++frames;
    }
    EXPECT_EQ(frames, part.frames);
}

TEST(Mp3PartWriter, a_part_ends_in_silence_and_with_a_whole_frame) {
    for (const std::size_t silence : {0U, 100U, 2304U, 2305U, 20'000U}) {
        const auto part = encode(sound(10'000, silence, 700));
        EXPECT_EQ(part.samples % mp3_frame_samples, 0U);
        EXPECT_GE(part.samples, 10'000 + std::max<std::size_t>(silence, part_silence_min));
        EXPECT_LT(part.samples,
                  10'001 + std::max<std::size_t>(silence, part_silence_min) + mp3_frame_samples);
        EXPECT_EQ(part.frames * mp3_frame_samples, part.samples);
    }
}

TEST(Mp3PartWriter, a_part_without_sound_is_a_moment_of_silence) {
    EXPECT_EQ(encode({}).samples, part_silence_min);
}

TEST(Mp3PartWriter, the_same_samples_give_the_same_bytes) {
    const Samples said = sound(50'000, 3000, 640);
    EXPECT_EQ(encode(said).bytes, encode(said).bytes);
}

TEST(Mp3FrameBytes, what_is_no_header_of_ours_is_none) {
    const auto bytes = [](std::vector<unsigned char> header) { return mp3_frame_bytes(header); };
    EXPECT_EQ(bytes({0xff, 0xf3, 0x80, 0xc4}), 208U);
    EXPECT_EQ(bytes({0xff, 0xf3, 0x82, 0xc4}), 209U);
    EXPECT_EQ(bytes({0xff, 0xf3, 0x80}), 0U);
    EXPECT_EQ(bytes({0xff, 0xfb, 0x80, 0xc4}), 0U);  // MPEG-1.
    EXPECT_EQ(bytes({0xff, 0xf3, 0x00, 0xc4}), 0U);
    EXPECT_EQ(bytes({0xff, 0xf3, 0xf0, 0xc4}), 0U);
    EXPECT_EQ(bytes({0xff, 0xf3, 0x84, 0xc4}), 0U);  // 24,000 Hz.
}

}  // namespace
}  // namespace onput::tts
