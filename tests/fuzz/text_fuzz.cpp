// Hostile bytes as a text: what they decode to is the same however they come in pieces, is clean
// UTF-8, and decodes to itself; its segments are bounded, and are those of the rest when they begin
// anew where one ends.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/check.hpp"
#include "common/base/encoding.hpp"
#include "services/tts/segment.hpp"
#include "services/tts/text.hpp"

namespace {

using namespace onput::tts;

std::optional<std::string> decode(std::string_view bytes, std::size_t piece_bytes) {
    TextDecoder decoder;
    std::string text;
    for (std::size_t at = 0; at < bytes.size(); at += piece_bytes) {
        const auto fed = decoder.feed(bytes.substr(at, piece_bytes), text);
        if (!fed) ONPUT_CHECK(fed.error().code == onput::ErrorCode::invalid_argument);
        if (!fed) return {};
    }
    const auto finished = decoder.finish(text);
    if (!finished) ONPUT_CHECK(finished.error().code == onput::ErrorCode::invalid_argument);
    if (!finished) return {};
    return text;
}

bool is_clean(std::string_view text) {
    return onput::is_utf8(text) && std::ranges::none_of(text, [](char c) {
               const auto byte = static_cast<unsigned char>(c);
               return (byte < 0x20 && c != '\n') || byte == 0x7f;
           });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    const auto whole = decode(bytes, bytes.size() + 1);
    const auto pieces = decode(bytes, 1 + data[0]);
    ONPUT_CHECK(whole == pieces);
    if (!whole) return 0;
    ONPUT_CHECK(is_clean(*whole));
    // As the parts of a long text are read: once decoded, it stays what it is.
    ONPUT_CHECK(decode(*whole, whole->size() + 1) == whole);
    Segmenter segmenter;
    segmenter.feed(*whole);
    segmenter.finish();
    while (const auto segment = segmenter.next()) {
        ONPUT_CHECK(!segment->empty() && segment->size() <= segment_bytes_max);
        ONPUT_CHECK(onput::is_utf8(*segment));
        Segmenter rest;
        rest.feed(std::string_view(*whole).substr(segmenter.taken_bytes()));
        rest.finish();
        Segmenter ahead = segmenter;
        ONPUT_CHECK(rest.next() == ahead.next());
    }
    return 0;
}
