#include "services/tts/onnx/natural_voice.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <numeric>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "common/base/utf8.hpp"
#include "common/json/reader.hpp"
#include "services/tts/onnx/clauses.hpp"
#include "services/tts/onnx/onnx_runtime.hpp"
#include "services/tts/onnx/sounds.hpp"
#include "services/tts/onnx/vocoder.hpp"
#include "services/tts/sound/resampler.hpp"

namespace onput::tts {
namespace {

constexpr std::string_view runtime_file = "onnxruntime/libonnxruntime.so";
constexpr std::string_view model_file = "hibari/hibari.onnx";
constexpr std::string_view vocabulary_file = "hibari/vocab.json";
// How long each sound is, as shares of the whole: an inner tensor of the net, which counts in two
// frames.
constexpr std::string_view durations_tensor = "/Cast_32_output_0";
constexpr std::string_view phoneme_voice = "en-US";
constexpr std::size_t vocabulary_bytes_max = 64 * 1024;
constexpr std::int64_t units_max = 1 << 20;  // Of one sound; a hundred are long.
constexpr std::int64_t edge = 0;             // The symbol at both ends.

using Vocabulary = std::map<char32_t, std::int64_t>;

struct NaturalEngine {
    OnnxNet net;
    Vocabulary vocabulary;
    Vocoder vocoder;

    NaturalEngine(OnnxNet loaded, Vocabulary symbols)
        : net(std::move(loaded)), vocabulary(std::move(symbols)) {}
};

// Loaded once, before any job.
std::unique_ptr<NaturalEngine>& engine() {
    static std::unique_ptr<NaturalEngine> loaded;
    return loaded;
}

Result<Vocabulary> read_vocabulary(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    const auto wrong = [&path] {
        return fail(ErrorCode::invalid_argument, path + " is no list of symbols");
    };
    if (text.size() > vocabulary_bytes_max) return wrong();
    const auto document = json::read(text);
    if (!document || document->object() == nullptr) return wrong();
    Vocabulary vocabulary;
    for (const json::Member& member : *document->object()) {
        const Utf8Step step = decode_utf8(member.name + '\0');
        const std::int64_t* const id = member.value.integer();
        if (step.state != Utf8State::good || step.bytes != member.name.size() || id == nullptr)
            return wrong();
        vocabulary.emplace(step.code_point, *id);
    }
    return vocabulary;
}

// --- Text -> sounds ------------------------------------------------------------------------------

// What the net says in one go. `words` count from the passage's first.
struct Line {
    std::vector<Sound> sounds = {};
    std::vector<std::pair<std::size_t, std::size_t>> words = {};  // Of the passage, and its place.
};

// A range of characters as bytes.
class CharacterPlaces {
public:
    explicit CharacterPlaces(std::string_view utf8) {
        for (std::size_t at = 0; at < utf8.size();) {
            places_.push_back(at);
            at += std::max<std::size_t>(decode_utf8(utf8.substr(at)).bytes, 1);
        }
        places_.push_back(utf8.size());
    }
    [[nodiscard]] std::size_t byte(std::size_t character) const {
        return places_[std::min(character, places_.size() - 1)];
    }

private:
    std::vector<std::size_t> places_;
};

class LineMaker {
public:
    explicit LineMaker(const NaturalPassage& passage)
        : passage_(passage), characters_(passage.text) {}

    Result<std::vector<Line>> make() {
        for (const Clause& clause : split_clauses(passage_.text)) ONPUT_TRY_VOID(add(clause));
        end_line();
        return std::move(lines_);
    }

private:
    Result<std::vector<Sound>> sounds_between(std::size_t begin, std::size_t end) const {
        const std::string text = passage_.text.substr(begin, end - begin);
        ONPUT_TRY(const std::string ipa, phonemes_of(std::string(phoneme_voice), text));
        return sounds_of(ipa);
    }

    Result<void> add(const Clause& clause) {
        ONPUT_TRY(std::vector<Sound> sounds, sounds_between(clause.begin, clause.end));
        std::vector<std::size_t> places;
        if (passage_.wants_times) {
            ONPUT_TRY(places, places_of_words(clause, sounds));
        }
        const std::size_t first_word = next_word_ - places.size();
        if (clause.punctuation != 0) sounds.push_back({.symbol = clause.punctuation});
        if (!line_.sounds.empty() && line_.sounds.size() + 1 + sounds.size() > natural_sounds_max)
            end_line();
        if (!line_.sounds.empty()) line_.sounds.push_back({.symbol = U' '});
        for (std::size_t i = 0; i < sounds.size(); ++i) {
            if (line_.sounds.size() >= natural_sounds_max && is_cut(sounds, i)) end_line();
            for (std::size_t word = 0; word < places.size(); ++word) {
                if (places[word] == i)
                    line_.words.emplace_back(first_word + word, line_.sounds.size());
            }
            line_.sounds.push_back(std::move(sounds[i]));
        }
        for (std::size_t word = 0; word < places.size(); ++word) {
            if (places[word] >= sounds.size())
                line_.words.emplace_back(first_word + word, line_.sounds.size());
        }
        return {};
    }

