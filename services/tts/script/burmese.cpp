#include "services/tts/script/burmese.hpp"

#include "common/base/utf8.hpp"
#include "services/tts/script/segmentation.hpp"

namespace onput::tts {
namespace {

constexpr char32_t little_section = 0x104a;
constexpr char32_t section = 0x104b;
constexpr std::string_view marks = ",.;:!?";

// As the engine sees it: a mark before white space, or an empty line.
bool ends_clause(std::string_view read) {
    for (std::size_t at = 0; at + 1 < read.size(); ++at) {
        const bool is_white = read[at + 1] == ' ' || read[at + 1] == '\n';
        if (is_white && marks.contains(read[at])) return true;
        if (read[at] == '\n' && read[at + 1] == '\n') return true;
    }
    return false;
}

}  // namespace

bool is_burmese(std::string_view language) {
    return language == "my" || language.starts_with("my-") || language.starts_with("my+");
}

std::string BurmeseClauses::before(std::string_view between, std::size_t word_bytes) {
    std::string read;
    for_each_code_point(between, [&read](char32_t code) {
        append_utf8(code == little_section ? U',' : code == section ? U'.' : code, read);
    });
    if (word_bytes == 0) return read;
    if (bytes_ != 0 && !read.ends_with(' ') && !read.ends_with('\n')) read += ' ';
    const std::size_t length = bytes_ + read.size() + word_bytes;
    const bool is_end = ends_clause(read);
    const bool is_too_long = !is_end && bytes_ != 0 && length > burmese_clause_bytes_max;
    if (is_too_long) read.insert(0, ", ");
    bytes_ = is_end || is_too_long ? read.size() + word_bytes : length;
    return read;
}

Result<std::string> part_burmese(std::string_view utf8) {
    ONPUT_TRY(const auto words, find_words(utf8, "my"));
    BurmeseClauses clauses;
    std::string text;
    std::size_t at = 0;
    for (const ByteRange& word : words) {
        text += clauses.before(utf8.substr(at, word.begin - at), word.end - word.begin);
        text += utf8.substr(word.begin, word.end - word.begin);
        at = word.end;
    }
    text += clauses.before(utf8.substr(at), 0);
    return text;
}

}  // namespace onput::tts
