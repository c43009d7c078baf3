#include "services/tts/ssml/values.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "common/base/text.hpp"

namespace onput::tts {
namespace {

template <typename Value>
using Named = std::pair<std::string_view, Value>;

template <typename Value, std::size_t count>
std::optional<Value> find_named(const std::array<Named<Value>, count>& names,
                                std::string_view name) {
    for (const auto& [known, value] : names) {
        if (known == name) return value;
    }
    return {};
}

struct Percent {
    double value = 0;
    bool has_sign = false;
};

std::optional<double> read_number(std::string_view text) {
    // A sign is the caller's, and no number here needs an exponent.
    if (text.empty() || text.find_first_not_of("0123456789.") != text.npos) return {};
    return parse_number<double>(text);
}

std::optional<Percent> read_percent(std::string_view text) {
    if (!text.ends_with('%')) return {};
    text.remove_suffix(1);
    const bool has_sign = text.starts_with('+') || text.starts_with('-');
    const double sign = text.starts_with('-') ? -1 : 1;
    const auto number = read_number(has_sign ? text.substr(1) : text);
    if (!number) return {};
    return Percent{.value = sign * *number, .has_sign = has_sign};
}

}  // namespace

std::optional<std::uint32_t> read_duration(std::string_view text, std::uint32_t most_ms) {
    const bool in_ms = text.ends_with("ms");
    if (!in_ms && !text.ends_with('s')) return {};
    text.remove_suffix(in_ms ? 2 : 1);
    if (text.starts_with('+')) text.remove_prefix(1);
    const auto number = read_number(text);
    if (!number) return {};
    const double ms = in_ms ? *number : *number * 1000;
    if (ms > most_ms) return {};
    return static_cast<std::uint32_t>(std::lround(ms));
}

std::optional<std::uint32_t> read_break_strength(std::string_view text) {
    static constexpr std::array<Named<std::uint32_t>, 6> strengths{{{"none", 0},
                                                                    {"x-weak", 100},
                                                                    {"weak", 200},
                                                                    {"medium", 300},
                                                                    {"strong", 500},
                                                                    {"x-strong", 900}}};
    return find_named(strengths, text);
}

std::optional<double> read_rate(std::string_view text) {
    static constexpr std::array<Named<double>, 6> rates{{{"x-slow", 0.5},
                                                         {"slow", 0.75},
                                                         {"medium", 1},
                                                         {"default", 1},
                                                         {"fast", 1.4},
                                                         {"x-fast", 2}}};
    if (const auto named = find_named(rates, text)) return named;
    const auto percent = read_percent(text);
    if (!percent) return {};
    const double factor = percent->has_sign ? 1 + percent->value / 100 : percent->value / 100;
    if (factor < 0.2 || factor > 2) return {};
    return factor;
}

std::optional<double> read_pitch(std::string_view text) {
    static constexpr std::array<Named<double>, 6> pitches{{{"x-low", 0.65},
                                                           {"low", 0.8},
                                                           {"medium", 1},
                                                           {"default", 1},
                                                           {"high", 1.25},
                                                           {"x-high", 1.5}}};
    if (const auto named = find_named(pitches, text)) return named;
    const auto percent = read_percent(text);
    if (!percent || !percent->has_sign || percent->value <= -100) return {};
    return std::clamp(1 + percent->value / 100, 0.5, 2.0);
}

std::optional<Volume> read_volume(std::string_view text) {
    static constexpr std::array<Named<Volume>, 7> volumes{
        {{"silent", {.is_silent = true, .is_absolute = true}},
         {"x-soft", {.decibels = -12, .is_absolute = true}},
         {"soft", {.decibels = -6, .is_absolute = true}},
         {"medium", {.is_absolute = true}},
         {"default", {.is_absolute = true}},
         {"loud", {.decibels = 4, .is_absolute = true}},
         {"x-loud", {.decibels = 6, .is_absolute = true}}}};
    if (const auto named = find_named(volumes, text)) return named;
    if (!text.ends_with("dB") || !(text.starts_with('+') || text.starts_with('-'))) return {};
    const auto number = read_number(text.substr(1, text.size() - 3));
    if (!number) return {};
    const double decibels = text.starts_with('-') ? -*number : *number;
    return Volume{.decibels = std::clamp(decibels, -60.0, 20.0)};
}

std::optional<Prosody> read_emphasis(std::string_view level) {
    static constexpr std::array<Named<Prosody>, 4> levels{
        {{"strong", {.rate = 0.8, .pitch = 1.15, .volume_db = 4}},
         {"moderate", {.rate = 0.9, .pitch = 1.08, .volume_db = 2}},
         {"reduced", {.rate = 1.15, .pitch = 0.95, .volume_db = -4}},
         {"none", {}}}};
    return find_named(levels, level);
}

std::optional<double> read_vocal_tract(std::string_view text) {
    const auto percent = read_percent(text);
    if (!percent) return {};
    const double length = percent->has_sign ? 1 + percent->value / 100 : percent->value / 100;
    if (length < 0.5 || length > 2) return {};
    return length;
}

std::optional<std::uint32_t> read_breath_duration(std::string_view text) {
    static constexpr std::array<Named<std::uint32_t>, 6> durations{{{"default", 350},
                                                                    {"x-short", 150},
                                                                    {"short", 250},
                                                                    {"medium", 350},
                                                                    {"long", 500},
                                                                    {"x-long", 700}}};
    return find_named(durations, text);
}

std::optional<double> read_breath_volume(std::string_view text) {
    static constexpr std::array<Named<double>, 6> volumes{
        {{"default", 0}, {"x-soft", -12}, {"soft", -6}, {"medium", 0}, {"loud", 4}, {"x-loud", 8}}};
    return find_named(volumes, text);
}

std::optional<std::uint32_t> read_breath_frequency(std::string_view text) {
    static constexpr std::array<Named<std::uint32_t>, 6> frequencies{
        {{"default", 3}, {"x-low", 6}, {"low", 4}, {"medium", 3}, {"high", 2}, {"x-high", 1}}};
    return find_named(frequencies, text);
}

}  // namespace onput::tts
