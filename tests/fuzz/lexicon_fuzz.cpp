// Hostile lexicons: parsing ends in an answer, what is accepted is within its limits, and looking
// for its words in a text finds none that is longer than the text.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/check.hpp"
#include "common/speech/lexicon.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace onput::speech;
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const std::string lexemes =
        R"(<lexicon version="1.0" xmlns="http://www.w3.org/2005/01/pronunciation-lexicon" )"
        R"(alphabet="ipa" xml:lang="en-US">)" +
        std::string(input) + "</lexicon>";
    for (const std::string_view content : {input, std::string_view(lexemes)}) {
        const auto parsed = parse_lexicon(content);
        if (!parsed) {
            ONPUT_CHECK(parsed.error().reason.ends_with("Exception"));
            continue;
        }
        LexiconIndex index;
        index.add(*parsed);
        for (const Lexeme& lexeme : parsed->lexemes) {
            ONPUT_CHECK(!lexeme.graphemes.empty());
            ONPUT_CHECK(lexeme.phonemes.empty() != lexeme.alias.empty());
        }
        for (std::size_t at = 0; at < content.size(); ++at) {
            const auto match = index.find(content, at);
            ONPUT_CHECK(!match || (match->bytes > 0 && at + match->bytes <= content.size()));
        }
    }
    return 0;
}
