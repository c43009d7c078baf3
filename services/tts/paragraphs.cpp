#include "services/tts/paragraphs.hpp"

#include <algorithm>
#include <utility>

#include "services/tts/segment.hpp"

namespace onput::tts {
namespace {

std::string_view without_end(std::string_view line) {
    return line.substr(0, line.find_last_not_of(" \n") + 1);
}

// Runs of lines: one ends where a sentence does, or where the next line is in another script.
std::vector<std::string_view> lines_of(std::string_view paragraph, std::string_view language) {
    std::vector<std::string_view> lines;
    std::size_t begin = 0;
    bool was_other_script = false;
    for (std::size_t at = 0; at < paragraph.size();) {
        const std::size_t end = std::min(paragraph.find('\n', at), paragraph.size() - 1) + 1;
        const auto line = paragraph_language(paragraph.substr(at, end - at), language);
        const bool is_other_script = line.has_letters ? line.is_other_script : was_other_script;
        const auto before = paragraph.substr(begin, at - begin);
        const bool ends_before =
            is_other_script != was_other_script || ends_sentence(without_end(before), true);
        if (!before.empty() && ends_before) {
            lines.push_back(before);
            begin = at;
        }
        was_other_script = is_other_script;
        at = end;
    }
    if (begin < paragraph.size()) lines.push_back(paragraph.substr(begin));
    return lines;
}

}  // namespace

std::vector<std::string> ParagraphVoices::cut(std::string paragraph) const {
    const bool has_lines = find_ && paragraph.contains('\n');
    const auto lines =
        has_lines ? lines_of(paragraph, main_.language) : std::vector<std::string_view>();
    if (lines.size() <= 1) return {std::move(paragraph)};
    std::vector<std::string> pieces(1);
    std::string language_of_piece;  // Empty: not known yet.
    bool is_other_script = false;   // Of the piece's letters.
    bool has_letters = false;
    for (const std::string_view line : lines) {
        auto seen = paragraph_language(line, main_.language);
        const bool is_told =
            seen.is_sure || (seen.is_other_script && seen.language != main_language_);
        const bool changes_script =
            has_letters && seen.has_letters && seen.is_other_script != is_other_script;
        const bool changes_language =
            is_told && !language_of_piece.empty() && seen.language != language_of_piece;
        if (changes_script || changes_language) {
            pieces.emplace_back();
            language_of_piece.clear();
        }
        pieces.back() += line;
        if (seen.has_letters) is_other_script = seen.is_other_script;
        has_letters = has_letters || seen.has_letters;
        if (is_told) language_of_piece = std::move(seen.language);
    }
    return pieces;
}

const Voice* ParagraphVoices::voice_of(std::string_view paragraph) {
    if (!find_) return &main_;
    auto seen = paragraph_language(paragraph, main_.language);
    if (seen.language == main_language_) return &main_;
    const auto [found, is_new] = found_.try_emplace(std::move(seen.language));
    if (is_new) found->second = find_(found->first);
    if (found->second) return &*found->second;
    return seen.is_unreadable ? nullptr : &main_;
}

}  // namespace onput::tts
