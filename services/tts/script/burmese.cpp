#include "services/tts/script/burmese.hpp"

#include "common/base/utf8.hpp"
#include "services/tts/script/segmentation.hpp"

namespace onput::tts {
namespace {

constexpr char32_t little_section = 0x104a;
constexpr char32_t section = 0x104b;
constexpr std::string_view marks = ",.;:!?\n";

}  // namespace

bool is_burmese(std::string_view language) {
    return language == "my" || language.starts_with("my-") || language.starts_with("my+");
}

std::string BurmeseClauses::before(std::string_view between, std::size_t word_bytes) {
    std::string read;
    bool ends_clause = false;
    for_each_code_point(between, [&](char32_t code) {
        const char32_t said = code == little_section ? U',' : code == section ? U'.' : code;
        append_utf8(said, read);
        ends_clause = ends_clause || (said < 0x80 && marks.contains(static_cast<char>(said)));
    });
    if (word_bytes == 0) return read;
    if (!ends_clause && bytes_ != 0 && bytes_ + word_bytes > burmese_clause_bytes_max) {
        read.insert(0, ",");
        ends_clause = true;
    }
    if (bytes_ != 0 && !read.ends_with(' ') && !read.ends_with('\n')) read += ' ';
    bytes_ = (ends_clause ? 0 : bytes_) + read.size() + word_bytes;
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
