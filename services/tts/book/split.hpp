// A long text as parts that are spoken apart. Parts end where segments do (segment.hpp), so each
// has the same segments alone as in the whole, and sounds the same; together they are the text,
// byte for byte. Pure.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "common/schema/fields.hpp"

namespace onput::tts {

// About how long a text takes to be spoken, in letters of an alphabet: an ideograph, a syllable of
// Hangul and a digit count for several.
std::uint64_t spoken_length(std::string_view utf8);

// Bytes of the decoded text.
struct PartRange {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;

    ONPUT_FIELDS(begin, end)
    friend bool operator==(const PartRange&, const PartRange&) = default;
};

class PartPlanner {
public:
    // No part is longer than this, unless one segment is.
    explicit PartPlanner(std::uint64_t length_max) : length_max_(length_max) {}

    // The next segment that has something to say, which ends at this byte of the text.
    void take(std::string_view segment, std::uint64_t end);
    // Likewise, of something so long.
    void take(std::uint64_t length, std::uint64_t end);
    // The parts, all bytes of the text in one of them; none of a text that has nothing to say.
    [[nodiscard]] std::vector<PartRange> finish(std::uint64_t text_bytes) &&;

private:
    std::uint64_t length_max_;
    std::uint64_t length_ = 0;  // Of the part that grows, and where it begins and ends so far.
    std::uint64_t begin_ = 0;
    std::uint64_t end_ = 0;
    std::vector<PartRange> parts_;
};

}  // namespace onput::tts