    // Words that end in this clause.
    Result<std::vector<std::size_t>> places_of_words(const Clause& clause,
                                                     const std::vector<Sound>& sounds) {
        std::vector<std::vector<Sound>> words;
        std::size_t begin = clause.begin;
        for (; next_word_ < passage_.word_ends.size(); ++next_word_) {
            const std::size_t end = characters_.byte(passage_.word_ends[next_word_]);
            if (end > clause.end) break;
            ONPUT_TRY(words.emplace_back(), sounds_between(begin, std::max(begin, end)));
            begin = std::max(begin, end);
        }
        return place_words(sounds, words);
    }

    // Between words, or anywhere in a word without end.
    [[nodiscard]] bool is_cut(const std::vector<Sound>& sounds, std::size_t i) const {
        return sounds[i].symbol == U' ' || line_.sounds.size() >= 2 * natural_sounds_max;
    }

    void end_line() {
        if (line_.sounds.empty()) return;
        lines_.push_back(std::exchange(line_, {}));
    }

    const NaturalPassage& passage_;
    CharacterPlaces characters_;
    std::vector<Line> lines_;
    Line line_;
    std::size_t next_word_ = 0;
};

// --- Sounds -> samples ---------------------------------------------------------------------------

std::int16_t to_sample(float value) {
    return static_cast<std::int16_t>(std::lround(std::clamp(value, -1.0F, 1.0F) * 32767.0F));
}

struct SpokenLine {
    std::vector<std::int16_t> samples;        // At the vocoder's rate.
    std::vector<std::uint64_t> sound_begins;  // In samples, one of each sound, and the end.
};

class LineSpeaker {
public:
    explicit LineSpeaker(const NaturalPassage& passage) : passage_(passage) {}

    Result<SpokenLine> speak(const Line& line) const {
        std::vector<std::int64_t> ids{edge};
        std::vector<std::size_t> known;  // Of each id but the edges, its sound.
        for (std::size_t i = 0; i < line.sounds.size(); ++i) {
            const auto found = engine()->vocabulary.find(line.sounds[i].symbol);
            if (found == engine()->vocabulary.end()) continue;
            ids.push_back(found->second);
            known.push_back(i);
        }
        ids.push_back(edge);
        const auto speed = static_cast<float>(passage_.speed);
        const std::array<OnnxNet::Input, 2> inputs{
            {{.shape = {1, static_cast<std::int64_t>(ids.size())}, .integers = ids},
             {.shape = {1}, .floats = std::span(&speed, 1)}}};
        ONPUT_TRY(const auto outputs, engine()->net.run(inputs));
        ONPUT_TRY(const SpectralFrames spectra, spectra_of(outputs));
        SpokenLine spoken;
        spoken.samples = sound(spectra);
        ONPUT_TRY(const auto shares, shares_of(outputs.back(), known, line.sounds.size()));
        spoken.sound_begins = begins(shares, spoken.samples.size());
        return spoken;
    }

private:
    static Result<SpectralFrames> spectra_of(const std::vector<OnnxNet::Output>& outputs) {
        SpectralFrames spectra{.harmonic_gain = outputs[0].floats(),
                               .harmonic_phase = outputs[1].floats(),
                               .noise_gain = outputs[2].floats(),
                               .free_gain = outputs[3].floats(),
                               .free_phase = outputs[4].floats(),
                               .f0 = outputs[5].floats()};
        spectra.frames = spectra.f0.size();
        const bool fits = std::ranges::all_of(std::span(outputs).first(5), [&](const auto& part) {
            return part.floats().size() == spectra.frames * spectrum_bins;
        });
        if (fits) return spectra;
        return fail(ErrorCode::internal, "the voice's net has outputs of another size");
    }

    // How much of the whole each sound has, the edges at begin and end included. What the net does
    // not know has nothing.
    static Result<std::vector<std::uint64_t>> shares_of(const OnnxNet::Output& durations,
                                                        const std::vector<std::size_t>& known,
                                                        std::size_t sounds) {
        const auto units = durations.integers();
        const bool is_right =
            units.size() == known.size() + 2 && std::ranges::all_of(units, [](std::int64_t unit) {
                return unit >= 0 && unit <= units_max;
            });
        if (!is_right) return fail(ErrorCode::internal, "the voice's net tells no durations");
        std::vector<std::uint64_t> shares(sounds + 2, 0);
        shares.front() = static_cast<std::uint64_t>(units.front());
        shares.back() = static_cast<std::uint64_t>(units.back());
        for (std::size_t i = 0; i < known.size(); ++i)
            shares[1 + known[i]] = static_cast<std::uint64_t>(units[1 + i]);
        return shares;
    }

