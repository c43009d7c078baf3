// Resampler: samples of one rate -> the same sound at another, streamed. The one place that knows
// libsoxr.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "common/base/result.hpp"

namespace onput::tts {

struct RateChange {
    double from = 0;  // Hertz.
    double to = 0;
};

class Resampler {
public:
    static Result<Resampler> open(RateChange change);
    ~Resampler();
    Resampler(Resampler&&) noexcept;
    Resampler& operator=(Resampler&&) noexcept;

    // What can be given away so far, until the next call. Nothing may be fed after finish().
    Result<std::span<const std::int16_t>> convert(std::span<const std::int16_t> samples);
    Result<std::span<const std::int16_t>> finish();

private:
    struct State;
    explicit Resampler(std::unique_ptr<State> state, double ratio);
    Result<std::span<const std::int16_t>> process(const std::int16_t* samples, std::size_t count);

    std::unique_ptr<State> state_;
    double ratio_;
    std::vector<std::int16_t> output_;
};

}  // namespace onput::tts
