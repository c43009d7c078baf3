// Hostile texts by paragraphs: cutting one where its language changes loses and adds nothing, each
// piece has a voice or none, and Burmese is parted without a letter lost.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/check.hpp"
#include "common/base/encoding.hpp"
#include "services/tts/paragraphs.hpp"
#include "services/tts/script/burmese.hpp"

namespace {

using namespace onput::tts;

std::string letters_of(std::string text) {
    // What parting puts in, and the two marks that it turns into others.
    for (const std::string_view mark : {" ", ",", ".", "\u104a", "\u104b"}) {
        for (auto at = text.find(mark); at != text.npos; at = text.find(mark, at))
            text.erase(at, mark.size());
    }
    return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
    if (!onput::is_utf8(text)) return 0;
    constexpr std::string_view mains[]{"en-us", "ru", "ja", "my", "qqq", ""};
    const std::string main(mains[data[0] % std::size(mains)]);
    ParagraphVoices voices({.name = main, .language = main}, [](std::string_view language) {
        const bool is_spoken = language == "fr" || language == "ru";
        return is_spoken ? std::optional(Voice{.name = std::string(language)}) : std::nullopt;
    });
    std::string whole;
    for (const std::string& piece : voices.cut(text)) {
        const Voice* voice = voices.voice_of(piece);
        ONPUT_CHECK(voice == nullptr || !voice->name.empty() || main.empty());
        whole += piece;
    }
    ONPUT_CHECK(whole == text);
    static_cast<void>(detect_language(text, "en"));
    const auto parted = part_burmese(text);
    ONPUT_CHECK(parted && letters_of(*parted) == letters_of(text));
    return 0;
}
