// Values of SSML's attributes, as Polly's documentation has them. Pure. Nothing for what is wrong.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "services/tts/ssml/piece.hpp"

namespace onput::tts {

inline constexpr std::uint32_t break_ms_max = 10'000;
inline constexpr std::uint32_t max_duration_ms_max = 300'000;

// "1.5s", "300ms".
std::optional<std::uint32_t> read_duration(std::string_view text, std::uint32_t most_ms);
// The pause of a strength: "none", "x-weak", ... "x-strong".
std::optional<std::uint32_t> read_break_strength(std::string_view text);

// Factors and decibels, to be joined with what is around.
std::optional<double> read_rate(std::string_view text);   // "slow", "85%"
std::optional<double> read_pitch(std::string_view text);  // "low", "+10%"
struct Volume {
    double decibels = 0;
    bool is_silent = false;
    bool is_absolute = false;  // A name: what is around does not count.
};
std::optional<Volume> read_volume(std::string_view text);  // "loud", "-6dB"

std::optional<Prosody> read_emphasis(std::string_view level);
// A vocal tract's length: "+15%", "80%"; 50 to 200 %.
std::optional<double> read_vocal_tract(std::string_view text);

std::optional<std::uint32_t> read_breath_duration(std::string_view text);
std::optional<double> read_breath_volume(std::string_view text);
// Sentences from one breath to the next.
std::optional<std::uint32_t> read_breath_frequency(std::string_view text);

}  // namespace onput::tts
