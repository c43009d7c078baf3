// Vocoder: the spectra that the net foretells -> sound. The one place that knows FFTW
// (libfftw3f, GPL-2.0-or-later, in Debian: its transforms of 1,200 points are fast, and planned
// without measuring they are the same each time; soxr and libvips have none to offer).
//
//     S = harmonic gain * E + noise gain * Z + free part; sound = inverse FFT of S, overlapped
//
// Per frame of 12.5 ms, 601 bins: E is the spectrum of a train of pulses at the pitch, Z noise. The
// net's authors describe it under "ONNX interface", and this is written from that description.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace onput::tts {

inline constexpr int vocoder_sample_rate = 24'000;
inline constexpr std::size_t frame_samples = 300;  // 12.5 ms.
inline constexpr std::size_t spectrum_bins = 601;  // Of a transform of 1,200 points.

// What the net says of a clause: arrays of `spectrum_bins` rows of `frames` numbers, but f0, which
// is one row of Hertz (below 40: unvoiced).
struct SpectralFrames {
    std::size_t frames = 0;
    std::span<const float> harmonic_gain;   // Logarithms of e, as both below.
    std::span<const float> harmonic_phase;  // Before tanh; then in half turns.
    std::span<const float> noise_gain;
    std::span<const float> free_gain;
    std::span<const float> free_phase;  // Radians.
    std::span<const float> f0;
};

// Made once, by whoever forks; each sound is made from its frames alone, so the same frames give
// the same bytes.
class Vocoder {
public:
    Vocoder();
    ~Vocoder();
    Vocoder(const Vocoder&) = delete;
    Vocoder& operator=(const Vocoder&) = delete;

    // frames * frame_samples samples, at most about 1. The arrays are as long as SpectralFrames
    // says.
    [[nodiscard]] std::vector<float> synthesize(const SpectralFrames& spectra) const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

// A pulse train: every harmonic below 11 kHz with the same loudness, zero where unvoiced. Pure.
std::vector<float> make_pulses(std::span<const float> f0);

}  // namespace onput::tts
