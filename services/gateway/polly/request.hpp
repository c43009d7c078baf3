// What SynthesizeSpeech asks for, judged as far as it can be without the engine: formats, rates,
// marks and lengths. Pure.
//
//     format                            rates, Hz                                  default
//     mp3, ogg_vorbis                   8000 16000 22050 24000 44100 48000         22050; neural
//                                                                                  24000
//     ogg_opus                          48000                                      48000
//     pcm                               8000 16000                                 16000
//     mulaw, alaw                       8000                                       8000
//     json                              as mp3, and without effect
#pragma once

#include <cstdint>
#include <string_view>

#include "common/base/result.hpp"
#include "common/schema/speech.hpp"
#include "services/gateway/aws/value.hpp"

namespace onput::gateway::polly {

// With tags a text may have so many times the characters that are spoken.
inline constexpr std::uint32_t characters_with_tags = 2;

// By the operation's shape, checked; of lexicons, the names. `spoken_max`: characters that are
// billed. Errors are invalid_argument, by the names of Polly's exceptions.
Result<schema::SynthesizeSpeech> read_synthesize_speech(const aws::Value& input,
                                                        std::uint32_t spoken_max);

// What is billed: characters that are spoken, tags aside. Of an SSML that cannot be read, what is
// between its tags.
std::uint64_t count_spoken(std::string_view text, bool is_ssml);

// "audio/mpeg"
std::string_view content_type_of(std::string_view format);
// Of an object's key: ".mp3"
std::string_view ending_of(std::string_view format);

}  // namespace onput::gateway::polly
