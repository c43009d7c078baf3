#include "services/tts/onnx/vocoder.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <cstdint>
#include <fftw3.h>
#include <numbers>

#include "common/base/check.hpp"

namespace onput::tts {
namespace {

constexpr std::size_t points = 1200;
constexpr std::size_t half = points / 2;
static_assert(points / 2 + 1 == spectrum_bins && points % frame_samples == 0);

constexpr float two_pi = 2 * std::numbers::pi_v<float>;
constexpr float log_gain_max = 7;
constexpr float voiced_hz_min = 40;
constexpr float harmonic_hz_max = 11'000;

// --- Noise ---------------------------------------------------------------------------------------

// Numbers of a normal distribution, made once: drawing each anew would cost more than the net does.
// Frames begin at scattered places, so that nothing repeats within hearing.
constexpr std::size_t noise_count = 1 << 16;
constexpr std::size_t noise_per_frame = 2 * spectrum_bins;

// SplitMix64.
std::uint64_t next_random(std::uint64_t& state) {
    state += 0x9e3779b97f4a7c15;
    std::uint64_t z = state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

// Above 0, at most 1.
double next_share(std::uint64_t& state) {
    return (static_cast<double>(next_random(state) >> 11) + 1) / 9'007'199'254'740'992.0;
}

// By Box and Muller.
std::vector<float> make_noise() {
    std::uint64_t state = 1;
    std::vector<float> noise(noise_count + noise_per_frame);
    for (std::size_t i = 0; i + 1 < noise.size(); i += 2) {
        const double radius = std::sqrt(-2 * std::log(next_share(state)));
        const double angle = 2 * std::numbers::pi * next_share(state);
        noise[i] = static_cast<float>(radius * std::cos(angle));
        noise[i + 1] = static_cast<float>(radius * std::sin(angle));
    }
    return noise;
}

// --- Pulses --------------------------------------------------------------------------------------

// Of each sample, between the middles of two frames.
float pitch_at(std::span<const float> f0, std::size_t sample) {
    const float place =
        (static_cast<float>(sample % frame_samples) + 0.5F) / static_cast<float>(frame_samples) -
        0.5F;
    const std::size_t frame = sample / frame_samples;
    const std::size_t before = place < 0 ? (frame == 0 ? 0 : frame - 1) : frame;
    const std::size_t after = place < 0 ? frame : std::min(frame + 1, f0.size() - 1);
    const float share = place < 0 ? place + 1 : place;
    return f0[before] * (1 - share) + f0[after] * share;
}

// The sum of cos(h * phase) for h = 1 ... harmonics.
float pulse(float phase, float harmonics) {
    const float order = harmonics + 0.5F;
    const float divisor = 2 * std::sin(phase / 2);
    if (std::abs(divisor) <= 2e-3F) return order - 0.5F;
    return std::sin(order * phase) / divisor - 0.5F;
}

std::array<float, points> hann_window() {
    std::array<float, points> window{};
    for (std::size_t i = 0; i < points; ++i) {
        window[i] = static_cast<float>(
            0.5 - 0.5 * std::cos(2 * std::numbers::pi * static_cast<double>(i) / points));
    }
    return window;
}

float gain(float logarithm) {
    return std::exp(std::min(logarithm, log_gain_max));
}

}  // namespace

std::vector<float> make_pulses(std::span<const float> f0) {
    std::vector<float> pulses(f0.size() * frame_samples, 0.0F);
    double turns = 0;
    for (std::size_t i = 0; i < pulses.size(); ++i) {
        const float pitch = pitch_at(f0, i);
        const float hertz = std::max(pitch, voiced_hz_min);
        turns += static_cast<double>(hertz) / vocoder_sample_rate;
        turns -= std::floor(turns);
        if (pitch <= voiced_hz_min) continue;
        pulses[i] = pulse(static_cast<float>(turns) * two_pi, std::floor(harmonic_hz_max / hertz));
    }
    return pulses;
}

struct Vocoder::State {
    using Bins = std::complex<float>;

