// What the engine is given at once: a sentence, or the part of one that a voice speaks without a
// pause between; or a pause or a breath. Places in it remember the input's bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "services/tts/ssml/piece.hpp"

namespace onput::tts {

enum class UtteranceKind : std::uint8_t { speech, pause, breath };

// Same prosody all over.
struct UtterancePart {
    Prosody prosody = {};
    std::string text = {};  // As the engine takes it: "[[" begins phonemes.
};

struct WordPlace {
    SourceSpan source = {};
    std::uint32_t end_part = 0;       // Index into Utterance::parts.
    std::uint32_t end_character = 0;  // Of that part's text: behind the word.
};

struct MarkPlace {
    std::string name = {};
    SourceSpan source = {};
    std::uint32_t before_word = 0;  // Index into Utterance::words; their number: at the end.
};

struct Utterance {
    UtteranceKind kind = UtteranceKind::speech;
    Style style = {};  // Prosody: of a breath only.
    std::vector<UtterancePart> parts = {};
    std::vector<WordPlace> words = {};
    std::vector<MarkPlace> marks = {};
    std::optional<SourceSpan> sentence = {};  // Where one begins.
    bool ends_sentence = false;
    std::uint32_t duration_ms = 0;  // Of a pause or a breath.
};

}  // namespace onput::tts
