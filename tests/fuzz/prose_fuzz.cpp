// Hostile documents: reading them as prose ends in an answer, which is the same however they come
// in pieces, is clean UTF-8, and has its headings where they are said to be.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/check.hpp"
#include "common/base/encoding.hpp"
#include "services/tts/prose/prose.hpp"

namespace {

using namespace onput::tts;

struct Prose {
    std::string text;
    std::vector<Heading> headings;
};

Prose read(std::string_view type, std::string_view document, std::size_t piece_bytes) {
    const auto reader = ProseReader::open(type);
    ONPUT_CHECK(reader.has_value());
    Prose prose;
    for (std::size_t at = 0; at < document.size(); at += piece_bytes)
        (*reader)->read(document.substr(at, piece_bytes), prose.text);
    (*reader)->finish(prose.text);
    prose.headings = (*reader)->headings();
    return prose;
}

void check(const Prose& prose) {
    ONPUT_CHECK(onput::is_utf8(prose.text));
    ONPUT_CHECK(prose.headings.size() <= headings_max);
    std::uint64_t last = 0;
    for (const Heading& heading : prose.headings) {
        ONPUT_CHECK(heading.offset >= last && heading.offset < prose.text.size());
        ONPUT_CHECK(heading.level >= 1 && heading.level <= 6);
        ONPUT_CHECK(heading.title.size() <= heading_bytes_max + 1 && onput::is_utf8(heading.title));
        last = heading.offset;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    static constexpr std::array<std::string_view, 3> types{"markdown", "html", "subtitles"};
    const std::string_view type = types[data[0] % types.size()];
    const std::size_t piece_bytes = 1 + data[1];
    const std::string_view document(reinterpret_cast<const char*>(data) + 2, size - 2);
    if (!onput::is_utf8(document) || document.contains('\0')) return 0;
    const Prose whole = read(type, document, document.size() + 1);
    check(whole);
    // libxml2 itself reads broken markup another way when it comes in other pieces.
    const Prose pieces = read(type, document, type == "html" ? 4096 : piece_bytes);
    check(pieces);
    if (type != "html") {
        ONPUT_CHECK(pieces.text == whole.text);
        ONPUT_CHECK(pieces.headings.size() == whole.headings.size());
    }
    return 0;
}
