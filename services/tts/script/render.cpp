#include "services/tts/script/render.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "common/base/utf8.hpp"

namespace onput::tts {
namespace {

// The engine's numbers: its rate in words a minute, its pitch an octave in 50 steps around 50, its
// volume up to twice the usual.
std::string commands(const Style& style, const Prosody& prosody, double speed) {
    // What a longer vocal tract slows down and lowers is made up for here.
    const double rate = usual_rate * prosody.rate * speed * style.vocal_tract;
    const double pitch = 50 + 50 * std::log2(prosody.pitch * style.vocal_tract);
    const double volume = prosody.is_silent ? 0 : 100 * std::pow(10, prosody.volume_db / 20);
    return fmt::format("\x01{}S\x01{}P\x01{}A", std::lround(std::clamp(rate, 80.0, 450.0)),
                       std::lround(std::clamp(pitch, 0.0, 99.0)),
                       std::lround(std::clamp(volume, 0.0, 200.0)));
}

}  // namespace

RenderedText render(const Utterance& utterance, double speed) {
    RenderedText rendered;
    std::vector<std::uint32_t> part_begins;
    std::uint32_t characters = 0;
    for (const UtterancePart& part : utterance.parts) {
        const std::string set = commands(utterance.style, part.prosody, speed);
        rendered.text += set;
        rendered.text += part.text;
        characters += static_cast<std::uint32_t>(set.size());
        part_begins.push_back(characters);
        characters += static_cast<std::uint32_t>(count_characters(part.text));
    }
    for (const WordPlace& word : utterance.words) {
        rendered.word_ends.push_back(part_begins.at(word.end_part) + word.end_character);
    }
    return rendered;
}

std::vector<std::uint64_t> word_times(const std::vector<std::uint32_t>& word_ends,
                                      const std::vector<EngineEvent>& events,
                                      std::uint64_t samples) {
    std::vector<std::optional<std::uint64_t>> known(word_ends.size());
    std::size_t last = 0;
    for (const EngineEvent& event : events) {
        if (event.kind != EngineEvent::Kind::word) continue;
        const auto word = static_cast<std::size_t>(
            std::ranges::upper_bound(word_ends, event.character) - word_ends.begin());
        // Numbers are told again with places before the next word.
        if (word >= known.size() || word < last || known[word]) continue;
        known[word] = event.sample;
        last = word;
    }
    std::vector<std::uint64_t> times(word_ends.size());
    std::uint64_t before = 0;
    for (std::size_t i = 0; i < known.size();) {
        std::size_t next = i;
        while (next < known.size() && !known[next]) ++next;
        const std::uint64_t limit = next < known.size() ? *known[next] : samples;
        const std::uint64_t end = std::clamp(limit, before, std::max(before, samples));
        // Words without an event share the time up to the next that has one.
        const std::uint64_t gaps = next - i + 1;
        const std::uint64_t start = before;
        for (std::size_t word = i; word < next; ++word) {
            before = start + (end - start) * (word - i + (i == 0 ? 0 : 1)) / gaps;
            times[word] = before;
        }
        if (next < known.size()) times[next] = before = end;
        i = next + 1;
    }
    return times;
}

}  // namespace onput::tts
