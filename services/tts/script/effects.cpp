#include "services/tts/script/effects.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "services/tts/speech.hpp"

namespace onput::tts {
namespace {

std::int16_t to_sample(double value) {
    return static_cast<std::int16_t>(std::lround(std::clamp(value, -32768.0, 32767.0)));
}

}  // namespace

Result<Effects> Effects::of(const Style& style) {
    Effects effects(style);
    if (style.vocal_tract != 1) {
        constexpr double rate = speech_sample_rate;
        ONPUT_TRY(effects.stretcher_,
                  Resampler::open({.from = rate, .to = rate * style.vocal_tract}));
    }
    return effects;
}

Result<std::span<const std::int16_t>> Effects::apply(std::span<const std::int16_t> samples) {
    if (!stretcher_) return shape(samples);
    ONPUT_TRY(const auto stretched, stretcher_->convert(samples));
    return shape(stretched);
}

Result<std::span<const std::int16_t>> Effects::finish() {
    if (!stretcher_) return std::span<const std::int16_t>();
    ONPUT_TRY(const auto rest, stretcher_->finish());
    return shape(rest);
}

std::span<const std::int16_t> Effects::shape(std::span<const std::int16_t> samples) {
    if (!style_.is_soft && !style_.is_compressed) return samples;
    constexpr double low_pass = 0.45;  // Of each step; about 2 kHz.
    constexpr double soft_gain = 0.8;
    constexpr double release = 0.9995;  // Of the level, each sample.
    constexpr double quiet = 2'000;     // Below, nothing is made louder than by gain_max.
    constexpr double gain_max = 2.2;
    constexpr double wanted = 12'000;
    shaped_.clear();
    for (const std::int16_t sample : samples) {
        double value = sample;
        if (style_.is_soft) {
            low_ += low_pass * (value - low_);
            value = low_ * soft_gain;
        }
        if (style_.is_compressed) {
            level_ = std::max(std::abs(value), level_ * release);
            value *= std::min(gain_max, std::sqrt(wanted / std::max(level_, quiet)));
        }
        shaped_.push_back(to_sample(value));
    }
    return shaped_;
}

std::vector<std::int16_t> make_breath(std::uint32_t duration_ms, double volume_db) {
    constexpr double loudness = 1'500;
    constexpr double low_pass = 0.25;
    const auto count = std::size_t{duration_ms} * speech_sample_rate / 1000;
    const double gain = loudness * std::pow(10, volume_db / 20);
    std::vector<std::int16_t> samples(count);
    std::uint32_t state = 1;
    double low = 0;
    for (std::size_t i = 0; i < count; ++i) {
        // A linear congruential generator: numbers of Numerical Recipes.
        state = state * 1'664'525U + 1'013'904'223U;
        const double noise = static_cast<double>(state) / 2'147'483'648.0 - 1;
        low += low_pass * (noise - low);
        const double place = static_cast<double>(i) / static_cast<double>(count);
        samples[i] = to_sample(gain * low * std::sin(std::numbers::pi * place));
    }
    return samples;
}

}  // namespace onput::tts
