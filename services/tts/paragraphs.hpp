// ParagraphVoices: who speaks each paragraph of a text whose voice nobody has named. Pure.
//
//     paragraph -> its language (language.hpp) -> the text's own voice, another one, or nobody
//
// A paragraph is judged by itself and by the text's voice alone, so parts of a book are spoken as
// the whole is.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "services/tts/language.hpp"
#include "services/tts/speech.hpp"

namespace onput::tts {

class ParagraphVoices {
public:
    // The voice of a paragraph in another language than the text's; nothing where nobody speaks it.
    using Find = std::function<std::optional<Voice>(std::string_view language)>;

    // `main` speaks the text. No `find`: all of it.
    ParagraphVoices(Voice main, Find find)
        : main_(std::move(main)),
          main_language_(paragraph_language({}, main_.language).language),
          find_(std::move(find)) {}

    // Where lines of a paragraph change the script, or the language after the end of a sentence, it
    // is cut. A line that is too short to tell stays with those before it.
    [[nodiscard]] std::vector<std::string> cut(std::string paragraph) const;

    // Null: nobody speaks it, and of its letters the text's own voice would only spell. Another
    // language that nobody speaks is left to the text's own voice.
    const Voice* voice_of(std::string_view paragraph);

    [[nodiscard]] const Voice& main() const { return main_; }

private:
    Voice main_;
    std::string main_language_;
    Find find_;
    std::map<std::string, std::optional<Voice>, std::less<>> found_;  // By language.
};

}  // namespace onput::tts
