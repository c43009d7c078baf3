// Segmenter: a stream of UTF-8 -> segments that are spoken one after the other, in constant memory.
//
// A segment is a paragraph: what stands between empty lines. A paragraph longer than
// `segment_bytes_max` is cut after its last sentence that fits, else at its last white space, else
// between two characters. Spoken apart, with the pause at the end that espeak-ng makes of a
// paragraph's end, segments sound as the whole does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace onput::tts {

inline constexpr std::size_t segment_bytes_max = 8 * 1024;

// Whether a sentence ends with `before`: with a mark, or one in front of a closing quotation mark
// or parenthesis; those of scripts that write spaces only where white space follows.
bool ends_sentence(std::string_view before, bool white_follows);

class Segmenter {
public:
    // Well-formed UTF-8, as TextDecoder makes it; a piece may end anywhere between two characters.
    // Take the segments after each piece: what is not taken is kept.
    void feed(std::string_view utf8);
    void finish() { is_finished_ = true; }

    // The next segment, without white space around it and never empty; nothing when more text is
    // needed, or, after finish(), when there is no more.
    std::optional<std::string> next();

    // Bytes of the text up to the end of the last segment that was taken. A Segmenter that is fed
    // the text from there on makes the segments that this one makes next.
    [[nodiscard]] std::uint64_t taken_bytes() const { return taken_; }

    [[nodiscard]] std::size_t buffered_bytes() const { return buffer_.size() - start_; }

private:
    std::string cut(std::size_t bytes);

    std::string buffer_;
    std::size_t start_ = 0;     // What is before it has been taken, or is white space.
    std::uint64_t erased_ = 0;  // Bytes that were in the buffer before it.
    std::uint64_t taken_ = 0;
    bool is_finished_ = false;
};

}  // namespace onput::tts
