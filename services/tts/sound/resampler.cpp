#include "services/tts/sound/resampler.hpp"

#include <soxr.h>

#include <fmt/format.h>

namespace onput::tts {
namespace {

constexpr std::size_t samples_kept_back_max = 8192;  // That the filter may give at once.

}  // namespace

struct Resampler::State {
    soxr_t soxr = nullptr;
    State() = default;
    ~State() { soxr_delete(soxr); }
    State(const State&) = delete;
    State& operator=(const State&) = delete;
};

Resampler::Resampler(std::unique_ptr<State> state, double ratio)
    : state_(std::move(state)), ratio_(ratio) {}
Resampler::~Resampler() = default;
Resampler::Resampler(Resampler&&) noexcept = default;
Resampler& Resampler::operator=(Resampler&&) noexcept = default;

Result<Resampler> Resampler::open(RateChange change) {
    const soxr_io_spec_t samples = soxr_io_spec(SOXR_INT16_I, SOXR_INT16_I);
    // Speech of a formant synthesiser is not worth more; without dither, because that is random.
    const soxr_quality_spec_t quality = soxr_quality_spec(SOXR_MQ, 0);
    const soxr_runtime_spec_t one_thread = soxr_runtime_spec(1);
    soxr_io_spec_t plain = samples;
    plain.flags = SOXR_NO_DITHER;
    soxr_error_t error = nullptr;
    auto state = std::make_unique<State>();
    state->soxr = soxr_create(change.from, change.to, 1, &error, &plain, &quality, &one_thread);
    if (error != nullptr) {
        return fail(ErrorCode::internal,
                    fmt::format("resample from {} to {} Hz: {}", change.from, change.to, error));
    }
    return Resampler(std::move(state), change.to / change.from);
}

Result<std::span<const std::int16_t>> Resampler::convert(std::span<const std::int16_t> samples) {
    // No samples would mean the end of them.
    if (samples.empty()) return std::span<const std::int16_t>();
    return process(samples.data(), samples.size());
}

Result<std::span<const std::int16_t>> Resampler::finish() {
    return process(nullptr, 0);
}

Result<std::span<const std::int16_t>> Resampler::process(const std::int16_t* samples,
                                                         std::size_t count) {
    output_.resize(static_cast<std::size_t>(static_cast<double>(count) * ratio_) +
                   samples_kept_back_max);
    std::size_t done = 0;
    for (std::size_t read_all = 0;;) {
        std::size_t read = 0;
        std::size_t written = 0;
        const auto* error = soxr_process(
            state_->soxr, samples == nullptr ? nullptr : samples + read_all, count - read_all,
            &read, output_.data() + done, output_.size() - done, &written);
        if (error != nullptr) return fail(ErrorCode::internal, fmt::format("resample: {}", error));
        read_all += read;
        done += written;
        if (done < output_.size()) break;
        output_.resize(output_.size() * 2);
    }
    return std::span<const std::int16_t>(output_).first(done);
}

}  // namespace onput::tts
