// The head of an MP3 whose frames were made apart (mp3_part.hpp): title, chapters, and the frame
// that says how long it is, what a decoder drops at both ends, and where its hundredths begin.
// Pure.
//
//     [ID3v2.3: TIT2, CTOC, CHAP ...][Xing/LAME frame: no sound]
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/result.hpp"

namespace onput::tts {

struct Mp3Chapter {
    std::string title;
    std::uint64_t begin_ms = 0;
};

// ID3v2.3, with what there is of a title and chapters, which must not go backwards, and be no more
// than book_chapters_max; each lasts until the next, the last until `end_ms`.
std::string make_id3_tag(const std::string& title, const std::vector<Mp3Chapter>& chapters,
                         std::uint64_t end_ms);

struct Mp3Part {
    std::uint64_t frames = 0;
    std::uint64_t bytes = 0;
};

// Chapters as above.
std::string make_mp3_head(const std::string& title, const std::vector<Mp3Chapter>& chapters,
                          const std::vector<Mp3Part>& parts);

std::uint64_t frames_ms(std::uint64_t frames);
// What is heard of so many frames: without what a decoder drops.
std::uint64_t heard_ms(std::uint64_t frames);

}  // namespace onput::tts
