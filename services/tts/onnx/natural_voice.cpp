#include "services/tts/onnx/natural_voice.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "common/base/utf8.hpp"
#include "common/json/reader.hpp"
#include "services/tts/onnx/kokoro.hpp"
#include "services/tts/onnx/lines.hpp"
#include "services/tts/onnx/onnx_runtime.hpp"
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
constexpr std::int64_t edge = 0;  // The symbol at both ends.

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

std::unique_ptr<KokoroNet>& kokoro() {
    static std::unique_ptr<KokoroNet> loaded;
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

// --- Sounds -> samples ---------------------------------------------------------------------------

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
        ONPUT_TRY(spoken.sound_begins, sound_begins(outputs.back().integers(), known,
                                                    line.sounds.size(), spoken.samples.size()));
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

void note_times(const Line& line, const SpokenLine& spoken, std::uint64_t begin, double rate,
                NaturalTimes& times) {
    const auto at = [&](std::size_t place) {
        const auto sample = static_cast<double>(begin + spoken.sound_begins[place]);
        return static_cast<std::uint64_t>(sample * speech_sample_rate / rate);
    };
    for (const auto& [word, place] : line.words) times.words[word] = at(place);
    for (std::size_t i = 0; i < line.sounds.size(); ++i) {
        const Sound& sound = line.sounds[i];
        const bool is_pause =
            sound.ipa.empty() && spoken.sound_begins[i] < spoken.sound_begins[i + 1];
        const bool has_none = is_modifier(sound.symbol) || sound.symbol == U' ';
        if (has_none || (sound.ipa.empty() && !is_pause)) continue;
        times.phonemes.push_back(
            {.kind = EngineEvent::Kind::phoneme, .sample = at(i), .phoneme = sound.ipa});
    }
}

// Which net speaks a passage, and how its lines are made.
struct Speaker {
    const KokoroVoice* kokoro_voice = nullptr;  // Null: hibari.
    LineRules rules = {};
    double sample_rate = vocoder_sample_rate;

    explicit Speaker(const NaturalPassage& passage)
        : kokoro_voice(find_kokoro_voice(passage.voice)) {
        rules = {.phoneme_voice = std::string(phoneme_voice), .sounds_max = natural_sounds_max};
        if (kokoro_voice == nullptr) return;
        rules = {.phoneme_voice = std::string(kokoro_voice->phonemes),
                 .alphabet = kokoro_voice->alphabet,
                 .sounds_max = kokoro_sounds_max};
        // Its net has no pitch to change: it speaks slower, and is played faster.
        sample_rate = kokoro_sample_rate * passage.pitch;
    }

    [[nodiscard]] Result<SpokenLine> speak(const NaturalPassage& passage, const Line& line) const {
        if (kokoro_voice == nullptr) return LineSpeaker(passage).speak(line);
        return kokoro()->speak(line, {.voice = kokoro_voice->id,
                                      .speed = passage.speed / passage.pitch,
                                      .volume = passage.volume});
    }
};

Result<void> load_hibari(const std::string& folder) {
    namespace files = std::filesystem;
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

Result<void> load_kokoro(const std::string& folder) {
    if (!has_kokoro_pack(folder)) return {};
    ONPUT_TRY(KokoroNet net, KokoroNet::load(folder + "/" + std::string(runtime_file), folder));
    kokoro() = std::make_unique<KokoroNet>(std::move(net));
    return {};
}

Result<void> named(Result<void> loaded, std::string_view voice) {
    if (loaded) return {};
    return std::unexpected(std::move(loaded).error().with_context(
        fmt::format("the voice {} cannot be loaded", voice)));
}

}  // namespace

Result<void> load_natural_voices(const std::string& folder) {
    if (folder.empty()) return {};
    const auto hibari = named(load_hibari(folder), natural_voice_name);
    const auto other = named(load_kokoro(folder), kokoro_name);
    if (hibari || other) return hibari ? other : hibari;
    return fail(hibari.error().code, hibari.error().message + "; " + other.error().message);
}

LoadedPacks loaded_packs() {
    return {.hibari = engine() != nullptr, .kokoro = kokoro() != nullptr};
}

Result<NaturalTimes> speak_naturally(const NaturalPassage& passage, const SampleSink& samples) {
    const Speaker speaker(passage);
    ONPUT_CHECK(speaker.kokoro_voice == nullptr ? loaded_packs().hibari : loaded_packs().kokoro);
    const auto word_ends =
        passage.wants_times ? std::span(passage.word_ends) : std::span<const std::uint32_t>();
    ONPUT_TRY(const std::vector<Line> lines, make_lines(passage.text, word_ends, speaker.rules));
    ONPUT_TRY(Resampler resampler,
              Resampler::open({.from = speaker.sample_rate, .to = speech_sample_rate}));
    NaturalTimes times;
    if (passage.wants_times) times.words.resize(passage.word_ends.size());
    std::uint64_t made = 0;
    for (const Line& line : lines) {
        ONPUT_TRY(const SpokenLine spoken, speaker.speak(passage, line));
        if (passage.wants_times) note_times(line, spoken, made, speaker.sample_rate, times);
        made += spoken.samples.size();
        ONPUT_TRY(const auto converted, resampler.convert(spoken.samples));
        ONPUT_TRY_VOID(samples(converted));
    }
    ONPUT_TRY(const auto rest, resampler.finish());
    ONPUT_TRY_VOID(samples(rest));
    return times;
}

}  // namespace onput::tts
