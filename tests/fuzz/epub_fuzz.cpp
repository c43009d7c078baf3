// Hostile books: a zip as it comes, and a whole one whose package and chapter are hostile. Reading
// them ends in an error of the caller's, or in clean text within the limits.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/archive/zip.hpp"
#include "common/base/check.hpp"
#include "common/base/encoding.hpp"
#include "services/tts/prose/epub.hpp"

namespace {

using namespace onput;

constexpr std::uint64_t bytes_max = 1 << 20;

void read(const std::string& bytes) {
    auto zip = archive::ZipReader::open(bytes, {.bytes_max = bytes_max, .files_max = 100});
    if (!zip) return;
    auto reader = tts::EpubReader::open(*std::move(zip));
    std::string text;
    while (reader) {
        const auto more = reader->read(text);
        if (!more) ONPUT_CHECK(more.error().code == ErrorCode::invalid_argument);
        if (!more || !*more) break;
    }
    if (!reader) ONPUT_CHECK(reader.error().code == ErrorCode::invalid_argument);
    ONPUT_CHECK(is_utf8(text));
    // What is read twice, as a chapter may be, is counted twice.
    ONPUT_CHECK(text.size() <= 4 * bytes_max);
    if (!reader) return;
    for (const tts::Heading& heading : reader->headings())
        ONPUT_CHECK(heading.offset < text.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string input(reinterpret_cast<const char*>(data), size);
    read(input);
    const std::size_t middle = size == 0 ? 0 : data[0] % size;
    const auto made = archive::make_zip(
        {{.name = "META-INF/container.xml", .bytes = "<c><rootfile full-path='a.opf'/></c>"},
         {.name = "a.opf",
          .bytes = "<p><item id='a' href='a.html' media-type='text/html'/><itemref idref='a'/>" +
                   input.substr(0, middle) + "</p>"},
         {.name = "a.html", .bytes = input.substr(middle)}});
    if (made) read(*made);
    return 0;
}
