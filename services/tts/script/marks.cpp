#include "services/tts/script/marks.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "common/base/json_string.hpp"

namespace onput::tts {
namespace {

constexpr std::string_view silence = "sil";

}  // namespace

Result<MarkTypes> read_mark_types(const std::vector<std::string>& names) {
    MarkTypes types;
    for (const std::string& name : names) {
        if (name == "sentence") {
            types.sentence = true;
        } else if (name == "word") {
            types.word = true;
        } else if (name == "viseme") {
            types.viseme = true;
        } else if (name == "ssml") {
            types.ssml = true;
        } else {
            return fail(ErrorCode::invalid_argument,
                        fmt::format("the speech mark type '{}' is not one of sentence, word, "
                                    "viseme, ssml",
                                    std::string_view(name).substr(0, 32)),
                        "ValidationException");
        }
    }
    return types;
}

std::string_view viseme_of(std::string_view ipa) {
    // By the sound that it begins with; the longest sign wins.
    static constexpr auto visemes = std::to_array<std::pair<std::string_view, std::string_view>>({
        {"p", "p"},  {"b", "p"},  {"m", "p"},  {"ɸ", "p"}, {"β", "p"}, {"ʙ", "p"}, {"t", "t"},
        {"d", "t"},  {"n", "t"},  {"l", "t"},  {"ɫ", "t"}, {"ɾ", "t"}, {"ʈ", "t"}, {"ɖ", "t"},
        {"ɳ", "t"},  {"ɭ", "t"},  {"ɬ", "t"},  {"ɮ", "t"}, {"ɽ", "t"}, {"ɺ", "t"}, {"tʃ", "S"},
        {"dʒ", "S"}, {"ʃ", "S"},  {"ʒ", "S"},  {"ʂ", "S"}, {"ʐ", "S"}, {"ɕ", "S"}, {"ʑ", "S"},
        {"tɕ", "S"}, {"dʑ", "S"}, {"tʂ", "S"}, {"ɧ", "S"}, {"θ", "T"}, {"ð", "T"}, {"f", "f"},
        {"v", "f"},  {"ʋ", "f"},  {"ɱ", "f"},  {"k", "k"}, {"g", "k"}, {"ɡ", "k"}, {"ŋ", "k"},
        {"h", "k"},  {"x", "k"},  {"ɣ", "k"},  {"q", "k"}, {"ɢ", "k"}, {"χ", "k"}, {"ħ", "k"},
        {"ʕ", "k"},  {"ɦ", "k"},  {"ɴ", "k"},  {"c", "k"}, {"ɟ", "k"}, {"ʁ", "k"}, {"ʀ", "k"},
        {"ʔ", "k"},  {"ʟ", "k"},  {"ɰ", "k"},  {"r", "r"}, {"ɹ", "r"}, {"ɻ", "r"}, {"s", "s"},
        {"z", "s"},  {"ts", "s"}, {"dz", "s"}, {"i", "i"}, {"j", "i"}, {"ɪ", "i"}, {"y", "i"},
        {"ʏ", "i"},  {"ɨ", "i"},  {"ç", "i"},  {"ʝ", "i"}, {"ɲ", "i"}, {"ʎ", "i"}, {"ᵻ", "i"},
        {"u", "u"},  {"ʊ", "u"},  {"w", "u"},  {"ɯ", "u"}, {"ʉ", "u"}, {"ɥ", "u"}, {"ʍ", "u"},
        {"ə", "@"},  {"ɚ", "@"},  {"ɐ", "@"},  {"ɘ", "@"}, {"ɵ", "@"}, {"a", "a"}, {"æ", "a"},
        {"ɑ", "a"},  {"ɒ", "a"},  {"ɶ", "a"},  {"e", "e"}, {"ø", "e"}, {"ɛ", "E"}, {"ɜ", "E"},
        {"ɝ", "E"},  {"ʌ", "E"},  {"œ", "E"},  {"ɞ", "E"}, {"o", "o"}, {"ɤ", "o"}, {"ɔ", "O"},
    });
    const std::pair<std::string_view, std::string_view>* best = nullptr;
    for (const auto& entry : visemes) {
        const bool is_longer = best == nullptr || entry.first.size() > best->first.size();
        if (is_longer && ipa.starts_with(entry.first)) best = &entry;
    }
    return best == nullptr ? silence : best->second;
}

std::string MarkWriter::write(const Utterance& utterance, const SpokenUtterance& spoken) {
    std::vector<Mark> marks;
    const auto time_of_word = [&](std::size_t word) {
        return word < spoken.word_times.size() ? spoken.word_times[word] : spoken.samples;
    };
    if (types_.sentence && utterance.sentence) {
        marks.push_back({.sample = time_of_word(0),
                         .type = "sentence",
                         .source = *utterance.sentence,
                         .value = value_of(*utterance.sentence)});
    }
    for (std::size_t i = 0; types_.word && i < utterance.words.size(); ++i) {
        const SourceSpan source = utterance.words[i].source;
        marks.push_back({.sample = time_of_word(i),
                         .type = "word",
                         .source = source,
                         .value = value_of(source)});
    }
    for (const MarkPlace& place : utterance.marks) {
        if (!types_.ssml) break;
        marks.push_back({.sample = time_of_word(place.before_word),
                         .type = "ssml",
                         .source = place.source,
                         .value = place.name});
    }
    if (types_.viseme) add_visemes(spoken, marks);
    std::ranges::stable_sort(marks, {}, &Mark::sample);
    std::string lines;
    for (Mark& mark : marks) {
        mark.sample += spoken.start;
        lines += line(mark);
    }
    return lines;
}

std::string MarkWriter::finish(std::uint64_t samples) {
    if (!types_.viseme || is_silent_) return {};
    return line({.sample = samples, .type = "viseme", .value = std::string(silence)});
}

void MarkWriter::add_visemes(const SpokenUtterance& spoken, std::vector<Mark>& marks) {
    std::uint64_t last = 0;
    for (const EngineEvent& event : spoken.events) {
        if (event.kind != EngineEvent::Kind::phoneme) continue;
        const std::string_view viseme = viseme_of(event.phoneme);
        const bool is_silent = viseme == silence;
        if (is_silent && is_silent_) continue;  // One silence after another.
        is_silent_ = is_silent;
        last = std::max(last, std::min(event.sample, spoken.samples));
        marks.push_back({.sample = last, .type = "viseme", .value = std::string(viseme)});
    }
}

std::string MarkWriter::value_of(SourceSpan source) const {
    return std::string(input_.substr(source.begin, source.end - source.begin));
}

std::string MarkWriter::line(const Mark& mark) {
    last_ms_ = std::max(last_ms_, mark.sample * 1000 / speech_sample_rate);
    std::string result = fmt::format(R"({{"time":{},"type":"{}")", last_ms_, mark.type);
    if (mark.type != "viseme") {
        result += fmt::format(R"(,"start":{},"end":{})", mark.source.begin, mark.source.end);
    }
    result += R"(,"value":)";
    append_json_string(result, mark.value);
    result += "}\n";
    return result;
}

}  // namespace onput::tts