    std::array<float, points> window = hann_window();
    std::vector<float> noise = make_noise();
    float* samples = fftwf_alloc_real(points);
    fftwf_complex* bins = fftwf_alloc_complex(spectrum_bins);
    // Estimated, not measured: the same plan, and so the same rounding, each time.
    fftwf_plan forward = fftwf_plan_dft_r2c_1d(points, samples, bins, FFTW_ESTIMATE);
    fftwf_plan inverse = fftwf_plan_dft_c2r_1d(points, bins, samples, FFTW_ESTIMATE);

    State() = default;
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() {
        fftwf_destroy_plan(forward);
        fftwf_destroy_plan(inverse);
        fftwf_free(samples);
        fftwf_free(bins);
    }

    // The spectrum of the pulses around a frame's begin, into `bins`: mirrored at both ends.
    void transform_pulses(std::span<const float> pulses, std::size_t frame) const {
        const auto last = static_cast<std::ptrdiff_t>(pulses.size()) - 1;
        auto place =
            static_cast<std::ptrdiff_t>(frame * frame_samples) - static_cast<std::ptrdiff_t>(half);
        for (std::size_t i = 0; i < points; ++i, ++place) {
            std::ptrdiff_t at = place < 0 ? -place : place;
            if (at > last) at = 2 * last - at;
            at = std::clamp<std::ptrdiff_t>(at, 0, last);
            samples[i] = pulses[static_cast<std::size_t>(at)] * window[i] * (4.0F / points);
        }
        fftwf_execute(forward);
    }

    // The frame's spectrum, from that of the pulses in `bins`.
    void shape(const SpectralFrames& spectra, std::size_t frame, std::uint64_t& random) const {
        const float* z = &noise[next_random(random) % noise_count];
        for (std::size_t bin = 0; bin < spectrum_bins; ++bin) {
            const std::size_t at = bin * spectra.frames + frame;
            const float turn = std::numbers::pi_v<float> * std::tanh(spectra.harmonic_phase[at]);
            const Bins pulse_bin(bins[bin][0], bins[bin][1]);
            const Bins harmonic = std::polar(gain(spectra.harmonic_gain[at]), turn) * pulse_bin;
            const float noise_gain = gain(spectra.noise_gain[at]);
            const Bins free = std::polar(gain(spectra.free_gain[at]), spectra.free_phase[at]);
            bins[bin][0] = harmonic.real() + noise_gain * z[2 * bin] + free.real();
            bins[bin][1] = harmonic.imag() + noise_gain * z[2 * bin + 1] + free.imag();
        }
    }
};

Vocoder::Vocoder() : state_(std::make_unique<State>()) {}
Vocoder::~Vocoder() = default;

std::vector<float> Vocoder::synthesize(const SpectralFrames& spectra) const {
    const State& state = *state_;
    const std::size_t count = spectra.frames * frame_samples;
    if (count == 0) return {};
    for (const auto part : {spectra.harmonic_gain, spectra.harmonic_phase, spectra.noise_gain,
                            spectra.free_gain, spectra.free_phase}) {
        ONPUT_CHECK(part.size() == spectrum_bins * spectra.frames);
    }
    ONPUT_CHECK(spectra.f0.size() == spectra.frames);
    const std::vector<float> pulses = make_pulses(spectra.f0);
    // Half a transform at each end is cut off again.
    std::vector<float> sum(count + points, 0.0F);
    std::vector<float> weight(count + points, 0.0F);
    std::uint64_t random = 0;
    for (std::size_t frame = 0; frame < spectra.frames; ++frame) {
        state.transform_pulses(pulses, frame);
        state.shape(spectra, frame, random);
        fftwf_execute(state.inverse);
        const std::size_t begin = frame * frame_samples;
        for (std::size_t i = 0; i < points; ++i) {
            sum[begin + i] += state.samples[i] * state.window[i] * (1.0F / points);
            weight[begin + i] += state.window[i] * state.window[i];
        }
    }
    std::vector<float> sound(count);
    for (std::size_t i = 0; i < count; ++i)
        sound[i] = sum[half + i] / std::max(weight[half + i], 1e-11F);
    return sound;
}

}  // namespace onput::tts
