#include "services/tts/book/split.hpp"

#include <utility>

#include "common/base/utf8.hpp"

namespace onput::tts {
namespace {

constexpr std::uint64_t dense_length = 4;  // Of what is a syllable or more.
constexpr char32_t first_dense = 0x2e80;   // CJK radicals; ideographs, kana and Hangul follow.
constexpr char32_t last_dense_plane = 0x3ffff;

bool is_dense(char32_t code) {
    if (code >= '0' && code <= '9') return true;
    const bool is_east_asian =
        (code >= first_dense && code < 0xa000) || (code >= 0xac00 && code < 0xd800);
    return is_east_asian || (code >= 0x20000 && code <= last_dense_plane);
}

}  // namespace

std::uint64_t spoken_length(std::string_view utf8) {
    std::uint64_t length = 0;
    for_each_code_point(utf8,
                        [&length](char32_t code) { length += is_dense(code) ? dense_length : 1; });
    return length;
}

void PartPlanner::take(std::string_view segment, std::uint64_t end) {
    take(spoken_length(segment), end);
}

void PartPlanner::take(std::uint64_t length, std::uint64_t end) {
    if (length_ > 0 && length_ + length > length_max_) {
        parts_.push_back({.begin = begin_, .end = end_});
        begin_ = end_;
        length_ = 0;
    }
    length_ += length;
    end_ = end;
}

std::vector<PartRange> PartPlanner::finish(std::uint64_t text_bytes) && {
    if (length_ > 0) parts_.push_back({.begin = begin_, .end = text_bytes});
    return std::move(parts_);
}

}  // namespace onput::tts
