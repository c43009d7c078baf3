// Speech marks: what is said when, as Polly writes it, a JSON object a line. Pure.
//
//     {"time":373,"type":"word","start":5,"end":8,"value":"had"}
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/schema/fields.hpp"
#include "services/tts/script/utterance.hpp"
#include "services/tts/speech.hpp"

namespace onput::tts {

struct MarkTypes {
    bool sentence = false;
    bool word = false;
    bool viseme = false;
    bool ssml = false;
};
// Fails with invalid_argument.
Result<MarkTypes> read_mark_types(const std::vector<std::string>& names);

// Polly's viseme of a phoneme in IPA; "sil" for a pause.
std::string_view viseme_of(std::string_view ipa);

// How an utterance was spoken.
struct SpokenUtterance {
    std::uint64_t start = 0;  // In samples of the whole.
    std::uint64_t samples = 0;
    std::vector<std::uint64_t> word_times;  // In samples from its start.
    std::vector<EngineEvent> events;

    ONPUT_FIELDS(start, samples, word_times, events)
    friend bool operator==(const SpokenUtterance&, const SpokenUtterance&) = default;
};

// The lines of one utterance after the other.
class MarkWriter {
public:
    // `input` is what the client sent, and outlives the writer.
    MarkWriter(std::string_view input, MarkTypes types) : input_(input), types_(types) {}

    std::string write(const Utterance& utterance, const SpokenUtterance& spoken);
    // A pause at the end.
    std::string finish(std::uint64_t samples);

private:
    struct Mark {
        std::uint64_t sample = 0;
        std::string_view type = {};
        SourceSpan source = {};
        std::string value = {};
    };
    void add_visemes(const SpokenUtterance& spoken, std::vector<Mark>& marks);
    [[nodiscard]] std::string value_of(SourceSpan source) const;
    [[nodiscard]] std::string line(const Mark& mark);

    std::string_view input_;
    MarkTypes types_;
    std::uint64_t last_ms_ = 0;
    bool is_silent_ = true;  // The last viseme was.
};

}  // namespace onput::tts
