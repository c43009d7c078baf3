// What SSML, or a plain text, is made of when its tags are understood: pieces that are spoken one
// after the other.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/speech/xml_tree.hpp"

namespace onput::tts {

using speech::SourceSpan;
using speech::SourceText;

// Relative to the voice's own.
struct Prosody {
    double rate = 1;
    double pitch = 1;
    double volume_db = 0;
    bool is_silent = false;

    friend bool operator==(const Prosody&, const Prosody&) = default;
};

// A breath before sentences.
struct AutoBreath {
    std::uint32_t every = 0;  // Sentences; 0: none.
    std::uint32_t duration_ms = 0;
    double volume_db = 0;

    friend bool operator==(const AutoBreath&, const AutoBreath&) = default;
};

// Tags that are around a piece.
struct Style {
    Prosody prosody = {};
    std::string language = {};  // Empty: the voice's.
    bool is_whispered = false;
    bool is_soft = false;
    bool is_compressed = false;  // amazon:effect name="drc"
    double vocal_tract = 1;      // Its length.
    std::uint32_t limit = 0;     // Of its duration: from 1, in Pieces::limits_ms; 0: none.
    AutoBreath auto_breath = {};

    friend bool operator==(const Style&, const Style&) = default;
};

enum class PieceKind : std::uint8_t {
    text,
    phonemes,  // IPA, in `spoken`.
    pause,     // duration_ms.
    breath,    // duration_ms, style.prosody.volume_db.
    mark,      // Its name in `spoken`.
    sentence_end,
    paragraph_end,
};

struct Piece {
    PieceKind kind = PieceKind::text;
    SourceText text = {};     // As the input has it.
    std::string spoken = {};  // What is said for `text`; empty: the text itself.
    Style style = {};
    std::uint32_t duration_ms = 0;
    SourceSpan source = {};  // Of a mark's tag.
};

struct Pieces {
    std::vector<Piece> pieces;
    std::vector<std::uint32_t> limits_ms;  // amazon:max-duration of each that has one.
};

}  // namespace onput::tts
