// What SynthesizeSpeech asks for, judged as far as it can be without the engine: formats, rates,
// marks and lengths. Pure.
//
//     format                            rates, Hz                                  default
//     mp3, ogg_vorbis                   8000 16000 22050 24000 44100 48000         22050
//     ogg_opus                          8000 12000 16000 24000 48000               48000
//     pcm                               8000 16000 22050 24000                     16000
//     mulaw, alaw                       8000                                       8000
//     json                              as mp3, and without effect
#pragma once

#include <cstdint>
#include <string_view>

#include "common/base/result.hpp"
#include "common/schema/speech.hpp"
#include "services/gateway/aws/value.hpp"

namespace onput::gateway::polly {

// Polly's: characters of the text, and those that are billed, which tags are not.
inline constexpr std::uint32_t text_characters_max = 6'000;
inline constexpr std::uint32_t spoken_characters_max = 3'000;
// Of a task.
inline constexpr std::uint32_t task_characters_max = 200'000;
inline constexpr std::uint32_t task_spoken_characters_max = 100'000;

struct TextLimits {
    std::uint32_t all = text_characters_max;
    std::uint32_t spoken = spoken_characters_max;
};

// By the operation's shape, checked; of lexicons, the names. Errors are invalid_argument, by the
// names of Polly's exceptions.
Result<schema::SynthesizeSpeech> read_synthesize_speech(const aws::Value& input,
                                                        const TextLimits& limits);

// What is billed: characters, tags aside.
std::uint64_t count_spoken(std::string_view text, bool is_ssml);

// "audio/mpeg"
std::string_view content_type_of(std::string_view format);
// Of an object's key: ".mp3"
std::string_view ending_of(std::string_view format);

}  // namespace onput::gateway::polly
