// Speaks the utterances of a call, each by the engine of its voice:
//
//     utterances -> espeak-ng, a natural voice, a program -> Effects -> CallSink
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "common/base/result.hpp"
#include "services/tts/call/call_output.hpp"
#include "services/tts/polly_voices.hpp"
#include "services/tts/script/effects.hpp"
#include "services/tts/script/utterance.hpp"
#include "services/tts/speech.hpp"

namespace onput::tts {

class CallSpeaker {
public:
    // All outlive this. `limits_ms` are those of the call's Pieces.
    CallSpeaker(const CallVoice& voice, const std::vector<std::uint32_t>& limits_ms,
                CallSink& output)
        : voice_(voice), limits_ms_(limits_ms), output_(output) {}

    // Until the output is full. Utterances that share a limit are given together.
    Result<void> speak(std::span<const Utterance> utterances);

private:
    Result<double> find_speed(std::span<const Utterance> utterances, std::uint32_t limit_ms);
    Result<void> speak(const Utterance& utterance, double speed);
    Result<void> write_pause(std::uint32_t duration_ms);
    Result<void> speak_text(const Utterance& utterance, double speed, SpokenUtterance& spoken);
    Result<void> finish(Effects& effects, SpokenUtterance& spoken);
    Result<void> pass(const Utterance& utterance, std::string text, const SampleSink& samples,
                      const EventSink& events);
    Result<const Voice*> voice_of(const Style& style);

    const CallVoice& voice_;
    const std::vector<std::uint32_t>& limits_ms_;
    CallSink& output_;
    std::map<std::pair<std::string, bool>, Voice> voices_;
};

}  // namespace onput::tts
