#include "services/tts/onnx/vocoder.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <numeric>

#include <gtest/gtest.h>

namespace onput::tts {
namespace {

constexpr float silent = -30;  // A logarithm: e to it is nothing.

struct Spectra {
    std::size_t frames;
    std::vector<float> harmonic_gain = filled(silent), harmonic_phase = filled(0);
    std::vector<float> noise_gain = filled(silent), free_gain = filled(silent);
    std::vector<float> free_phase = filled(0);
    std::vector<float> f0 = std::vector<float>(frames, 0);

    explicit Spectra(std::size_t count) : frames(count) {}
    [[nodiscard]] std::vector<float> filled(float value) const {
        return std::vector<float>(frames * spectrum_bins, value);
    }
    [[nodiscard]] SpectralFrames view() const {
        return {.frames = frames,
                .harmonic_gain = harmonic_gain,
                .harmonic_phase = harmonic_phase,
                .noise_gain = noise_gain,
                .free_gain = free_gain,
                .free_phase = free_phase,
                .f0 = f0};
    }
};

// How loud a sound is at a pitch, as the amplitude of its cosine.
double amplitude_at(const std::vector<float>& sound, double hertz) {
    std::complex<double> sum = 0;
    for (std::size_t i = 0; i < sound.size(); ++i) {
        sum += double(sound[i]) * std::polar(1.0, -2 * std::numbers::pi * hertz *
                                                      static_cast<double>(i) / vocoder_sample_rate);
    }
    return 2 * std::abs(sum) / static_cast<double>(sound.size());
}

double power(const std::vector<float>& sound) {
    return std::inner_product(sound.begin(), sound.end(), sound.begin(), 0.0) /
           static_cast<double>(sound.size());
}

TEST(Pulses, have_every_harmonic_below_11_khz_equally_loud) {
    const std::vector<float> pulses = make_pulses(std::vector<float>(80, 200.0F));
    ASSERT_EQ(pulses.size(), 80 * frame_samples);
    for (const double hertz : {200.0, 400.0, 2'000.0, 10'800.0})
        EXPECT_NEAR(amplitude_at(pulses, hertz), 1, 0.02) << hertz;
    EXPECT_NEAR(amplitude_at(pulses, 300), 0, 0.02);
    EXPECT_NEAR(amplitude_at(pulses, 11'200), 0, 0.02);
}

TEST(Pulses, are_silent_where_the_pitch_is_below_40_hz) {
    for (const float sample : make_pulses(std::vector<float>(4, 0.0F))) EXPECT_EQ(sample, 0);
    EXPECT_TRUE(make_pulses({}).empty());
}

TEST(Pulses, the_pitch_goes_evenly_from_one_frame_to_the_next) {
    std::vector<float> f0(40, 100.0F);
    std::fill(f0.begin() + 20, f0.end(), 200.0F);
    const std::vector<float> pulses = make_pulses(f0);
    // The largest step between two samples is that of a pulse, not of a break in the phase.
    const std::vector<float> even = make_pulses(std::vector<float>(40, 100.0F));
    const auto peak = [](const std::vector<float>& of) { return *std::ranges::max_element(of); };
    EXPECT_LE(peak(pulses), peak(even) * 1.01);
}

TEST(Vocoder, harmonics_have_the_gain_that_the_spectra_give_them) {
    Spectra spectra(80);
    spectra.harmonic_gain = spectra.filled(std::log(0.05F));
    std::ranges::fill(spectra.f0, 240.0F);
    const std::vector<float> sound = Vocoder().synthesize(spectra.view());
    ASSERT_EQ(sound.size(), 80 * frame_samples);
    // A cosine of amplitude 1 has a magnitude of 1 in the pulses' spectrum, and one of an inverse
    // transform is 1 / 300 of it.
    EXPECT_NEAR(amplitude_at(sound, 960) * 300, 0.05, 0.005);
    EXPECT_NEAR(amplitude_at(sound, 1'080) * 300, 0, 0.005);
}

TEST(Vocoder, noise_has_no_pitch_and_the_power_of_its_gain) {
    Spectra spectra(400);
    spectra.noise_gain = spectra.filled(0);
    const Vocoder vocoder;
    const double once = power(vocoder.synthesize(spectra.view()));
    spectra.noise_gain = spectra.filled(std::log(2.0F));
    EXPECT_NEAR(power(vocoder.synthesize(spectra.view())) / once, 4, 0.01);
}

TEST(Vocoder, gains_are_bounded) {
    Spectra spectra(4);
    spectra.noise_gain = spectra.filled(1'000);
    for (const float sample : Vocoder().synthesize(spectra.view()))
        ASSERT_TRUE(std::isfinite(sample));
}

TEST(Vocoder, the_same_spectra_give_the_same_sound) {
    Spectra spectra(16);
    spectra.noise_gain = spectra.filled(0);
    spectra.harmonic_gain = spectra.filled(0);
    std::ranges::fill(spectra.f0, 180.0F);
    const Vocoder vocoder;
    const auto first = vocoder.synthesize(spectra.view());
    EXPECT_EQ(first, vocoder.synthesize(spectra.view()));
    EXPECT_EQ(first, Vocoder().synthesize(spectra.view()));
}

TEST(Vocoder, no_frames_are_no_sound) {
    EXPECT_TRUE(Vocoder().synthesize(Spectra(0).view()).empty());
    EXPECT_EQ(Vocoder().synthesize(Spectra(1).view()).size(), frame_samples);
}

}  // namespace
}  // namespace onput::tts
