// SSML, and plain texts, as pieces. Pure; the bytes are hostile.
//
//     text --read_xml_tree--> elements --parse_ssml--> pieces --compose (script/)--> utterances
//
// Every tag of Polly's standard voices; anything else is refused, and so is a wrong attribute, a
// wrong value, or a tag in the wrong place.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "services/tts/ssml/piece.hpp"

namespace onput::tts {

inline constexpr std::size_t pieces_max = 50'000;
inline constexpr std::uint32_t pauses_ms_max = 10 * 60 * 1000;  // All together, as Polly's audio.

// Which tags there are: those of standard voices, or the fewer of neural ones, which have no
// emphasis, pitch, breaths, whispers, soft voice, vocal tract or longest duration.
enum class SsmlTags : std::uint8_t { standard, neural };

// `language` is the voice's, "de-DE". Fails with invalid_argument, reason InvalidSsmlException.
Result<Pieces> parse_ssml(std::string_view ssml, SsmlTags tags = SsmlTags::standard,
                          std::string_view language = {});

// The text as it stands.
Pieces plain_pieces(std::string text);

// Characters that are spoken: without tags.
std::uint64_t count_spoken_characters(const Pieces& pieces);

}  // namespace onput::tts