    // When each sound begins, and the last ends.
    static std::vector<std::uint64_t> begins(const std::vector<std::uint64_t>& shares,
                                             std::uint64_t samples) {
        const std::uint64_t whole = std::max<std::uint64_t>(
            std::accumulate(shares.begin(), shares.end(), std::uint64_t{0}), 1);
        std::vector<std::uint64_t> begins;
        std::uint64_t before = 0;
        for (std::size_t i = 0; i + 1 < shares.size(); ++i) {
            before += shares[i];
            begins.push_back(before * samples / whole);
        }
        return begins;
    }

    [[nodiscard]] std::vector<std::int16_t> sound(SpectralFrames spectra) const {
        std::vector<float> pitched;
        if (passage_.pitch != 1) {
            pitched.assign(spectra.f0.begin(), spectra.f0.end());
            for (float& hertz : pitched) hertz *= static_cast<float>(passage_.pitch);
            spectra.f0 = pitched;
        }
        const std::vector<float> waves = engine()->vocoder.synthesize(spectra);
        std::vector<std::int16_t> samples(waves.size());
        const auto volume = static_cast<float>(passage_.volume);
        std::ranges::transform(waves, samples.begin(),
                               [volume](float wave) { return to_sample(wave * volume); });
        return samples;
    }

    const NaturalPassage& passage_;
};

// The vocoder's samples as those of all voices.
std::uint64_t at_speech_rate(std::uint64_t sample) {
    return sample * speech_sample_rate / vocoder_sample_rate;
}

void note_times(const Line& line, const SpokenLine& spoken, std::uint64_t begin,
                NaturalTimes& times) {
    for (const auto& [word, place] : line.words) {
        const std::uint64_t sample = at_speech_rate(begin + spoken.sound_begins[place]);
        times.words[word] = sample;
    }
    for (std::size_t i = 0; i < line.sounds.size(); ++i) {
        const Sound& sound = line.sounds[i];
        const bool is_pause =
            sound.ipa.empty() && spoken.sound_begins[i] < spoken.sound_begins[i + 1];
        const bool is_stress = sound.symbol == U'ˈ' || sound.symbol == U'ˌ' || sound.symbol == U' ';
        if (is_stress || (sound.ipa.empty() && !is_pause)) continue;
        times.phonemes.push_back({.kind = EngineEvent::Kind::phoneme,
                                  .sample = at_speech_rate(begin + spoken.sound_begins[i]),
                                  .phoneme = sound.ipa});
    }
}

}  // namespace

Result<void> load_natural_voice(const std::string& folder) {
    namespace files = std::filesystem;
    if (folder.empty()) return {};
    const auto path = [&folder](std::string_view name) { return folder + "/" + std::string(name); };
    std::error_code ignored;
    if (!files::exists(path(model_file), ignored)) return {};
    ONPUT_TRY(OnnxNet net, OnnxNet::load(path(runtime_file), path(model_file),
                                         {.inputs = {"ids", "speed"},
                                          .outputs = {"lh", "theta", "ln", "lr", "phi", "f0"},
                                          .revealed = std::string(durations_tensor)}));
    ONPUT_TRY(auto vocabulary, read_vocabulary(path(vocabulary_file)));
    engine() = std::make_unique<NaturalEngine>(std::move(net), std::move(vocabulary));
    return {};
}

bool has_natural_voice() {
    return engine() != nullptr;
}

bool is_natural(const Voice& voice) {
    return voice.name == natural_voice_name;
}

Result<NaturalTimes> speak_naturally(const NaturalPassage& passage, const SampleSink& samples) {
    ONPUT_CHECK(has_natural_voice());
    ONPUT_TRY(const std::vector<Line> lines, LineMaker(passage).make());
    ONPUT_TRY(Resampler resampler,
              Resampler::open({.from = vocoder_sample_rate, .to = speech_sample_rate}));
    NaturalTimes times;
    if (passage.wants_times) times.words.resize(passage.word_ends.size());
    std::uint64_t made = 0;
    for (const Line& line : lines) {
        ONPUT_TRY(const SpokenLine spoken, LineSpeaker(passage).speak(line));
        if (passage.wants_times) note_times(line, spoken, made, times);
        made += spoken.samples.size();
        ONPUT_TRY(const auto converted, resampler.convert(spoken.samples));
        ONPUT_TRY_VOID(samples(converted));
    }
    ONPUT_TRY(const auto rest, resampler.finish());
    ONPUT_TRY_VOID(samples(rest));
    return times;
}

}  // namespace onput::tts
