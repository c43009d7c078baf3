// Lines: what a net says in one go. A text is cut into clauses, each becomes espeak-ng's phonemes
// and then the net's sounds, and as many clauses as fit make a line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.hpp"
#include "services/tts/onnx/sounds.hpp"

namespace onput::tts {

struct Line {
    std::vector<Sound> sounds = {};
    // Words of the passage, each with its place among the sounds.
    std::vector<std::pair<std::size_t, std::size_t>> words = {};
};

// How a net's lines are made.
struct LineRules {
    std::string phoneme_voice;  // espeak-ng's.
    Alphabet alphabet = Alphabet::american;
    // A line so long ends at the next word; twice as long, it ends anywhere. No line is longer.
    std::size_t sounds_max = 0;
};

// `text` as the engine takes it. `word_ends`, in characters, are those whose places are wanted;
// none: no places. Fails as phonemes_of() does.
Result<std::vector<Line>> make_lines(std::string_view text,
                                     std::span<const std::uint32_t> word_ends,
                                     const LineRules& rules);

struct SpokenLine {
    std::vector<std::int16_t> samples;        // At the net's rate.
    std::vector<std::uint64_t> sound_begins;  // In samples, one of each sound, and the end.
};

// `wave` is from -1 to 1; what is beyond is clipped. Pure.
std::int16_t to_sample(float wave);

// The samples at which each of `sounds` begins, and the last ends. `units` are the net's durations:
// one of each known sound, and one of each end of the line. `known` are the places of those sounds;
// what the net does not know takes no time. Fails with internal when the net's durations are no
// durations. Pure.
Result<std::vector<std::uint64_t>> sound_begins(std::span<const std::int64_t> units,
                                                std::span<const std::size_t> known,
                                                std::size_t sounds, std::uint64_t samples);

}  // namespace onput::tts
