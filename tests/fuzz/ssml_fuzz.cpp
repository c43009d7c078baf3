// Hostile SSML and texts: reading them ends in an answer, and what is to be spoken stays within the
// limits, has places within the input, and gives the engine nothing to obey but what is ours.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/check.hpp"
#include "common/base/encoding.hpp"
#include "services/tts/script/compose.hpp"
#include "services/tts/ssml/ssml.hpp"

namespace {

using namespace onput::tts;

void check_utterances(const Pieces& pieces, std::string_view language, std::size_t input_bytes) {
    const auto utterances =
        compose(pieces, {.language = std::string(language), .find_lexicons = {}});
    ONPUT_CHECK(utterances.has_value());
    std::uint32_t last = 0;
    for (const Utterance& utterance : *utterances) {
        for (const UtterancePart& part : utterance.parts) {
            ONPUT_CHECK(std::ranges::none_of(part.text, [](char c) { return c == '\x01'; }));
        }
        for (const WordPlace& word : utterance.words) {
            ONPUT_CHECK(word.source.begin < word.source.end && word.source.end <= input_bytes);
            ONPUT_CHECK(word.source.begin >= last);
            ONPUT_CHECK(utterance.parts.empty() || word.end_part < utterance.parts.size());
            last = word.source.begin;
        }
        for (const MarkPlace& mark : utterance.marks) {
            ONPUT_CHECK(mark.source.end <= input_bytes);
            ONPUT_CHECK(mark.before_word <= utterance.words.size());
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    if (!onput::is_utf8(input)) return 0;
    check_utterances(plain_pieces(std::string(input)), "en-US", size);
    const std::string document = "<speak>" + std::string(input) + "</speak>";
    const SsmlTags tags = size % 2 == 0 ? SsmlTags::standard : SsmlTags::neural;
    const std::string_view language = size % 3 == 0 ? "my" : "de-DE";
    for (const std::string_view ssml : {input, std::string_view(document)}) {
        const auto pieces = parse_ssml(ssml, tags, language);
        if (!pieces) {
            ONPUT_CHECK(pieces.error().reason == "InvalidSsmlException");
            continue;
        }
        ONPUT_CHECK(pieces->pieces.size() <= pieces_max);
        check_utterances(*pieces, language, ssml.size());
    }
    return 0;
}
