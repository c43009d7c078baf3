#include "services/tts/paragraphs.hpp"

#include <utility>

#include "services/tts/segment.hpp"

namespace onput::tts {
namespace {

// What stands between two ends of lines that are ends of sentences.
std::vector<std::string_view> lines_of(std::string_view paragraph) {
    std::vector<std::string_view> lines;
    std::size_t begin = 0;
    for (std::size_t at = paragraph.find('\n'); at != paragraph.npos;
         at = paragraph.find('\n', at + 1)) {
        const std::size_t last = paragraph.find_last_not_of(' ', at == 0 ? 0 : at - 1);
        if (last == paragraph.npos || !ends_sentence(paragraph.substr(0, last + 1), true)) continue;
        lines.push_back(paragraph.substr(begin, at + 1 - begin));
        begin = at + 1;
    }
    if (begin < paragraph.size()) lines.push_back(paragraph.substr(begin));
    return lines;
}

}  // namespace

std::vector<std::string> ParagraphVoices::cut(std::string paragraph) const {
    const auto lines = find_ ? lines_of(paragraph) : std::vector<std::string_view>();
    if (lines.size() <= 1) return {std::move(paragraph)};
    std::vector<std::string> pieces(1);
    std::string language_of_piece;  // Empty: not known yet.
    for (const std::string_view line : lines) {
        auto [language, is_other_script, is_sure] = paragraph_language(line, main_.language);
        const bool is_told = is_sure || is_other_script;
        if (is_told && !language_of_piece.empty() && language != language_of_piece)
            pieces.emplace_back();
        pieces.back() += line;
        if (is_told) language_of_piece = std::move(language);
    }
    return pieces;
}

const Voice* ParagraphVoices::voice_of(std::string_view paragraph) {
    if (!find_) return &main_;
    auto [language, is_other_script, is_sure] = paragraph_language(paragraph, main_.language);
    if (language == paragraph_language({}, main_.language).language) return &main_;
    const auto [found, is_new] = found_.try_emplace(std::move(language));
    if (is_new) found->second = find_(found->first);
    if (found->second) return &*found->second;
    return is_other_script ? nullptr : &main_;
}

}  // namespace onput::tts
