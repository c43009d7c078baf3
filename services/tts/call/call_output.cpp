#include "services/tts/call/call_output.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "services/tts/call/task_messages.hpp"
#include "services/tts/speech.hpp"

namespace onput::tts {
namespace {

std::span<const unsigned char> bytes_of(std::string_view text) {
    return {reinterpret_cast<const unsigned char*>(text.data()), text.size()};
}

}  // namespace

Result<CallOutput> CallOutput::open(const schema::SynthesizeSpeech& call, std::string_view input,
                                    int fd) {
    CallOutput output(fd);
    if (call.duration_ms_max != 0 && call.format != marks_format)
        output.samples_max_ = std::uint64_t{call.duration_ms_max} * speech_sample_rate / 1000;
    if (call.format == marks_format) {
        ONPUT_TRY(const MarkTypes types, read_mark_types(call.marks));
        output.marks_.emplace(input, types);
        return output;
    }
    ONPUT_TRY(output.sound_,
              make_sound_writer({.format = call.format, .sample_rate = call.sample_rate}, fd));
    return output;
}

// What comes after the longest sound is dropped.
Result<void> CallOutput::write(std::span<const std::int16_t> samples) {
    const auto room = static_cast<std::size_t>(samples_max_ - samples_);
    samples = samples.first(std::min(samples.size(), room));
    samples_ += samples.size();
    if (!sound_) return {};
    ONPUT_TRY_VOID(sound_->write(samples));
    return sound_->flush();
}

Result<void> CallOutput::end(const Utterance& utterance, SpokenUtterance spoken) {
    return marks_ ? put(marks_->write(utterance, spoken)) : Result<void>();
}

void CallOutput::skip(std::uint64_t samples) {
    samples_ += samples;
}

Result<void> CallOutput::finish() {
    if (sound_) return sound_->finish();
    return put(marks_->finish(samples_));
}

Result<void> CallOutput::put(std::string_view text) {
    ONPUT_TRY_VOID(lines_.put(bytes_of(text)));
    return lines_.flush();
}

Result<void> PassageOutput::write(std::span<const std::int16_t> samples) {
    static_assert(std::endian::native == std::endian::little);
    samples_ += samples.size();
    if (wants_marks_) return {};
    const auto bytes = std::as_bytes(samples);
    return bytes_.put({reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()});
}

Result<void> PassageOutput::end(const Utterance& /*utterance*/, SpokenUtterance spoken) {
    if (wants_marks_) utterances_.push_back(std::move(spoken));
    return {};
}

Result<void> PassageOutput::finish() {
    if (wants_marks_) {
        const SpokenPassage passage{.samples = samples_, .utterances = std::move(utterances_)};
        ONPUT_TRY_VOID(bytes_.put(bytes_of(schema::encode(passage))));
    }
    return bytes_.flush();
}

}  // namespace onput::tts
