// Sounds that the engine does not make: effects on what it says, and breaths. Pure.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "common/base/result.hpp"
#include "services/tts/script/utterance.hpp"
#include "services/tts/sound/resampler.hpp"

namespace onput::tts {

// The effects of one utterance.
class Effects {
public:
    static Result<Effects> of(const Style& style);

    // Until the next call.
    Result<std::span<const std::int16_t>> apply(std::span<const std::int16_t> samples);
    Result<std::span<const std::int16_t>> finish();

private:
    explicit Effects(const Style& style) : style_(style) {}
    std::span<const std::int16_t> shape(std::span<const std::int16_t> samples);

    Style style_;
    std::optional<Resampler> stretcher_;  // A longer vocal tract: lower resonances.
    double low_ = 0;                      // Of the low-pass.
    double level_ = 0;                    // That the compressor hears.
    std::vector<std::int16_t> shaped_;
};

// Noise as of air drawn in; always the same.
std::vector<std::int16_t> make_breath(std::uint32_t duration_ms, double volume_db);

}  // namespace onput::tts
