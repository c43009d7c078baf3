#include "services/tts/program/wav.hpp"

#include <string>

#include <gtest/gtest.h>

namespace onput::tts {
namespace {

std::string number(std::uint32_t value, std::size_t bytes) {
    std::string text;
    for (std::size_t i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xff);
    return text;
}

std::string chunk(std::string_view name, std::string_view bytes) {
    std::string text(name);
    text += number(static_cast<std::uint32_t>(bytes.size()), 4);
    text += bytes;
    if (bytes.size() % 2 == 1) text += '\0';
    return text;
}

struct Format {
    std::uint32_t tag = 1;
    std::uint32_t channels = 1;
    std::uint32_t rate = 16'000;
    std::uint32_t bits = 16;
};

std::string format(const Format& of) {
    return chunk("fmt ", number(of.tag, 2) + number(of.channels, 2) + number(of.rate, 4) +
                             number(of.rate * 2, 4) + number(2, 2) + number(of.bits, 2));
}

std::string wav(std::string_view chunks) {
    return "RIFF" + number(0, 4) + "WAVE" + std::string(chunks);
}

std::string told(const std::string& file) {
    const auto sound = read_wav_head(file, file.size());
    return sound ? "good" : sound.error().reason + ": " + sound.error().message;
}

std::string told_bad(std::string_view what) {
    return "program_bad_sound: the program wrote no sound that can be used: " + std::string(what);
}

TEST(WavTest, samples_have_a_place_a_rate_and_channels) {
    const std::string file = wav(format({.channels = 2, .rate = 44'100}) + chunk("LIST", "odd") +
                                 chunk("data", "12345678"));
    const auto sound = read_wav_head(file, file.size());
    ASSERT_TRUE(sound) << sound.error().message;
    EXPECT_EQ(sound->sample_rate, 44'100U);
    EXPECT_EQ(sound->channels, 2U);
    EXPECT_EQ(file.substr(sound->begin, sound->bytes), "12345678");
}

TEST(WavTest, a_size_that_was_never_written_is_that_of_the_rest) {
    for (const std::uint32_t size : {0U, 0x7ffff000U, 0xffffffffU}) {
        const std::string file = wav(format({}) + "data" + number(size, 4) + "123456");
        const auto sound = read_wav_head(file, file.size());
        ASSERT_TRUE(sound) << sound.error().message;
        EXPECT_EQ(sound->bytes, 6U) << size;
    }
}

TEST(WavTest, half_a_sample_at_the_end_is_left_out) {
    const std::string file = wav(format({}) + chunk("data", "12345"));
    EXPECT_EQ(read_wav_head(file, file.size())->bytes, 4U);
}

TEST(WavTest, an_extensible_format_is_read_as_what_it_is) {
    const auto extensible = [](std::uint32_t tag) {
        return wav(chunk("fmt ", number(0xfffe, 2) + number(1, 2) + number(22'050, 4) +
                                     number(44'100, 4) + number(2, 2) + number(16, 2) +
                                     number(22, 2) + number(16, 2) + number(4, 4) + number(tag, 2) +
                                     std::string(14, 'x')) +
                   chunk("data", "12"));
    };
    EXPECT_EQ(told(extensible(1)), "good");
    EXPECT_EQ(told(extensible(3)), told_bad("format 3 with 16 bits, not 16-bit PCM"));
}

TEST(WavTest, what_is_no_sound_is_refused_with_its_fault) {
    EXPECT_EQ(told(""), told_bad("nothing at all"));
    EXPECT_EQ(told("hello, world"), told_bad("it is no WAV"));
    EXPECT_EQ(told("RIFF"), told_bad("it is no WAV"));
    EXPECT_EQ(told(wav("")), told_bad("there are no samples"));
    EXPECT_EQ(told(wav(format({}))), told_bad("there are no samples"));
    EXPECT_EQ(told(wav(format({}) + chunk("data", ""))), told_bad("there are no samples"));
    EXPECT_EQ(told(wav(chunk("data", "12"))), told_bad("samples without a format"));
    EXPECT_EQ(told(wav(chunk("fmt ", "short") + chunk("data", "12"))),
              told_bad("its format is cut"));
    const std::string data = chunk("data", "12");
    EXPECT_EQ(told(wav(format({.bits = 8}) + data)),
              told_bad("format 1 with 8 bits, not 16-bit PCM"));
    EXPECT_EQ(told(wav(format({.channels = 3}) + data)), told_bad("3 channels"));
    EXPECT_EQ(told(wav(format({.channels = 0}) + data)), told_bad("0 channels"));
    EXPECT_EQ(told(wav(format({.rate = 1}) + data)), told_bad("1 samples a second"));
}

TEST(WavTest, every_cut_of_a_file_is_read_or_refused) {
    const std::string file = wav(format({}) + chunk("LIST", "odd") + chunk("data", "12345678"));
    for (std::size_t size = 0; size < file.size(); ++size) {
        const auto sound = read_wav_head(std::string_view(file).substr(0, size), size);
        EXPECT_LE(sound ? sound->begin + sound->bytes : 0, size);
    }
}

}  // namespace
}  // namespace onput::tts
